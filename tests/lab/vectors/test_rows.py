"""Vectors of tokens: against plain transformers."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose
from sentence_transformers import SentenceTransformer
from transformers import AutoModelForCausalLM, AutoTokenizer

from llmlab.backends.torch.encoder import SentenceTransformerEncoder
from llmlab.errors import MisuseError
from llmlab.lab.vectors import rows


def test_each_token_of_a_sentence_has_a_row(encoder_folder):
    found = rows.of_tokens(SentenceTransformerEncoder(encoder_folder, "tiny", "r1"), ["The cat sat"])
    model = SentenceTransformer(str(encoder_folder), device="cpu")
    expected = model.encode("The cat sat", output_value="token_embeddings").cpu().numpy()
    assert_allclose(found.vectors, expected, atol=1e-5)
    assert (found.labels[0], found.labels[-1]) == ("[CLS]", "[SEP]")
    (view,) = found.views()
    assert view.title == f"The cat sat: a matrix of {len(expected)} tokens x 32 dimensions"
    assert found.records()[1]["text"] == "The cat sat"


def test_tokens_of_a_language_model_are_rows_of_its_table(lm):
    table = np.arange(1200, dtype=np.float32).reshape(600, 2)
    found = rows.of_layer(lm, ["The cat"], "input", table)
    assert found.vectors[:, 0].tolist() == [2 * token for token in lm.encode("The cat").ids]
    assert "".join(found.labels) == "The␣cat"
    assert (found.origin.columns["engine"], found.origin.columns["model"]) == ("table", "tiny")


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
    found = rows.of_layer(lm, [text], layer)
    expected, _ = states(text, 2 if layer == "last" else int(layer))
    assert_allclose(found.vectors, expected, atol=1e-4)
    assert len(found.labels) == len(expected)
    number = "2" if layer == "last" else layer
    assert {"layer": number, "engine": "torch", "model": "tiny", "text": text}.items() <= found.records()[0].items()
    assert found.origin.line.endswith(f"hidden states after layer {number} of 2")


def test_the_last_layer_is_the_last_number(lm):
    last, second = rows.of_layer(lm, ["The cat sat"], "last"), rows.of_layer(lm, ["The cat sat"], "2")
    assert np.array_equal(last.vectors, second.vectors)
    assert last.origin == second.origin


@pytest.mark.parametrize("layer", ["0", "3", "-1", "first", "", "1.5", "²", "input"])
def test_unknown_layers_are_refused(lm, layer):
    with pytest.raises(MisuseError, match=f"tiny has no layer '{layer}'"):  # and input without a table
        rows.of_layer(lm, ["The cat"], layer)


@pytest.mark.parametrize("text", ["", " ", "\n"])
def test_an_empty_text_has_no_layers(lm, text):
    with pytest.raises(MisuseError, match="the text is empty"):
        rows.of_layer(lm, [text], "1")
    with pytest.raises(MisuseError, match="the text is empty"):
        rows.of_word(lm, ["The cat", text], "cat", "1")


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
    found = rows.of_word(lm, [text], word, layer)
    expected = [mean_of(states, text, place, place + len(word), 2 if layer == "last" else 1) for place in places]
    assert_allclose(found.vectors, expected, atol=1e-4)
    labels = [text] if len(places) == 1 else [f"{text} [{number}]" for number in range(1, len(places) + 1)]
    assert found.labels == tuple(labels)
    assert found.records()[0]["word"] == word
    assert found.views()[0].title == f"{word} in each text: the mean of its tokens"


def test_a_word_has_another_vector_in_each_sentence(lm, states):
    texts = ["The cat sat on the mat.", "I saw a cat.", "A cat and a cat"]
    found = rows.of_word(lm, texts, "cat", "2")
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
        rows.of_word(lm, ["The cat sat", text], "cat", "last")


def test_at_the_input_a_word_has_one_vector_in_every_sentence(lm, lm_folder):
    table = AutoModelForCausalLM.from_pretrained(lm_folder).get_input_embeddings().weight.detach().numpy()
    found = rows.of_word(lm, ["The cat sat", "I saw a cat.", "my cat and your cat"], "cat", "input", table)
    ids = AutoTokenizer.from_pretrained(lm_folder)(" cat", add_special_tokens=False).input_ids
    assert_allclose(found.vectors, [table[ids].mean(axis=0)] * 4, atol=1e-6)
    assert_allclose(found.matrix, np.ones((4, 4)), atol=1e-6)
    assert (found.origin.columns["layer"], found.origin.columns["engine"]) == ("input", "table")
    assert "input embedding table" in found.origin.line
