"""The walk from word to word: neighbours, maps and reasons, against numpy."""

from dataclasses import replace

import numpy as np
import pytest

from llmlab.errors import MisuseError
from llmlab.explore import walk
from llmlab.explore.walk import Walk

TABLE = {"cat": [0.3, 0.9, 4], "dog": [0.5, 0.8, 4], "ant": [0.1, 0.1, 6], "bus": [9, 0, 0], "car": [5, 0, 0]}
TABLE["猫"] = [0.3, 0.9, 4.1]
SCORES = {
    "cosine": lambda a, b: -(a @ b) / np.sqrt((a @ a) * (b @ b)),
    "l2": lambda a, b: np.sqrt(((a - b) ** 2).sum()),
    "l1": lambda a, b: np.abs(a - b).sum(),
    "dot": lambda a, b: -(a @ b),
}


@pytest.mark.parametrize("metric", walk.ORDER)
def test_neighbours_are_those_that_numpy_finds(shelf, animals, metric):
    found = walk.around(shelf, Walk(animals, metric, ("cat",), 4)).found
    a = np.array(TABLE["cat"], np.float32).astype(float)
    expected = {
        word: SCORES[metric](a, np.array(vector, np.float32).astype(float))
        for word, vector in TABLE.items()
        if word != "cat"
    }
    nearest = sorted(expected, key=expected.get)[:4]
    assert [one.word for one in found.neighbors] == nearest
    scores = [abs(expected[word]) for word in nearest]
    assert [abs(one.score) for one in found.neighbors] == pytest.approx(scores, abs=1e-6)


def test_a_map_holds_the_word_and_its_neighbours_at_their_distances(shelf, animals):
    around = walk.around(shelf, Walk(animals, "l2", ("cat",)))
    assert around.words[0] == "cat"
    assert set(around.words) == set(TABLE)
    vectors = np.array([TABLE[word] for word in around.words])
    values = np.linalg.eigvalsh(np.cov(vectors.T))
    assert around.shares == pytest.approx(values[:0:-1] / values.sum(), abs=1e-5)
    apart = np.linalg.norm(around.xy[:, None] - around.xy, axis=-1)
    assert (apart <= np.linalg.norm(vectors[:, None] - vectors, axis=-1) + 1e-5).all()  # a plane only shortens


def test_a_map_by_cosine_is_of_directions(shelf, animals):
    around = walk.around(shelf, Walk(animals, "cosine", ("bus",)))
    places = dict(zip(around.words, around.xy.tolist(), strict=True))
    assert places["bus"] == pytest.approx(places["car"], abs=1e-6)


def test_reasons_sum_to_the_metric(shelf, animals):
    found = walk.why(shelf, Walk(animals, "l2", ("cat",)), "cat", "ant")
    assert found.parts.sum() == pytest.approx(((np.array(TABLE["cat"]) - TABLE["ant"]) ** 2).sum(), abs=1e-5)
    assert found.values() == ["legs"]


def test_a_word_that_is_not_there_is_told_with_close_spellings(shelf, animals):
    with pytest.raises(MisuseError, match="no word 'catt'"):
        walk.around(shelf, Walk(animals, path=("catt",)))
    assert walk.around(shelf, Walk(animals, path=("catt",)), typing=True) is None
    assert walk.around(shelf, Walk(animals, path=("cat",)), typing=True) is not None


def test_a_sum_of_words_has_neighbours(shelf, animals):
    found = walk.around(shelf, Walk(animals, path=("car - bus + cat",))).found
    assert "cat" not in [one.word for one in found.neighbors]


def test_metrics_and_spaces_go_round():
    metrics = ["cosine"]
    while len(metrics) < 5:
        metrics.append(walk.next_metric(metrics[-1]))
    assert metrics == ["cosine", "l2", "l1", "dot", "cosine"]
    assert [walk.next_space(["a", "b"], name) for name in ("a", "b", "x")] == ["b", "a", "a"]


def test_only_spaces_that_are_there_are_offered(shelf, animals):
    assert walk.spaces(shelf, "minilm") == ["minilm", animals]


def test_a_walk_stands_at_the_last_word_of_its_path():
    here = Walk("minilm")
    assert here.word == ""
    assert replace(here, path=("a", "b")).word == "b"
