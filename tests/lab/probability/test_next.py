"""What comes next, against the softmax of plain torch."""

import math

import numpy as np
import pytest
import torch

from llmlab.errors import MisuseError
from llmlab.lab import next_word


@pytest.mark.parametrize("engine", ["lm", "llama"])
@pytest.mark.parametrize("k", [1, 10, 600, 1000])
def test_the_next_tokens_are_the_top_of_torchs_softmax(request, lm, plain, texts, engine, k):
    model = request.getfixturevalue(engine)
    for text in texts[:5]:
        expected = plain(lm.encode(text).ids)[-1]  # [V]
        found = next_word.next_tokens(model, text, k)
        assert len(found.ids) == min(k, 600)
        np.testing.assert_allclose(found.logprobs, -np.sort(-expected)[:k], atol=1e-3)
        np.testing.assert_allclose(found.logprobs, expected[list(found.ids)], atol=1e-3)
        assert found.pieces == tuple(lm.piece(token) for token in found.ids)
        assert found.entropy == pytest.approx(-(np.exp(expected) * expected).sum(), abs=1e-3)


def test_a_record_says_where_its_number_comes_from(lm):
    first = next_word.next_tokens(lm, "The cat", 3).records()[0]
    assert first["probability"] == pytest.approx(math.exp(first["logprob_nats"]))
    known = {"context": "The cat", "model": "tiny", "revision": "r1", "engine": "torch", "dtype": "float32"}
    assert known.items() <= first.items()
    document = next_word.next_tokens(lm, "The cat", 3).document()
    assert [row["rank"] for row in document["next"]] == [1, 2, 3]
    assert document["bos"] == "<s>"


@pytest.mark.parametrize("temperature", [0.3, 2.0, 50.0])
def test_under_a_temperature_the_list_is_that_of_torchs_softmax_of_z_over_t(lm, plain, temperature):
    expected = torch.log_softmax(torch.tensor(plain(lm.encode("The cat").ids)[-1]) / temperature, -1).numpy()
    found = next_word.next_tokens(lm, "The cat", 20, temperature=temperature)
    np.testing.assert_allclose(found.logprobs, -np.sort(-expected)[:20], atol=1e-3)
    np.testing.assert_allclose(found.cumulative, np.cumsum(np.exp(-np.sort(-expected)[:20])), atol=1e-4)
    assert found.entropy == pytest.approx(-(np.exp(expected) * expected).sum(), abs=1e-3)
    equal = np.exp(-(np.exp(expected) * expected).sum())
    assert f"as uncertain as {equal:,.1f} equal choices" in found.views()[0].notes[0]
    assert f"temperature {temperature:g}" in found.views()[0].notes[1]


def test_at_temperature_0_only_the_argmax_is_left(lm):
    found = next_word.next_tokens(lm, "The cat", 3, temperature=0)
    assert [row["probability"] for row in found.records()] == [1, 0, 0]
    assert found.entropy == 0
    assert found.ids[0] == next_word.next_tokens(lm, "The cat", 1).ids[0]


def test_all_tokens_hold_the_whole_probability(lm):
    (view,) = next_word.next_tokens(lm, "The cat", 600).views()
    assert view.notes[0].startswith("these 600 hold 100.0% of the probability")


def test_nothing_comes_after_nothing(lm):
    with pytest.raises(MisuseError, match="the text is empty"):
        next_word.next_tokens(lm, "", 3)
