"""The whole distribution at each place of a text, of every causal engine, against plain torch."""

import numpy as np
import pytest
from backends.engines import CONTEXT

from llmlab.backends.base import ScoreRequest
from llmlab.backends.sampling import log_softmax
from llmlab.errors import MisuseError


def test_logits_are_those_that_each_token_is_drawn_from(engine, kind, tokens, followed):
    for place, text in enumerate(tokens[:40]):
        start = place % (len(text) + 1)
        found = [log_softmax(logits) for logits in engine.logits(ScoreRequest(text, start))]
        expected = followed(text.ids)[start:]
        expected = expected[~np.isnan(expected).all(axis=1)]
        assert len(found) == len(expected)
        if found:
            np.testing.assert_allclose(found, expected, atol=kind.near)


def test_logits_of_a_long_text_come_one_by_one_and_none_is_asked_of_too_long_a_one(engine, kind, followed, texts):
    text = engine.encode("".join(texts))[: CONTEXT - len(kind.bos)]
    rows = followed(text.ids)
    place = 0
    for place, logits in enumerate(engine.logits(ScoreRequest(text)), 1 - len(kind.bos)):
        assert int(logits.argmax()) == int(rows[place].argmax()) or kind.dtype == "bfloat16"
    assert place == len(text) - 1
    if kind.counts:
        return
    with pytest.raises(MisuseError, match="reads at most 256"):
        list(engine.logits(ScoreRequest(text + text)))
