"""Whether probabilities come true: of what was given P, is a share P seen?

Bins of the likeliest token are of equal mass, as many positions of the text in each (Nguyen and O'Connor 2015), and
their mean distance is the expected calibration error (Naeini et al. 2015; Guo et al. 2017). Chance moves it away from 0
even where every P is true: how far is what it is on average when tokens are right as often as their P says (Bröcker and
Smith 2007). Every token of the vocabulary at every position belongs to a decade of P: the sum of P over those of a
decade is how many of the text's own tokens it should hold. The intervals are those of resampling.py.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from llmlab.arrays import Doubles, Floats, Ints
from llmlab.backends.base import CausalLM, ScoreRequest
from llmlab.lab.probability import resampling
from llmlab.lab.probability.windows import foretold
from llmlab.lab.shares import Z95
from llmlab.language import tr
from llmlab.progress import Progress, silent

DECADES = 8  # those of P above 1e-7 one by one, and all below


@dataclass(frozen=True)
class Forecasts:
    """What a model gave at each of N positions of a text, and what came."""

    top: Doubles  # [N] P of the likeliest token
    right: NDArray[np.bool_]  # [N] whether it came
    masses: Doubles  # [N, DECADES] P of all tokens of a decade
    decades: Ints  # [N] that of the token that came


@dataclass(frozen=True)
class Bin:
    """Probabilities of a range, and how often what was given them came."""

    low: float  # of P
    high: float
    positions: int
    expected: float  # how many should have come: the sum of P
    seen: int
    interval: tuple[float, float]  # of the share that came

    @property
    def said(self) -> float:
        """The share of the positions at which it should come."""
        return self.expected / self.positions

    @property
    def share(self) -> float:
        """The share at which it came."""
        return self.seen / self.positions

    @property
    def span(self) -> str:
        """The range of a decade for the eye: 0.1 to 1, 1e-4 to 0.001, below 1e-7."""
        high = _tenfold(self.high)
        return tr("{low} to {high}", low=_tenfold(self.low), high=high) if self.low else tr("below {high}", high=high)


@dataclass(frozen=True)
class Reliability:
    """The bins of the likeliest token by its P, the decades of all tokens, and how far the former are off."""

    top: tuple[Bin, ...]
    decades: tuple[Bin, ...]  # the likeliest first
    error: float  # expected calibration error
    interval: tuple[float, float]  # where it lies on other texts as long, 95 times of 100
    by_chance: float  # what it would be on average if every P were true


def forecasts(model: CausalLM, requests: Sequence[ScoreRequest], progress: Progress = silent) -> Forecasts:
    """What a model gave at the positions of the windows of a text: all that something stands before, one at least."""
    total = sum(len(request.tokens) - request.start for request in requests)
    found: list[tuple[float, bool, Doubles, int]] = []
    for token, logits in foretold(model, requests):
        found.append(_forecast(token, logits))
        progress(len(found), total)
    top, right, masses, decades = zip(*found, strict=True)
    return Forecasts(np.array(top), np.array(right), np.array(masses), np.array(decades))


def reliability(given: Forecasts, bins: int, seed: int) -> Reliability:
    """The bins of at least as many positions."""
    count = len(given.top)
    rank = np.empty(count, np.int64)
    rank[np.argsort(given.top, kind="stable")] = np.arange(count)
    of = rank * bins // count  # [N] the bin of each position
    sizes, said, hits = _tally(of, given.top, given.right, bins)
    error = _error(said, hits) / count
    shares, errors, seen = _drawn(given, of, bins, seed)
    half = Z95 * float(np.std(errors))  # not percentiles: drawing again adds chance's part once more
    top = tuple(
        Bin(
            float(given.top[of == one].min()),
            float(given.top[of == one].max()),
            int(sizes[one]),
            float(said[one]),
            int(hits[one]),
            resampling.interval(hits[one] / sizes[one], shares[:, one], int(sizes[one])),
        )
        for one in range(bins)
    )
    spread, by_chance = (max(error - half, 0.0), error + half), _by_chance(given.top, of, bins, seed)
    return Reliability(top, _decades(given, seen), error, spread, by_chance)


def _forecast(token: int, logits: Floats) -> tuple[float, bool, Doubles, int]:
    """P of the likeliest token, whether it came, the mass of each decade [DECADES], and that of the one that came."""
    shifted = np.subtract(logits, logits.max(), dtype=np.float32)
    weights = np.exp(shifted)  # [V], the likeliest at 1
    total = float(weights.sum(dtype=np.float64))
    decades = np.minimum((np.float32(math.log(total)) - shifted) / np.float32(math.log(10)), DECADES - 1).astype(int)
    masses = np.bincount(decades, weights, DECADES) / total
    return 1 / total, int(logits.argmax()) == token, masses, int(decades[token])


def _tally(of: Ints, top: Doubles, right: NDArray[np.bool_], bins: int) -> tuple[Doubles, Doubles, Doubles]:
    """Of each bin [bins] its positions, the sum of their P, and how many came."""
    sizes, said, hits = (np.bincount(of, weights, bins) for weights in (np.ones(len(of)), top, right))
    return sizes.astype(np.float64), said.astype(np.float64), hits.astype(np.float64)


def _error(said: Doubles, hits: Doubles) -> float:
    """sum n |mean P - share right| / N over the bins."""
    return float(np.abs(said - hits).sum())


def _drawn(given: Forecasts, of: Ints, bins: int, seed: int) -> tuple[Doubles, Doubles, Doubles]:
    """The shares [R, bins], the error [R] and the shares of the decades [R, DECADES] when positions are drawn again."""
    count, shares, errors, seen = len(of), [], [], []
    for places in resampling.blocks(count, seed):
        sizes, said, hits = _tally(of[places], given.top[places], given.right[places], bins)
        shares.append(np.divide(hits, sizes, out=np.full(bins, np.nan), where=sizes > 0))
        errors.append(_error(said, hits) / count)
        seen.append(np.bincount(given.decades[places], minlength=DECADES) / count)
    return np.array(shares), np.array(errors), np.array(seen)


def _decades(given: Forecasts, drawn: Doubles) -> tuple[Bin, ...]:
    count, expected = len(given.top), given.masses.sum(axis=0)
    seen = np.bincount(given.decades, minlength=DECADES)
    return tuple(
        Bin(
            0.0 if one == DECADES - 1 else 10.0 ** -(one + 1),
            10.0**-one,
            count,
            float(expected[one]),
            int(seen[one]),
            resampling.interval(seen[one] / count, drawn[:, one], count),
        )
        for one in range(DECADES)
    )


def _by_chance(top: Doubles, of: Ints, bins: int, seed: int) -> float:
    generator = np.random.default_rng((seed, 1))
    errors = []
    for _ in range(resampling.RESAMPLES):
        _, said, hits = _tally(of, top, generator.random(len(top)) < top, bins)
        errors.append(_error(said, hits) / len(top))
    return float(np.mean(errors))


def _tenfold(power: float) -> str:
    return f"{power:g}" if power >= 0.001 else f"1e{round(math.log10(power))}"
