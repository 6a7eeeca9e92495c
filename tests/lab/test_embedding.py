"""Vectors to look at: norms, cosines, one row a token."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sentence_transformers import SentenceTransformer

from llmlab.backends.base import ModelInfo
from llmlab.backends.huggingface_encoder import SentenceTransformerEncoder
from llmlab.errors import MisuseError
from llmlab.lab import embedding
from llmlab.lab.space import look_up
from llmlab.store import space as files


class Letters:
    """An encoder that counts a, b and c."""

    info = ModelInfo("letters", "r1", "none", "float32", 3, 99, 3, 0, None)

    def encode(self, texts):
        return np.array([[text.count(letter) for letter in "abc"] for text in texts], np.float32)


def test_norms_and_cosines_are_those_of_the_textbook():
    found = embedding.of_texts(Letters(), ["aab", "abb", "c", "xyz"])
    assert_allclose(found.norms, [5**0.5, 5**0.5, 1, 0])
    nan = np.nan
    assert_allclose(found.cosines, [[1, 0.8, 0, nan], [0.8, 1, 0, nan], [0, 0, 1, nan], [nan] * 4], atol=1e-12)
    assert found.document()["cosine"][0] == [pytest.approx(1), pytest.approx(0.8), 0, None]
    assert found.document()["embeddings"][0] == {
        "text": "aab",
        "position": 0,
        "dimension": 3,
        "norm": pytest.approx(5**0.5),
        "vector": [2, 1, 0],
    }
    vectors, cosines = found.views()
    assert vectors.rows[0][:3] == ["aab", 3, "2.2361"]
    assert cosines.rows[0][1:3] == ["1.0000", "0.8000"]


def test_a_lone_text_has_no_table_of_pairs():
    found = embedding.of_texts(Letters(), ["abc"])
    assert len(found.views()) == 1
    assert "cosine" not in found.document()


@pytest.mark.parametrize(("full", "count"), [(False, 7), (True, 32)])
def test_a_long_vector_shows_its_ends_unless_asked_for_all(encoder_folder, full, count):
    encoder = SentenceTransformerEncoder(encoder_folder, "tiny")
    shown = embedding.of_texts(encoder, ["The cat"], full).views()[0].rows[0][3].split()
    vector = SentenceTransformer(str(encoder_folder), device="cpu").encode("The cat")
    assert len(shown) == count
    assert_allclose([float(shown[0]), float(shown[-1])], vector[[0, -1]], atol=1e-3)


def test_each_token_of_a_sentence_has_a_row(encoder_folder):
    found = embedding.of_tokens(SentenceTransformerEncoder(encoder_folder, "tiny", "r1"), "The cat sat")
    model = SentenceTransformer(str(encoder_folder), device="cpu")
    expected = model.encode("The cat sat", output_value="token_embeddings").cpu().numpy()
    assert_allclose(found.vectors, expected, atol=1e-5)
    assert (found.labels[0], found.labels[-1]) == ("[CLS]", "[SEP]")
    (view,) = found.views()
    assert view.title == f"The cat sat: a matrix of {len(expected)} tokens x 32 dimensions"
    assert found.records()[1]["text"] == "The cat sat"


def test_tokens_of_a_language_model_are_rows_of_its_table(lm):
    table = np.arange(1200, dtype=np.float32).reshape(600, 2)
    found = embedding.of_tokens(lm, "The cat", table)
    assert found.vectors[:, 0].tolist() == [2 * token for token in lm.encode("The cat").ids]
    assert "".join(found.labels) == "The␣cat"
    assert (found.source["engine"], found.source["model"]) == ("table", "tiny")


def test_words_of_a_space_bring_their_rows(tmp_path):
    files.write(tmp_path, ["cat", "dog"], np.array([[3, 4], [0, 2]], np.float32))
    facts = {"name": "s", "model": "m", "revision": "r", "engine": "e", "dtype": "float32"}
    space = files.SpaceFiles(tmp_path, facts)
    found = embedding.of_words(space, [look_up(space, word, None) for word in ("dog", "cat")])
    assert found.norms.tolist() == [2, 5]
    assert found.cosines[0, 1] == pytest.approx(0.8)
    assert found.records()[0]["space"] == "s"


@pytest.mark.parametrize(
    "ask", [lambda: embedding.of_texts(Letters(), ["a", " "]), lambda: embedding.of_tokens(None, "")]
)
def test_an_empty_text_has_no_vector(ask):
    with pytest.raises(MisuseError, match="the text is empty"):
        ask()
