"""Neighbours, against a ranking of every word by numpy in float64."""

import tempfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lab_spaces import make

from llmlab.errors import MisuseError
from llmlab.lab import neighbors
from llmlab.lab.space import Query, look_up

METRICS = ("cosine", "l2", "l1", "dot")


def distance(metric, a, b):
    """Lower is nearer; parallel vectors are equally near, whatever the last bits of their cosine."""
    if metric == "cosine":
        return -round(np.dot(a, b) / (np.linalg.norm(a) * np.linalg.norm(b)), 12)
    return {"l2": np.linalg.norm(a - b), "l1": np.abs(a - b).sum(), "dot": -np.dot(a, b)}[metric]


def distances(vectors, query, own, metric):
    """Row -> distance, nearest first, ties by vocabulary order; a zero vector has no cosine."""
    able = [row for row in range(len(vectors)) if row != own and (metric != "cosine" or vectors[row].any())]
    found = {row: distance(metric, query.astype(np.float64), vectors[row].astype(np.float64)) for row in able}
    return dict(sorted(found.items(), key=lambda item: (item[1], item[0])))


def brute_force(vectors, query, own, k, metric):
    """Rows of the k nearest."""
    return list(distances(vectors, query, own, metric))[:k]


@settings(max_examples=150, deadline=None)
@given(
    metric=st.sampled_from(METRICS),
    count=st.integers(1, 120),
    dimension=st.integers(1, 5),
    reach=st.sampled_from([1, 2, 50]),
    k=st.integers(1, 130),
    seed=st.integers(0, 10**6),
)
def test_whole_numbers_with_many_ties_rank_as_brute_force(metric, count, dimension, reach, k, seed):
    rng = np.random.default_rng(seed)
    vectors = rng.integers(-reach, reach + 1, (count, dimension)).astype(np.float32)  # ties, zero rows, duplicates
    own = int(rng.integers(count))
    vectors[own, 0] = 1  # not zero
    with tempfile.TemporaryDirectory() as folder:
        space = make(folder, vectors)
        found = neighbors.nearest(space, look_up(space, f"w{own}", None), k, metric)
    assert [one.row for one in found.neighbors] == brute_force(vectors, vectors[own], own, k, metric)
    assert [one.rank for one in found.neighbors] == list(range(1, len(found.neighbors) + 1))


@pytest.mark.parametrize("k", [1, 5, 60])
def test_words_without_a_cosine_are_left_out_and_crowd_nobody_out(tmp_path, k):
    vectors = np.zeros((400, 2))
    vectors[0], vectors[300:] = (1, 0), [(-1, row) for row in range(100)]  # behind 299 zero vectors by its dot product
    space = make(tmp_path, vectors)
    found = neighbors.nearest(space, look_up(space, "w0", None), k, "cosine")
    assert [one.row for one in found.neighbors] == list(range(399, 399 - k, -1))


@settings(max_examples=40, deadline=None)
@given(metric=st.sampled_from(METRICS), seed=st.integers(0, 10**6), k=st.integers(1, 40))
def test_duplicated_rows_rank_as_brute_force_for_a_query_outside_the_vocabulary(metric, seed, k):
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(60, 33)).astype(np.float32)[rng.integers(60, size=500)]
    query = rng.normal(size=33).astype(np.float32)
    with tempfile.TemporaryDirectory() as folder:
        found = neighbors.nearest(make(folder, vectors), Query("?", query, None), k, metric)
    assert [one.row for one in found.neighbors] == brute_force(vectors, query, None, k, metric)
    for one in found.neighbors:
        sign = 1 if found.metric.ascending else -1
        assert one.score == pytest.approx(sign * distance(metric, query.astype(float), vectors[one.row].astype(float)))


def test_differences_below_float32_are_still_ranked(tmp_path):
    vectors = np.zeros((300, 2), np.float32)
    vectors[:, 0] = 1
    vectors[:, 1] = np.arange(300, 0, -1) * 1e-6  # in float32 all these cosines are 1
    found = neighbors.nearest(make(tmp_path, vectors), Query("?", np.array([1, 0], np.float32), None), 5, "cosine")
    assert [one.row for one in found.neighbors] == [299, 298, 297, 296, 295]


def test_parallel_vectors_have_one_cosine_and_stand_in_vocabulary_order(tmp_path):
    vectors = np.outer(np.random.default_rng(0).permutation(100) + 1, [1, 2, 3])
    found = neighbors.nearest(make(tmp_path, vectors), Query("?", np.array([3, 1, 2], np.float32), None), 30, "cosine")
    assert [one.row for one in found.neighbors] == list(range(30))


@pytest.mark.parametrize("metric", METRICS)
def test_a_word_is_not_its_own_neighbour_and_a_space_of_one_word_has_none(tmp_path, metric):
    space = make(tmp_path, np.ones((1, 3)))
    assert neighbors.nearest(space, look_up(space, "w0", None), 5, metric).neighbors == ()


@pytest.mark.parametrize("metric", METRICS)
def test_the_screen_says_the_formula_and_which_way_is_nearer(tmp_path, metric):
    space = make(tmp_path, np.eye(3) + 1)
    found = neighbors.nearest(space, look_up(space, "w0", None), 2, metric)
    (view,) = found.views()
    scores = [one.score for one in found.neighbors]
    nearer = "lower" if scores == sorted(scores) and metric in ("l1", "l2") else "higher"
    assert view.notes[0].startswith(f"{metric} = ")
    assert view.notes[0].endswith(f"{nearer} is nearer")
    assert found.document()["nearer"] == nearer
    assert {"query": "w0", "rank": 1, "word": "w1", "metric": metric, "space": "s"}.items() <= found.records()[
        0
    ].items()


@pytest.mark.parametrize(
    ("word", "k", "metric", "message"),
    [("w0", 0, "l2", "asks for no neighbour"), ("w0", 1, "lp", "no metric"), ("w1", 1, "cosine", "zero vector")],
)
def test_what_cannot_be_ranked_is_refused(tmp_path, word, k, metric, message):
    space = make(tmp_path, np.array([[1, 0], [0, 0]]))
    with pytest.raises(MisuseError, match=message):
        neighbors.nearest(space, look_up(space, word, None), k, metric)


@settings(max_examples=50)
@given(st.lists(st.floats(-1e3, 1e3), min_size=9, max_size=9))
def test_l1_and_l2_are_distances(numbers):
    a, b, c = np.array(numbers).reshape(3, 3)
    for metric in (neighbors.METRICS["l1"], neighbors.METRICS["l2"]):
        score = {
            pair: metric.score(one, other[None])[0]
            for pair, (one, other) in zip(
                ("ab", "bc", "ac", "ba", "aa"), ((a, b), (b, c), (a, c), (b, a), (a, a)), strict=True
            )
        }
        assert score["aa"] == 0
        assert score["ab"] == score["ba"] >= 0
        assert score["ac"] <= score["ab"] + score["bc"] + 1e-9


@given(
    metric=st.sampled_from(METRICS),
    count=st.integers(1, 120),
    dimension=st.integers(1, 5),
    reach=st.sampled_from([1, 3, 50]),
    share=st.floats(0, 1),
    seed=st.integers(0, 10**6),
)
def test_within_a_radius_are_exactly_the_words_that_brute_force_finds(metric, count, dimension, reach, share, seed):
    rng = np.random.default_rng(seed)
    vectors = rng.integers(-reach, reach + 1, (count, dimension)).astype(np.float32)
    own = int(rng.integers(count))
    vectors[own, 0] = 1
    ranked = distances(vectors, vectors[own], own, metric)
    some = list(ranked.values()) or [1.0]
    bound = some[int(share * (len(some) - 1))] + 1e-9  # a word stands on the edge itself
    expected = [row for row, far in ranked.items() if far <= bound]
    radius = -bound if metric in ("cosine", "dot") else bound
    with tempfile.TemporaryDirectory() as folder:
        space = make(folder, vectors)
        found = neighbors.within(space, look_up(space, f"w{own}", None), radius, metric)
    assert [one.row for one in found.neighbors] == expected
    assert f"{len(expected)} words with {metric}" in found.views()[0].notes[0]


@pytest.mark.parametrize("radius", [float("nan"), float("inf")])
def test_a_radius_is_a_number(tmp_path, radius):
    space = make(tmp_path, np.eye(3))
    with pytest.raises(MisuseError, match="is no distance"):
        neighbors.within(space, look_up(space, "w0", None), radius, "l2")
