"""The word that does not belong, against numpy in float64."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmlab.errors import MisuseError
from llmlab.lab.provenance import Provenance
from llmlab.lab.vectors.embed import Embeddings
from llmlab.lab.vectors.odd import odd_one_out, similarities

TEST = Provenance({"model": "m"}, "of a test")


@given(st.integers(0, 10**6), st.integers(3, 8))
def test_the_odd_one_is_least_similar_to_the_mean_of_unit_vectors(seed, count):
    vectors = np.random.default_rng(seed).normal(size=(count, 4))
    found = similarities(vectors)
    unit = [vector / np.sqrt((vector**2).sum()) for vector in vectors]
    mean = sum(unit) / count
    expected = [float(vector @ mean / np.sqrt((mean**2).sum())) for vector in unit]
    assert found == pytest.approx(expected)
    labels = tuple(f"w{row}" for row in range(count))
    named = odd_one_out(Embeddings(labels, vectors, TEST)).document()["odd"]
    assert named == f"w{int(np.argmin(expected))}"


def test_the_odd_one_is_named_and_every_word_keeps_its_figure():
    vectors = np.array([[1, 0], [0.9, 0.1], [0, 1]], np.float32)
    found = odd_one_out(Embeddings(("cat", "dog", "car"), vectors, TEST))
    assert found.document()["odd"] == "car"
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    mean = unit.mean(axis=0)
    expected = sorted((unit @ mean / np.linalg.norm(mean)).tolist())
    assert [row["cosine_to_mean"] for row in found.records()] == pytest.approx(expected)
    assert [row["odd"] for row in found.records()] == [True, False, False]
    assert found.views()[0].conclusion.startswith('"car" does not belong')
    assert f"(cosine {expected[0]:.4f})" in found.views()[0].conclusion


def test_one_of_two_is_never_odd():
    with pytest.raises(MisuseError, match="one of two is never odd"):
        similarities(np.eye(2))
    with pytest.raises(MisuseError, match="one of two is never odd"):
        odd_one_out(Embeddings(("cat", "dog"), np.eye(2, dtype=np.float32), TEST))


def test_a_word_whose_vector_is_zero_has_no_angle_and_is_named():
    vectors = np.array([[1, 0], [0, 0], [0, 1]], np.float32)
    with pytest.raises(MisuseError, match="the cosine of a zero vector is undefined") as refused:
        odd_one_out(Embeddings(("cat", "dog", "car"), vectors, TEST))
    assert refused.value.hint == 'leave out "dog"'
