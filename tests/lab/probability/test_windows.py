"""Texts longer than the model reads at once, against windows cut by hand and scored by plain torch."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmlab.backends.base import ScoreRequest, Tokens
from llmlab.errors import MisuseError
from llmlab.lab.probability import windows
from llmlab.lab.probability.prob import ledger
from llmlab.lab.probability.scored import score

ROOM = 255  # the tiny model reads 256 tokens, <s> among them


@pytest.mark.parametrize(("engine", "tolerance"), [("lm", 1e-4), ("llama", 1e-3)])
def test_a_text_of_three_windows_is_scored_as_by_hand(request, lm, by_hand, long, engine, tolerance):
    model = request.getfixturevalue(engine)
    (scored,) = score(model, [long])
    assert scored.windows == 3
    expected = by_hand(lm.encode(long).ids, ROOM, 127)
    np.testing.assert_allclose(scored.logprobs, expected, atol=tolerance)
    found = ledger(model, long)
    assert "3 windows" in " ".join(found.views()[0].notes)
    assert found.scored.total == pytest.approx(sum(expected), abs=tolerance * len(expected))


def test_a_request_that_starts_late_gets_the_same_numbers(lm, long):
    tokens = lm.encode(long)
    (whole,) = windows.score(lm, [ScoreRequest(tokens, detail=True)])
    for start in (0, 200, 300, len(tokens) - 1):
        (late,) = windows.score(lm, [ScoreRequest(tokens, start, detail=True)])
        np.testing.assert_allclose(late.logprobs, whole.logprobs[start:], atol=1e-5)
        assert late.ranks.tolist() == whole.ranks[start:].tolist()


@given(st.integers(1, 60), st.integers(2, 12), st.data())
def test_every_token_is_scored_once_with_enough_before_it(length, room, data):
    stride = data.draw(st.integers(1, room))
    cuts = sorted(data.draw(st.sets(st.integers(0, length), max_size=4)) | {0, length})
    tokens = Tokens(tuple(range(length)), tuple(b"x" for _ in range(length)))
    cut = windows.Windows(room, stride)
    parts = [tokens[a:b] for a, b in itertools.pairwise(cuts)]
    found = list(cut.cut(parts))
    assert [token for one in found for token in one.tokens.ids[one.start :]] == list(range(length))
    assert all(len(one.tokens) <= room for one in found)
    assert all(one.start == room - stride for one in found[1:])
    assert len(found) == cut.count(length)


@pytest.mark.parametrize(
    ("window", "stride", "message"),
    [(257, 0, "a window of 257 tokens is not possible"), (2, 0, "not possible"), (10, 10, "would skip tokens")],
)
def test_a_window_the_model_cannot_read_is_refused(lm, window, stride, message):
    with pytest.raises(MisuseError, match=message):
        windows.Windows.of(lm.info, window, stride)
