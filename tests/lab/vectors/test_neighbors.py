"""Neighbours, against a ranking of every word by numpy in float64."""

import tempfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lab_spaces import make

from llmlab.errors import MisuseError
from llmlab.lab.vectors import metrics, neighbors
from llmlab.spaces.lookup import Query, look_up

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
    (measure,) = (column for column in view.columns if column.name == metric)
    assert measure.means == f"{metrics.METRICS[metric].formula}, {nearer} is nearer"
    assert view.conclusion == f'Nearest to "w0" is "w1" ({metric} {scores[0]:.4f}).'
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
    count = "1 word has" if len(expected) == 1 else f"{len(expected)} words have"
    assert found.views()[0].conclusion.startswith(f"{count} {metric} at ")


@pytest.mark.parametrize("radius", [float("nan"), float("inf")])
def test_a_radius_is_a_number(tmp_path, radius):
    space = make(tmp_path, np.eye(3))
    with pytest.raises(MisuseError, match="is no distance"):
        neighbors.within(space, look_up(space, "w0", None), radius, "l2")


@given(
    metric=st.sampled_from(METRICS),
    count=st.integers(1, 150),
    reach=st.sampled_from([1, 3, 50]),
    k=st.integers(1, 40),
    divisor=st.integers(1, 30),
    seed=st.integers(0, 10**6),
)
def test_the_nearest_of_the_words_to_keep_rank_as_brute_force(metric, count, reach, k, divisor, seed):
    rng = np.random.default_rng(seed)
    vectors = rng.integers(-reach, reach + 1, (count, 3)).astype(np.float32)
    own = int(rng.integers(count))
    vectors[own, 0] = 1
    kept = [row for row in brute_force(vectors, vectors[own], own, count, metric) if row % divisor == 0]
    with tempfile.TemporaryDirectory() as folder:
        space = make(folder, vectors)
        keep = lambda word: int(word[1:]) % divisor == 0  # noqa: E731
        found = neighbors.nearest(space, look_up(space, f"w{own}", None), k, metric, keep)
    assert [one.row for one in found.neighbors] == kept[:k]
    assert [one.rank for one in found.neighbors] == list(range(1, len(found.neighbors) + 1))


@given(
    metric=st.sampled_from(METRICS),
    count=st.integers(1, 150),
    reach=st.sampled_from([1, 3, 50]),
    share=st.floats(0, 1),
    divisor=st.integers(1, 10),
    seed=st.integers(0, 10**6),
)
def test_within_a_radius_are_the_words_to_keep_that_brute_force_finds(metric, count, reach, share, divisor, seed):
    rng = np.random.default_rng(seed)
    vectors = rng.integers(-reach, reach + 1, (count, 3)).astype(np.float32)
    own = int(rng.integers(count))
    vectors[own, 0] = 1
    ranked = distances(vectors, vectors[own], own, metric)
    some = list(ranked.values()) or [1.0]
    bound = some[int(share * (len(some) - 1))] + 1e-9
    expected = [row for row, far in ranked.items() if far <= bound and row % divisor == 0]
    with tempfile.TemporaryDirectory() as folder:
        space = make(folder, vectors)
        radius = -bound if metric in ("cosine", "dot") else bound
        keep = lambda word: int(word[1:]) % divisor == 0  # noqa: E731
        found = neighbors.within(space, look_up(space, f"w{own}", None), radius, metric, keep)
    assert [one.row for one in found.neighbors] == expected


def test_no_word_to_keep_leaves_no_neighbour(tmp_path):
    space = make(tmp_path, np.random.default_rng(0).normal(size=(300, 4)))
    assert neighbors.nearest(space, look_up(space, "w0", None), 5, "cosine", lambda word: False).neighbors == ()


@given(
    metric=st.sampled_from(METRICS),
    count=st.integers(1, 40),
    reach=st.sampled_from([1, 3, 50]),
    divisor=st.integers(1, 3),
    seed=st.integers(0, 10**6),
)
def test_candidates_rank_as_brute_force_with_ties_in_the_order_given(metric, count, reach, divisor, seed):
    rng = np.random.default_rng(seed)
    vectors = rng.integers(-reach, reach + 1, (count, 3)).astype(np.float32)
    vectors[~vectors.any(axis=1)] = 1
    query = np.array([1, -2, 3], np.float32)
    places = [place for place in rng.permutation(count).tolist() if place % divisor == 0]
    far = {place: distance(metric, query.astype(float), vectors[place].astype(float)) for place in places}
    expected = sorted(places, key=far.__getitem__)  # a stable sort
    candidates = [Query(f"w{place}", vectors[place], place if place % 2 else None) for place in places]
    with tempfile.TemporaryDirectory() as folder:
        found = neighbors.among(make(folder, vectors), Query("?", query, None), candidates, metric)
    sign = -1 if metric in ("cosine", "dot") else 1
    assert [one.word for one in found.neighbors] == [f"w{place}" for place in expected]
    assert [one.rank for one in found.neighbors] == list(range(1, len(places) + 1))
    assert [one.row for one in found.neighbors] == [place if place % 2 else None for place in expected]
    assert [sign * one.score for one in found.neighbors] == pytest.approx([far[place] for place in expected])


def test_candidates_are_kept_by_their_words(tmp_path):
    space = make(tmp_path, np.eye(3) + 1)
    candidates = [look_up(space, word, None) for word in ("w2", "w0", "w1")]
    found = neighbors.among(space, candidates[1], candidates, "l2", lambda word: word != "w2")
    assert [one.word for one in found.neighbors] == ["w0", "w1"]
    assert neighbors.among(space, candidates[1], candidates, "l2", lambda word: False).neighbors == ()


def test_a_candidate_without_a_cosine_is_refused_and_has_an_l2(tmp_path):
    space = make(tmp_path, np.array([[3, 4], [0, 0]]))
    query, zero = look_up(space, "w0", None), look_up(space, "w1", None)
    with pytest.raises(MisuseError, match="zero vector"):
        neighbors.among(space, query, [zero], "cosine")
    assert neighbors.among(space, query, [zero], "l2").neighbors[0].score == 5


FREQUENCIES = {"cat": 4.8, "dog": 5.1, "Ant": 3.5, "bee": 5.1, "emu": 0.0}


@pytest.mark.parametrize(
    ("by", "words", "ranks"),
    [
        ("nearness", ["emu", "dog", "cat", "bee", "Ant"], [1, 2, 3, 4, 5]),
        ("word", ["Ant", "bee", "cat", "dog", "emu"], [5, 4, 3, 2, 1]),
        ("frequency", ["dog", "bee", "cat", "Ant", "emu"], [2, 4, 3, 5, 1]),  # ties by nearness
    ],
)
def test_another_order_keeps_the_ranks_of_nearness(tmp_path, by, words, ranks):
    vectors = np.array([[0.0], [3], [2], [5], [4], [1]])
    space = make(tmp_path, vectors, ["gnu", "cat", "dog", "Ant", "bee", "emu"])
    found = neighbors.nearest(space, look_up(space, "gnu", None), 5, "l2").sorted(by, FREQUENCIES.__getitem__)
    assert [one.word for one in found.neighbors] == words
    assert [one.rank for one in found.neighbors] == ranks
    assert [one.score for one in found.neighbors] == ranks  # they stand at 1, 2, 3, 4, 5
    assert [record["zipf"] for record in found.records()] == [FREQUENCIES[word] for word in words]
    (view,) = found.views()
    assert [column.name for column in view.columns] == ["#", "word", "l2", "zipf"]
    assert [row[3] for row in view.rows] == [f"{FREQUENCIES[word]:.2f}" for word in words]


def test_frequencies_stand_in_no_table_that_did_not_ask_for_them(tmp_path):
    space = make(tmp_path, np.eye(3) + 1)
    found = neighbors.nearest(space, look_up(space, "w0", None), 2, "l2").sorted("word")
    assert [column.name for column in found.views()[0].columns] == ["#", "word", "l2"]
    assert "zipf" not in found.records()[0]


@pytest.mark.parametrize("metric", METRICS)
def test_long_vectors_lose_no_word_within_a_radius_that_is_a_words_own_distance(tmp_path, metric):
    rng = np.random.default_rng(0)
    vectors = (rng.normal(size=(500, 300)) * 600).astype(np.float32)  # lengths of 10,000
    space = make(tmp_path, vectors)
    for own in range(0, 500, 50):
        ranked = distances(vectors, vectors[own], own, metric)
        radius = list(ranked.values())[250]
        expected = [row for row, far in ranked.items() if far <= radius]
        bound = -radius if metric in ("cosine", "dot") else radius
        bound += 1e-9 * abs(radius) * (-1 if metric in ("cosine", "dot") else 1)
        found = neighbors.within(space, look_up(space, f"w{own}", None), bound, metric)
        assert [one.row for one in found.neighbors] == expected
