"""Vectors to look at: norms, cosines, one row a token."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from lab_spaces import make
from numpy.testing import assert_allclose
from sentence_transformers import SentenceTransformer
from transformers import AutoModelForCausalLM, AutoTokenizer

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

    info = ModelInfo("letters", "r1", "none", "float32", 3, 99, 3, 0, None)

    def encode(self, texts):
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
    assert [cell.share for cell in cosines.rows[0][1:4]] == pytest.approx([1, 1, 0])  # from the farthest to the nearest


def test_a_lone_text_has_its_heat_strip_and_no_table_of_pairs():
    found = embed.of_texts(Letters(), ["abc"])
    assert [view.columns[-1].name for view in found.views()] == ["values", "max", "values"]
    assert found.views() == found.views(strip=True)
    assert "matrix" not in found.document()


@pytest.mark.parametrize(("full", "count"), [(False, 7), (True, 32)])
def test_a_long_vector_shows_its_ends_unless_asked_for_all(encoder_folder, full, count):
    encoder = SentenceTransformerEncoder(encoder_folder, "tiny")
    shown = embed.of_texts(encoder, ["The cat"]).views(full=full)[0].rows[0][3].split()
    vector = SentenceTransformer(str(encoder_folder), device="cpu").encode("The cat")
    assert len(shown) == count
    assert_allclose([float(shown[0]), float(shown[-1])], vector[[0, -1]], atol=1e-3)


def test_each_token_of_a_sentence_has_a_row(encoder_folder):
    found = embed.of_tokens(SentenceTransformerEncoder(encoder_folder, "tiny", "r1"), "The cat sat")
    model = SentenceTransformer(str(encoder_folder), device="cpu")
    expected = model.encode("The cat sat", output_value="token_embeddings").cpu().numpy()
    assert_allclose(found.vectors, expected, atol=1e-5)
    assert (found.labels[0], found.labels[-1]) == ("[CLS]", "[SEP]")
    (view,) = found.views()
    assert view.title == f"The cat sat: a matrix of {len(expected)} tokens x 32 dimensions"
    assert found.records()[1]["text"] == "The cat sat"


def test_tokens_of_a_language_model_are_rows_of_its_table(lm):
    table = np.arange(1200, dtype=np.float32).reshape(600, 2)
    found = embed.of_layer(lm, "The cat", "input", table)
    assert found.vectors[:, 0].tolist() == [2 * token for token in lm.encode("The cat").ids]
    assert "".join(found.labels) == "The␣cat"
    assert (found.origin.columns["engine"], found.origin.columns["model"]) == ("table", "tiny")


def test_words_of_a_space_bring_their_rows(tmp_path):
    space = make(tmp_path, np.array([[3, 4], [0, 2]]), ["cat", "dog"])
    found = embed.of_words(space, [look_up(space, word, None) for word in ("dog", "cat")])
    assert found.norms.tolist() == [2, 5]
    assert found.matrix[0, 1] == pytest.approx(0.8)
    assert found.records()[0]["space"] == "s"


@pytest.mark.parametrize("ask", [lambda: embed.of_texts(Letters(), ["a", " "]), lambda: embed.of_tokens(None, "")])
def test_an_empty_text_has_no_vector(ask):
    with pytest.raises(MisuseError, match="the text is empty"):
        ask()


@pytest.fixture(scope="session")
def states(lm_folder):
    """(text, layer) -> hidden states of plain transformers [T, D], without that of BOS; and where each token stands."""
    tokenizer = AutoTokenizer.from_pretrained(lm_folder)
    model = AutoModelForCausalLM.from_pretrained(lm_folder).eval()

    def states(text, layer):
        read = tokenizer(text, return_offsets_mapping=True)
        with torch.no_grad():
            found = model(torch.tensor([read.input_ids]), output_hidden_states=True).hidden_states[layer][0]
        assert read.input_ids[0] == 0
        return found[1:].numpy(), read.offset_mapping[1:]

    return states


@pytest.mark.parametrize("layer", ["1", "2", "last"])
@pytest.mark.parametrize("text", ["The cat sat on the mat.", "a", "今天天气很好"])
def test_hidden_states_are_those_of_plain_transformers_without_bos(lm, states, text, layer):
    found = embed.of_layer(lm, text, layer)
    expected, _ = states(text, 2 if layer == "last" else int(layer))
    assert_allclose(found.vectors, expected, atol=1e-4)
    assert len(found.labels) == len(expected)
    number = "2" if layer == "last" else layer
    assert {"layer": number, "engine": "torch", "model": "tiny", "text": text}.items() <= found.records()[0].items()
    assert found.origin.line.endswith(f"hidden states after layer {number} of 2")


def test_the_last_layer_is_the_last_number(lm):
    last, second = embed.of_layer(lm, "The cat sat", "last"), embed.of_layer(lm, "The cat sat", "2")
    assert np.array_equal(last.vectors, second.vectors)
    assert last.origin == second.origin


@pytest.mark.parametrize("layer", ["0", "3", "-1", "first", "", "1.5", "²", "input"])
def test_unknown_layers_are_refused(lm, layer):
    with pytest.raises(MisuseError, match=f"tiny has no layer '{layer}'"):  # and input without a table
        embed.of_layer(lm, "The cat", layer)


@pytest.mark.parametrize("text", ["", " ", "\n"])
def test_an_empty_text_has_no_layers(lm, text):
    with pytest.raises(MisuseError, match="the text is empty"):
        embed.of_layer(lm, text, "1")
    with pytest.raises(MisuseError, match="the text is empty"):
        embed.of_word(lm, ["The cat", text], "cat", "1")


def mean_of(states, text, start, end, layer):
    """The mean of the tokens that hold a character between start and end."""
    vectors, offsets = states(text, layer)
    return vectors[[i for i, (first, last) in enumerate(offsets) if first < end and last > start]].mean(axis=0)


@pytest.mark.parametrize(
    ("word", "text", "places"),
    [
        ("cat", "The cat sat on the mat.", [4]),
        ("cat", "A cat and a cat, not a category or a tomcat: cat", [2, 12, 45]),
        ("category", "A cat and a category", [12]),
        ("the mat", "The cat sat on the mat.", [15]),
        ("猫", "黑猫和白猫", [1, 4]),
        ("café", "The café is a café.", [4, 14]),
        ("C++", "He knows C++ well", [9]),
        ("U.S.", "It is in the U.S. again", [13]),
    ],
)
@pytest.mark.parametrize("layer", ["1", "last"])
def test_a_words_vector_is_the_mean_of_its_tokens(lm, states, word, text, places, layer):
    found = embed.of_word(lm, [text], word, layer)
    expected = [mean_of(states, text, place, place + len(word), 2 if layer == "last" else 1) for place in places]
    assert_allclose(found.vectors, expected, atol=1e-4)
    labels = [text] if len(places) == 1 else [f"{text} [{number}]" for number in range(1, len(places) + 1)]
    assert found.labels == tuple(labels)
    assert found.records()[0]["word"] == word
    assert found.views()[0].title == f"{word} in each text: the mean of its tokens"


def test_a_word_has_another_vector_in_each_sentence(lm, states):
    texts = ["The cat sat on the mat.", "I saw a cat.", "A cat and a cat"]
    found = embed.of_word(lm, texts, "cat", "2")
    places = [(texts[0], 4), (texts[1], 8), (texts[2], 2), (texts[2], 12)]
    expected = np.array([mean_of(states, text, place, place + 3, 2) for text, place in places], np.float64)
    assert_allclose(found.vectors, expected, atol=1e-4)
    assert found.labels == (*texts[:2], "A cat and a cat [1]", "A cat and a cat [2]")
    unit = expected / np.linalg.norm(expected, axis=1, keepdims=True)
    assert_allclose(found.matrix, unit @ unit.T, atol=1e-4)
    assert found.matrix[0, 1] < 0.9999


@pytest.mark.parametrize("text", ["A dog ran.", "A category", "The Cat", "concatenate cats"])
def test_a_text_without_the_word_is_refused(lm, text):
    with pytest.raises(MisuseError, match=f"'{text}' does not hold 'cat'"):
        embed.of_word(lm, ["The cat sat", text], "cat", "last")


def test_at_the_input_a_word_has_one_vector_in_every_sentence(lm, lm_folder):
    table = AutoModelForCausalLM.from_pretrained(lm_folder).get_input_embeddings().weight.detach().numpy()
    found = embed.of_word(lm, ["The cat sat", "I saw a cat.", "my cat and your cat"], "cat", "input", table)
    ids = AutoTokenizer.from_pretrained(lm_folder)(" cat", add_special_tokens=False).input_ids
    assert_allclose(found.vectors, [table[ids].mean(axis=0)] * 4, atol=1e-6)
    assert_allclose(found.matrix, np.ones((4, 4)), atol=1e-6)
    assert (found.origin.columns["layer"], found.origin.columns["engine"]) == ("input", "table")
    assert "input embedding table" in found.origin.line


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


def test_the_nearest_pair_is_shaded_most_and_the_farthest_least():
    vectors = np.array([[0], [1], [5]], np.float32)
    found = embed.Embeddings(("a", "b", "c"), vectors, TEST).by("l1")
    assert [[cell.share for cell in row[1:]] for row in found.views()[-1].rows] == [
        pytest.approx(row)
        for row in ([1, 1, 0], [1, 1, 0.25], [0, 0.25, 1])  # of 1, 4 and 5
    ]


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
