"""Calibration of a text against plain torch; a model is calibrated on what it says itself, and on nothing colder."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmlab.backends.base import ScoreRequest, Tokens
from llmlab.errors import MisuseError
from llmlab.lab.probability import calibration as module
from llmlab.lab.probability import resampling
from llmlab.lab.probability.calibration import calibration
from llmlab.lab.probability.reliability import DECADES, forecasts, reliability

ROOM, STRIDE = 255, 127


@pytest.fixture
def rows(lm, plain):
    """Log-probabilities [V] at each token of a text, in windows cut by hand."""

    def rows(ids):
        found = []
        for begin in range(0, len(ids), STRIDE):
            window = ids[begin : begin + ROOM]
            found += list(plain(window)[len(found) - begin : len(window)])
            if begin + ROOM >= len(ids):
                return found
        return found

    return rows


@pytest.mark.parametrize("engine", ["lm", "llama"])
def test_bins_and_decades_are_those_that_plain_torch_comes_to(request, lm, rows, long, engine):
    found = calibration(request.getfixturevalue(engine), "it", [long[:90], long[90:]], bins=4)
    ids = lm.encode(long).ids
    table = np.exp(rows(ids))  # [T, V]
    assert found.positions == len(ids) == len(table)
    top = sorted((row.max(), row.argmax() == token) for row, token in zip(table, ids, strict=True))
    for number, one in enumerate(found.found.top):
        own = [pair for rank, pair in enumerate(top) if rank * 4 // len(top) == number]
        assert one.positions == len(own)
        assert one.said == pytest.approx(np.mean([p for p, _ in own]), abs=1e-3)
        assert abs(one.seen - sum(right for _, right in own)) <= 1  # where two are nearly as likely
    for decade, one in enumerate(found.found.decades):
        low = 0 if decade == DECADES - 1 else 10.0 ** -(decade + 1)
        inside = (table > low) & (table <= 10.0**-decade)
        assert one.expected == pytest.approx(table[inside].sum(), rel=0.01, abs=0.5)
        assert abs(one.seen - sum(inside[range(len(ids)), list(ids)])) <= 2
    assert sum(one.expected for one in found.found.decades) == pytest.approx(len(ids), rel=1e-9)


def test_without_bos_the_first_token_is_not_foretold(lm_without_bos):
    text = "the cat sat on the mat " * 3
    found = calibration(lm_without_bos, "it", [text], bins=2)
    assert found.positions == len(lm_without_bos.encode(text)) - 1


@given(tokens=st.integers(10, 60))
def test_a_text_is_read_as_far_as_asked_and_the_rest_changes_nothing(lm, tokens):
    text = "the cat sat on the mat. 今天天气很好。" * 5
    ids = lm.encode(text)[:tokens]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(resampling, "RESAMPLES", 3)
        found = calibration(lm, "it", [text], bins=5, tokens=tokens)
        given_ = forecasts(lm, [ScoreRequest(ids)])
        assert found.found == reliability(given_, 5, 0)
    assert found.positions == tokens
    assert not found.whole
    assert f"the first {tokens} positions" in str(found)


def sampled(model, temperature, count, seed):
    """Texts that a model says at a temperature, each as long as it reads at once; each token by inversion."""
    rng, decoder = np.random.default_rng(seed), model.decoder(Tokens((), ()), count, ROOM)
    logits = np.repeat(decoder.first[None], count, axis=0)
    steps = []
    for _ in range(ROOM):
        p = np.exp((logits - logits.max(axis=1, keepdims=True)) / temperature).astype(np.float64)
        sums = p.cumsum(axis=1)
        steps.append((sums < rng.random((count, 1)) * sums[:, -1:]).sum(axis=1))
        logits = decoder.step(range(count), steps[-1].tolist())
    return [ScoreRequest(Tokens(tuple(ids), (b"",) * ROOM)) for ids in np.array(steps).T.tolist()]


def squared(found):
    """The sum over decades of (seen - expected)^2 over the variance that a count has where every P is true."""
    return sum(
        (one.seen - one.expected) ** 2 / (one.expected * (1 - one.said)) for one in found.decades if one.expected > 5
    )


@pytest.mark.parametrize("temperature", [0.6, 1.0, 1.5])
def test_a_model_is_calibrated_on_what_it_says_at_t_1_and_not_on_what_it_says_at_another(lm, temperature):
    given_ = forecasts(lm, sampled(lm, temperature, 40, 11))
    found = reliability(given_, 10, 0)
    assert len(given_.top) == 40 * ROOM
    inside = sum(one.interval[0] <= one.said <= one.interval[1] for one in found.top)
    if temperature == 1:
        assert inside >= 9
        assert found.error < 2 * found.by_chance
        assert squared(found) < 24.3  # chi-squared of 7 degrees of freedom, once in a thousand
    else:
        assert inside <= 3
        assert found.interval[0] > found.by_chance
        assert squared(found) > 100
        came, said = (sum(getattr(one, name) for one in found.top) for name in ("share", "said"))
        assert (came > said) == (temperature < 1)


def test_the_sentence_tells_of_the_bin_nearest_to_40_percent_and_few_positions_are_said(lm):
    found = calibration(lm, "it", ["the cat sat on the mat " * 9], bins=6)
    said, rows = [one.said for one in found.found.top], found.views()[0].rows
    nearest = min(range(6), key=lambda i: abs(said[i] - 0.4))
    one = found.found.top[nearest]
    assert found.views()[0].conclusion.startswith(f"Where the model gives its likeliest token {one.said:.1%}, it comes")
    assert rows[nearest][1] == f"{one.seen / one.positions:.1%}"
    assert any("positions are few" in note for note in found.views()[0].notes)
    assert found.values() == [repr(found.found.error)]
    assert found.document()["calibration_error"] == pytest.approx(
        sum(one.positions * abs(one.said - one.share) for one in found.found.top) / found.positions
    )


def test_a_thousand_positions_are_not_called_few(lm, monkeypatch):
    monkeypatch.setattr(module, "FEW", 20)
    assert "are few" not in str(calibration(lm, "it", ["the cat sat on the mat " * 9], bins=6))


@pytest.mark.parametrize(
    ("text", "asked", "expected"),
    [
        ("", {}, "it is too short for 10 bins: it has 0 tokens"),
        ("a", {"tokens": 3}, "3 tokens do not fill 10 bins"),
        ("a", {"bins": 0}, "0 bins hold nothing"),
        ("a", {"seed": -1}, "the seed -1 is negative"),
    ],
)
def test_what_cannot_be_told_is_an_error(lm, text, asked, expected):
    with pytest.raises(MisuseError, match=expected):
        calibration(lm, "it", [text], **asked)
