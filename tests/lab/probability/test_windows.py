"""Texts longer than the model reads at once, against windows cut by hand and scored by plain torch."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmlab.backends.base import ScoreRequest, Tokens
from llmlab.errors import MisuseError
from llmlab.lab import ledger, long_text, probability, windows

ROOM = 255  # the tiny model reads 256 tokens, <s> among them


def by_hand(plain, ids, room, stride):
    """Log-probability of each token, every window after <s>."""
    found = []
    for begin in range(0, len(ids), stride):
        window = ids[begin : begin + room]
        rows = plain(window)
        found += [rows[i][window[i]] for i in range(len(found) - begin, len(window))]
        if begin + room >= len(ids):
            return found
    return found


@pytest.fixture(scope="module")
def long(texts, lm):
    """A text of three windows."""
    text = "".join(texts)
    while not ROOM + 127 < len(lm.encode(text)) <= ROOM + 2 * 127:
        text = text[: int(len(text) * 0.97)]
    return text


@pytest.mark.parametrize(("engine", "tolerance"), [("lm", 1e-4), ("llama", 1e-3)])
def test_a_text_of_three_windows_is_scored_as_by_hand(request, lm, plain, long, engine, tolerance):
    model = request.getfixturevalue(engine)
    (scored,) = probability.score(model, [long])
    assert scored.windows == 3
    expected = by_hand(plain, lm.encode(long).ids, ROOM, 127)
    np.testing.assert_allclose(scored.logprobs, expected, atol=tolerance)
    found = ledger.ledger(model, long, ledger.Look())
    assert "3 windows" in " ".join(found.views()[0].notes)
    assert found.scored.total == pytest.approx(sum(expected), abs=tolerance * len(expected))


def test_a_request_that_starts_late_gets_the_same_numbers(lm, long):
    tokens = lm.encode(long)
    (whole,) = windows.score(lm, [ScoreRequest(tokens, detail=True, top=2)])
    for start in (0, 200, 300, len(tokens) - 1):
        (late,) = windows.score(lm, [ScoreRequest(tokens, start, detail=True, top=2)])
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


@pytest.mark.parametrize("engine", ["lm", "llama"])
def test_the_measures_of_a_long_text_are_those_of_its_windows(request, lm, plain, long, engine):
    text = long + "\n" + long
    half = len(long) + 1
    found = long_text.measure(
        request.getfixturevalue(engine), "it", [text[:half], text[half:]], len(text), window=100, stride=30
    )
    ids = lm.encode(text[:half]).ids + lm.encode(text[half:]).ids  # blocks are encoded one by one
    expected = by_hand(plain, ids, 99, 30)
    total = sum(expected)
    record = found.document()
    assert record["logprob_nats"] == pytest.approx(total, abs=1e-3 * len(ids))
    assert record["perplexity"] == pytest.approx(math.exp(-total / len(ids)), rel=1e-3)
    assert record["bits_per_byte"] == pytest.approx(-total / math.log(2) / len(text.encode()), rel=1e-4)
    assert record["bits_per_character"] == pytest.approx(-total / math.log(2) / len(text), rel=1e-4)
    assert record["bits_per_token"] == pytest.approx(-total / math.log(2) / len(ids), rel=1e-4)
    assert (record["tokens"], record["scored_tokens"]) == (len(ids), len(ids))
    assert record["windows"] == windows.Windows(99, 30).count(len(ids))


def test_without_bos_a_long_text_lacks_one_tokens_probability(lm_without_bos, long):
    record = long_text.measure(lm_without_bos, "it", [long], len(long)).document()
    assert record["scored_tokens"] == record["tokens"] - 1


def test_no_more_than_a_window_and_a_block_is_held(lm):
    """The blocks are asked for one by one, as the windows need them."""
    asked = []

    def blocks():
        for number in range(50):
            asked.append(number)
            yield "the cat sat on the mat\n" * 5

    seen = []
    long_text.measure(lm, "it", blocks(), 5750, window=64, progress=lambda done, total: seen.append((len(asked), done)))
    assert seen[0][0] < 10
    assert seen[-1][1] == 5750
    assert [done for _, done in seen] == sorted(done for _, done in seen)


def test_an_empty_text_has_no_measure(lm):
    with pytest.raises(MisuseError, match="it is empty"):
        long_text.measure(lm, "it", [], 0)
