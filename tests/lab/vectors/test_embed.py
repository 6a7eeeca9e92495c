"""Vectors to look at: norms, cosines, one row a token."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lab_spaces import make
from numpy.testing import assert_allclose
from sentence_transformers import SentenceTransformer

from llmlab.backends.base import ModelInfo
from llmlab.backends.torch.encoder import SentenceTransformerEncoder
from llmlab.errors import MisuseError
from llmlab.lab.provenance import Provenance
from llmlab.lab.vectors import embed
from llmlab.lab.vectors.metrics import METRICS
from llmlab.spaces.lookup import look_up

TEST = Provenance({"model": "m"}, "of a test")


class Letters:
    """An encoder that counts a, b and c."""

    info = ModelInfo("letters", "r1", "none", "none 1", "float32", 3, 99, 3, 0, None)

    def encode(self, texts, progress=None):
        return np.array([[text.count(letter) for letter in "abc"] for text in texts], np.float32)


def test_norms_and_cosines_are_those_of_the_textbook():
    found = embed.of_texts(Letters(), ["aab", "abb", "c", "xyz"])
    assert_allclose(found.norms, [5**0.5, 5**0.5, 1, 0])
    nan = np.nan
    assert_allclose(found.matrix, [[1, 0.8, 0, nan], [0.8, 1, 0, nan], [0, 0, 1, nan], [nan] * 4], atol=1e-12)
    assert found.document()["matrix"][0] == [pytest.approx(1), pytest.approx(0.8), 0, None]
    assert found.document()["embeddings"][0] == {
        "text": "aab",
        "position": 0,
        "dimension": 3,
        "norm": pytest.approx(5**0.5),
        "mean": 1,
        "std": pytest.approx((2 / 3) ** 0.5),
        "min": 0,
        "max": 2,
        "vector": [2, 1, 0],
    }
    vectors, statistics, cosines = found.views()
    assert vectors.rows[0][:3] == ["aab", 3, "2.2361"]
    assert statistics.rows[0] == ["aab", "+1.0000", "+0.8165", "+0.0000", "+2.0000"]
    assert [cell.text for cell in cosines.rows[0][1:3]] == ["1.0000", "0.8000"]
    assert [cell.share for cell in cosines.rows[0][1:4]] == pytest.approx([1, 0.8, 0])  # as they are
    assert [share for _, share in cosines.shades] == [0, 0.25, 0.5, 0.75, 1]
    assert [text for text, _ in cosines.shades] == ["0 or less", "0.25", "0.5", "0.75", "1"]


def test_a_lone_text_has_its_heat_strip_and_no_table_of_pairs():
    found = embed.of_texts(Letters(), ["abc"])
    assert [view.columns[-1].name for view in found.views()] == ["values", "max", "values"]
    assert found.views() == found.views(strip=True)
    assert found.document()["matrix"] == [[pytest.approx(1)]]  # of the same shape as of many


@pytest.mark.parametrize(("full", "count"), [(False, 7), (True, 32)])
def test_a_long_vector_shows_its_ends_unless_asked_for_all(encoder_folder, full, count):
    encoder = SentenceTransformerEncoder(encoder_folder, "tiny")
    shown = embed.of_texts(encoder, ["The cat"]).views(full=full)[0].rows[0][3].split()
    vector = SentenceTransformer(str(encoder_folder), device="cpu").encode("The cat")
    assert len(shown) == count
    assert_allclose([float(shown[0]), float(shown[-1])], vector[[0, -1]], atol=1e-3)


def test_words_of_a_space_bring_their_rows(tmp_path):
    space = make(tmp_path, np.array([[3, 4], [0, 2]]), ["cat", "dog"])
    found = embed.of_words(space, [look_up(space, word, None) for word in ("dog", "cat")])
    assert found.norms.tolist() == [2, 5]
    assert found.matrix[0, 1] == pytest.approx(0.8)
    assert found.records()[0]["space"] == "s"


@pytest.mark.parametrize("texts", [[""], ["a", " "]])
def test_an_empty_text_has_no_vector(texts):
    with pytest.raises(MisuseError, match="the text is empty"):
        embed.of_texts(Letters(), texts)


NUMBERS = st.lists(st.lists(st.integers(-9, 9), min_size=3, max_size=3), min_size=2, max_size=6)


@given(NUMBERS)
def test_tables_of_pairs_are_those_of_numpy(numbers):
    vectors = np.array(numbers, np.float64)
    apart = vectors[:, None] - vectors[None]
    expected = {"l2": np.linalg.norm(apart, axis=2), "l1": np.abs(apart).sum(axis=2), "dot": vectors @ vectors.T}
    for name, matrix in expected.items():
        labels = tuple(f"t{i}" for i in range(len(vectors)))
        found = embed.Embeddings(labels, vectors.astype(np.float32), TEST).by(name)
        assert_allclose(found.matrix, matrix, atol=1e-9)
        view = found.views()[-1]
        assert [[cell.text for cell in row[1:]] for row in view.rows] == [[f"{x:.4f}" for x in row] for row in matrix]
        assert view.columns[0].name == found.document()["metric"] == name
        assert view.notes == (METRICS[name].statement,)


def test_a_distance_is_shaded_as_a_part_of_the_largest():
    vectors = np.array([[0], [1], [5]], np.float32)
    found = embed.Embeddings(("a", "b", "c"), vectors, TEST).by("l1")
    assert [[cell.share for cell in row[1:]] for row in found.views()[-1].rows] == [
        pytest.approx(row)
        for row in ([1, 0.8, 0], [0.8, 1, 0.2], [0, 0.2, 1])  # of 1, 4 and 5
    ]
    assert found.views()[-1].shades[-1] == ("5", 0)


def test_long_texts_head_their_columns_by_number():
    found = embed.of_texts(Letters(), ["a text of many letters", "b"])
    view = found.views()[-1]
    assert [column.name for column in view.columns] == ["cosine", "1", "2"]
    assert [row[0] for row in view.rows] == ["1 a text of many letters", "2 b"]


def test_a_heat_strip_shows_every_value_of_the_largest_size_64_a_line_texts_below_each_other():
    vectors = np.random.default_rng(0).normal(size=(2, 150)).astype(np.float32)
    vectors[1, 140] = -8
    found = embed.Embeddings(("love", "hate"), vectors, TEST)
    view = found.views(strip=True)[2]
    assert [column.name for column in view.columns] == ["text", "from", "values"]
    assert [row[:2] for row in view.rows] == [[text, start] for start in (0, 64, 128) for text in ("love", "hate")]
    for number in range(2):
        values = [value for row in view.rows[number::2] for value in row[2].values]
        assert_allclose(values, vectors[number].astype(np.float64) / 8, atol=1e-7)
    assert view.notes == ("each value from -8.000 (low) over 0 to +8.000 (high)",)


def test_the_heat_strip_of_one_text_needs_no_label_and_one_of_zeros_is_even():
    found = embed.Embeddings(("love",), np.zeros((1, 3), np.float32), TEST)
    view = found.views(strip=True)[2]
    assert [column.name for column in view.columns] == ["from", "values"]
    assert [(row[0], row[1].values) for row in view.rows] == [(0, (0, 0, 0))]


def test_no_heat_strip_is_shown_unasked():
    vectors = np.ones((2, 3), np.float32)
    found = embed.Embeddings(("a", "b"), vectors, TEST)
    asked = [len(found.views(strip=strip)) for strip in (False, True)]
    assert asked == [3, 4]


@pytest.mark.parametrize(
    ("metric", "nearest"), [("cosine", "aab and abb"), ("l2", "aab and abb"), ("dot", "aab and aaaab")]
)
def test_the_conclusion_names_the_nearest_pair(metric, nearest):
    texts = ["aab", "abb", "c", "aaaab"] if metric == "dot" else ["aab", "abb", "c"]
    found = embed.of_texts(Letters(), texts).by(metric)
    one, other = (texts.index(text) for text in nearest.split(" and "))
    score = found.matrix[one, other]
    assert found.views()[0].conclusion == f"{nearest} are nearest: {metric} {score:.4f}; each is a vector of 3 numbers"


@pytest.mark.parametrize(
    ("texts", "said"), [(["aab"], "aab is a vector of 3 numbers"), (["x", "y"], "each is a vector of 3 numbers")]
)
def test_where_there_is_no_pair_the_conclusion_says_what_a_vector_is(texts, said):
    assert embed.of_texts(Letters(), texts).views()[0].conclusion == said
