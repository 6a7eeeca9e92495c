"""The logit lens on the default model: the figures of a plain-torch script, and what the two engines say."""

import numpy as np
import pytest
import torch

import llmlab

pytestmark = pytest.mark.models

PARIS = "Question: What is the capital of France?\nAnswer:"
RANKS = {7: 1951, 12: 11, 13: 2, 14: 2, 15: 2, 16: 1, 17: 1, 18: 1}
PROBABILITIES = {13: 0.117, 14: 0.212, 15: 0.373, 16: 0.846, 17: 0.811, 18: 0.435}


@pytest.fixture(scope="module")
def reference():
    """The default model on torch in float32."""
    return llmlab.open(engine="torch", dtype="float32")


def plain(model, ids):
    """Log-probabilities by each state, [1 + layers, V]: transformers, with Gemma's norm and head by their names."""
    with torch.no_grad():
        states = model(torch.tensor([ids]), output_hidden_states=True).hidden_states
        normed = [*(model.model.norm(one[:, -1]) for one in states[:-1]), states[-1][:, -1]]  # the last is normed
        return torch.log_softmax(model.lm_head(torch.cat(normed)).double(), -1).numpy()


def test_the_lens_on_the_default_model_is_that_of_a_plain_torch_script(reference):
    lm = reference._model()
    for text in (PARIS, "今天天气很"):
        tokens = lm.encode(text)
        found = lm.lens(tokens)
        np.testing.assert_allclose(np.exp(found), np.exp(plain(lm._model, lm._bos + tokens.ids)), atol=1e-4)
        assert np.array_equal(found[-1], lm.next([tokens])[0])


def test_paris_comes_up_from_the_middle_layers(reference):
    found = reference.layers(PARIS, track=" Paris")
    by_layer = {one["layer"]: one for one in found.records()}
    assert {layer: by_layer[layer]["rank"] for layer in RANKS} == RANKS
    for layer, probability in PROBABILITIES.items():
        assert by_layer[layer]["probability"] == pytest.approx(probability, abs=1e-3)
    assert found.views()[0].conclusion == "␣Paris leads from layer 16 of 18 on"


def test_the_middle_layers_of_a_chinese_text_lean_to_english(reference):
    found = reference.layers("今天天气很", track="冷", k=1)
    first = [layer.likeliest[0][0].decode() for layer in found.layers]
    assert {" windy", " warm", " chilly"} <= set(first[11:17])
    assert first[-1] == "冷"
    assert found.values() == ["18"]


def test_llama_cpp_shows_what_torch_shows(reference):
    lm, fast = reference._model(), llmlab.open(engine="llama.cpp")._model()
    for text in (PARIS, "今天天气很"):
        tokens = lm.encode(text)
        np.testing.assert_allclose(np.exp(fast.lens(tokens)), np.exp(lm.lens(tokens)), atol=1e-2)
        np.testing.assert_allclose(fast.attention(tokens), lm.attention(tokens), atol=1e-2)


@pytest.mark.parametrize("text", [PARIS, "今天天气很", "The cat sat on the"])
def test_about_half_of_the_attention_rests_on_bos(reference, text):
    found = reference.attention(text)
    assert found.pieces[0] == b"<bos>"
    assert 0.4 < float(found.values()[0]) < 0.65
