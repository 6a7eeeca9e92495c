"""What comes next, against the softmax of plain torch."""

import math

import numpy as np
import pytest

from llmlab.errors import MisuseError
from llmlab.lab import cloze


@pytest.mark.parametrize("engine", ["lm", "llama"])
@pytest.mark.parametrize("k", [1, 10, 600, 1000])
def test_the_next_tokens_are_the_top_of_torchs_softmax(request, lm, plain, texts, engine, k):
    model = request.getfixturevalue(engine)
    for text in texts[:5]:
        expected = plain(lm.encode(text).ids)[-1]  # [V]
        found = cloze.next_tokens(model, text, k)
        assert len(found.ids) == min(k, 600)
        np.testing.assert_allclose(found.logprobs, -np.sort(-expected)[:k], atol=1e-3)
        np.testing.assert_allclose(found.logprobs, expected[list(found.ids)], atol=1e-3)
        assert found.pieces == tuple(lm.piece(token) for token in found.ids)
        assert found.entropy == pytest.approx(-(np.exp(expected) * expected).sum(), abs=1e-3)


def test_a_record_says_where_its_number_comes_from(lm):
    first = cloze.next_tokens(lm, "The cat", 3).records()[0]
    assert first["probability"] == pytest.approx(math.exp(first["logprob_nats"]))
    known = {"context": "The cat", "model": "tiny", "revision": "r1", "engine": "torch", "dtype": "float32"}
    assert known.items() <= first.items()
    document = cloze.next_tokens(lm, "The cat", 3).document()
    assert [row["rank"] for row in document["next"]] == [1, 2, 3]
    assert document["bos"] == "<s>"


def test_all_tokens_hold_the_whole_probability(lm):
    (view,) = cloze.next_tokens(lm, "The cat", 600).views()
    assert view.notes[0].startswith("these 600 hold 100.0% of the probability")


def test_nothing_comes_after_nothing(lm):
    with pytest.raises(MisuseError, match="the text is empty"):
        cloze.next_tokens(lm, "", 3)
