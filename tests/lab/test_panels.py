"""What a page carries to be played with: few numbers, and right at every temperature; texts with what else may come."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmlab.backends.sampling import log_softmax
from llmlab.backends.settings import Settings
from llmlab.lab import panels

HEATS = (0.5, 0.7, 1.0, 1.7, 3.0, 5.0)
PLAIN = Settings()


def remade(panel, t):
    """P of each token carried by itself, and the entropy in nats, as the page makes them of what it is given."""
    z = np.array([*panel.logprobs, *(mean for _, mean in panel.rest)])
    n = np.array([1] * len(panel.logprobs) + [count for count, _ in panel.rest])
    weights = n * np.exp((z - z[0]) / t)
    p = weights / weights.sum()
    return p[: len(panel.logprobs)], math.log(weights.sum()) - float((p * (z - z[0])).sum()) / t


def whole(logprobs, t):
    """softmax(z / T) of all tokens in float64, falling, and its entropy in nats."""
    z = -np.sort(-logprobs[np.isfinite(logprobs)].astype(np.float64)) / t
    p = np.exp(z - z[0])
    p /= p.sum()
    return p, float(-(p[p > 0] * np.log(p[p > 0])).sum())


def slider(logprobs, **more):
    return panels.slider("a text", [b" a", b"\xe4"], logprobs, [1.0], PLAIN, **more)


@given(
    seed=st.integers(0, 2**32),
    size=st.sampled_from([50, 2_000, 2_001, 30_000]),
    spread=st.floats(0, 8),
    tail=st.sampled_from(["normal", "uniform", "laplace", "lumps"]),
)
def test_probabilities_and_entropy_are_right_to_1e_4_at_every_temperature(seed, size, spread, tail):
    drawn = np.random.default_rng(seed)
    lumps = np.where(drawn.random(size) < 0.5, 0.0, 0.0099)  # as far apart as a bin is wide
    shape = lumps if tail == "lumps" else getattr(drawn, tail)(size=size)
    logprobs = log_softmax((shape * spread).astype(np.float32))
    panel = slider(logprobs)
    assert len(panel.logprobs) == min(size, panels.HIGHEST)
    assert len(panel.logprobs) + sum(count for count, _ in panel.rest) == size
    for t in HEATS:
        found, entropy = remade(panel, t)
        exact, wanted = whole(logprobs, t)
        assert np.abs(found - exact[: len(found)]).sum() / 2 < 1e-4
        assert found.sum() == pytest.approx(exact[: len(found)].sum(), abs=1e-4)
        assert entropy == pytest.approx(wanted, abs=1e-4)


def test_one_mass_for_the_rest_would_be_wrong_at_every_other_temperature():
    logprobs = log_softmax(np.random.default_rng(0).normal(size=30_000).astype(np.float32) * 2)
    panel = slider(logprobs)
    others = sum(count for count, _ in panel.rest)
    mass = 1 - np.exp(panel.logprobs).sum()
    z = np.array([*panel.logprobs, math.log(mass)])
    exact, _ = whole(logprobs, 2.0)
    assert abs((np.exp(z / 2) / np.exp(z / 2).sum())[0] - exact[0]) > 1e-3
    assert others == 28_000


def test_a_bin_is_a_hundredth_of_a_nat_and_says_its_mean():
    below = np.array([-10.0, -10.004, -10.0099, -10.0101, -12.0])
    assert panels.bins(below) == [(3, pytest.approx(-10.0046333, abs=1e-7)), (1, -10.0101), (1, -12.0)]
    assert panels.bins(np.empty(0)) == []


def test_every_token_that_has_a_bar_is_carried_by_itself():
    logprobs = log_softmax(np.random.default_rng(0).normal(0, 3, 5000).astype(np.float32))
    pieces = [b"x"] * (panels.HIGHEST + 100)
    found = panels.slider("a text", pieces, logprobs, [1.0], PLAIN)
    assert len(found.tokens) == len(found.logprobs) == len(pieces)
    assert sum(count for count, _ in found.rest) == 5000 - len(pieces)


def test_a_penalty_is_said():
    logprobs = log_softmax(np.zeros(4, np.float32))
    assert "penalty of 1.3" in panels.slider("x", [], logprobs, [1.0], Settings(repetition_penalty=1.3)).note
    assert slider(logprobs).note == ""


def test_a_token_that_cannot_come_is_not_carried():
    panel = slider(np.array([-np.inf, math.log(0.25), -np.inf, math.log(0.75)], np.float32))
    assert [round(math.exp(one), 6) for one in panel.logprobs] == [0.75, 0.25]
    assert (panel.rest, panel.tokens) == ([], ["␣a", "<E4>"])


def test_a_page_carries_some_hundred_kilobytes_of_the_largest_vocabulary():
    logprobs = log_softmax(np.random.default_rng(1).normal(size=262_144).astype(np.float32) * 4)
    panel = slider(logprobs)
    assert len(panel.rest) < 4_000
    assert len(repr(panel)) < 150_000


OTHERS = ((b" a", math.log(0.5)), (b"\xe4", math.log(0.25)), (b"\n", math.log(0.125)))


@pytest.mark.parametrize(("rank", "ranks"), [(1, "234"), (2, "134"), (3, "124"), (4, "123"), (90, "123")])
def test_the_ranks_of_the_others_leave_out_that_of_the_token_itself(rank, ranks):
    part = panels.part(b"cat", math.log(1 / 16), rank, OTHERS, entropy=1.5)
    assert [row[3] for row in part.others] == list(ranks)
    assert [row[:3] for row in part.others] == [
        ("␣a", "0.5000", "1.00"),
        ("<E4>", "0.2500", "2.00"),
        ("↵", "0.1250", "3.00"),
    ]
    assert dict(part.facts) == {
        "part": "cat",
        "P": "0.0625",
        "surprisal": "4.00 bits",
        "rank": str(rank),
        "entropy": "1.50 bits",
    }
    assert part.share == pytest.approx(4 / 16)


def test_what_has_no_probability_is_not_shaded():
    part = panels.part(b"The", math.nan, None, ())
    assert (part.text, part.share, part.others) == ("The", 0.0, [])
    assert dict(part.facts) == {"part": "The", "P": "-", "surprisal": "nothing stands before it"}
    assert panels.part(b"x", math.log(1e-9), None, ()).share == 1
