"""Turning logits into probabilities and probabilities into tokens, in numpy, the same for every engine.

Each filter is one pure function from log-probabilities [V] to log-probabilities [V]; what it removes becomes
-inf. The order is that of transformers: repetition penalty, temperature, top-k, top-p, min-p. None applies unless
asked for.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from llmlab.arrays import Doubles, Floats, Ints
from llmlab.backends.finite import check_finite
from llmlab.backends.settings import Settings

if TYPE_CHECKING:  # 30 ms that only drawing needs
    from numpy.random import Generator

BLOCK = 512  # tokens of a race
LATE = 1e300  # later than any exponential number, and before what has a weight of 0


def log_softmax(logits: Floats) -> Floats:
    """log p = z - max z - log sum exp(z - max z), over the last axis; float32, nats.

    Raises DamagedError for logits that are no numbers.
    """
    shifted = _shifted(logits)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True)))


def _shifted(logits: Floats) -> Floats:
    """z - max z, at most 0. Of a row that holds nan or infinity, the largest is that."""
    largest = logits.max(axis=-1, keepdims=True)
    check_finite(largest)
    return np.asarray(np.subtract(logits, largest, dtype=np.float32))


def entropy(logprobs: Floats) -> float:
    """H = -sum p log p in nats (Shannon 1948); tokens of probability 0 add nothing."""
    possible = logprobs[np.isfinite(logprobs)].astype(np.float64)
    return float(-(np.exp(possible) * possible).sum()) + 0.0  # not -0


def top(logprobs: Floats | Doubles, k: int) -> Ints:
    """The k likeliest tokens, likeliest first, ties by token id."""
    k = min(k, logprobs.shape[-1])
    if k == 0:
        return np.empty(0, np.int64)
    kth = np.partition(logprobs, -k)[-k]
    candidates = np.flatnonzero(logprobs >= kth)
    order = np.argsort(-logprobs[candidates], kind="stable")
    return np.asarray(candidates[order][:k], np.int64)


def temper(logits: Floats, temperature: float) -> Floats:
    """log softmax(z / T); at T = 0 the limit, all mass on the argmax (the first of equals)."""
    shifted = _shifted(logits)  # first: z / T cannot overflow to +inf
    if temperature == 0:
        tempered: Floats = np.full_like(shifted, -np.inf)
        tempered[int(shifted.argmax())] = 0
        return tempered
    return log_softmax(_cool(shifted, temperature))


def _cool(shifted: Floats, temperature: float) -> Floats:
    """z / T for logits of at most 0; -inf is the right limit for hopeless tokens."""
    if temperature == 1:
        return shifted
    with np.errstate(over="ignore"):
        return np.asarray(shifted / np.float32(min(max(temperature, 1e-30), 1e30)))


def penalise(logits: Floats, seen: Sequence[int], penalty: float) -> Floats:
    """Make tokens that were seen less likely: z / penalty above 0, z * penalty below (Keskar et al. 2019)."""
    if penalty == 1 or not seen:
        return logits
    found = logits.copy()
    own = logits[list(seen)]
    found[list(seen)] = np.where(own < 0, own * penalty, own / penalty)
    return found


def keep_top_k(logprobs: Floats, k: int) -> Floats:
    """Keep the k likeliest; ties with the k-th stay too (Fan et al. 2018, as transformers does)."""
    if k == 0 or k >= len(logprobs):
        return logprobs
    return np.where(logprobs < np.partition(logprobs, -k)[-k], np.float32(-np.inf), logprobs)


def keep_top_p(logprobs: Floats, p: float) -> Floats:
    """Keep the smallest set of likeliest tokens whose mass reaches p (Holtzman et al. 2020)."""
    if p >= 1:
        return logprobs
    order = np.argsort(logprobs, kind="stable")  # ascending
    below = np.cumsum(np.exp(logprobs[order]), dtype=np.float64)  # float32 loses 1e-5 over 262,144 tokens
    drop = below <= (1 - p)
    drop[-1] = False
    kept = logprobs.copy()
    kept[order[drop]] = -np.inf
    return kept


def keep_min_p(logprobs: Floats, p: float) -> Floats:
    """Keep tokens at least p times as likely as the likeliest (Nguyen et al. 2024)."""
    if p == 0:
        return logprobs
    return np.where(logprobs < logprobs.max() + np.float32(np.log(p)), np.float32(-np.inf), logprobs)


def distribution(logits: Floats, settings: Settings) -> Floats:
    """The log-probabilities that are sampled from, [V], renormalised after each filter."""
    logprobs = temper(logits, settings.temperature)
    if settings.temperature == 0:
        return logprobs
    if settings.top_k:
        logprobs = log_softmax(keep_top_k(logprobs, settings.top_k))
    if settings.top_p < 1:
        logprobs = log_softmax(keep_top_p(logprobs, settings.top_p))
    if settings.min_p > 0:
        logprobs = log_softmax(keep_min_p(logprobs, settings.min_p))
    return logprobs


def drawn_from(logits: Floats, seen: Sequence[int], settings: Settings) -> Floats:
    """What is sampled from after the tokens `seen`: the penalty wants the logits themselves, the rest does not mind."""
    return distribution(penalise(logits, seen, settings.repetition_penalty), settings)


def noise(seed: int, sample: int, step: int, temperature: float | None = None) -> "Generator":
    """The noise that decides the token at one step of a sample.

    It depends on nothing else, so neither does the token: not on how many samples are drawn, or at which other
    temperatures, or where an interrupted run goes on. Without a temperature it is the same at every one.
    """
    own = () if temperature is None else (int(np.float64(temperature).view(np.uint64)),)
    seeded = np.random.SeedSequence(seed, spawn_key=(sample, step, *own))
    return np.random.Generator(np.random.SFC64(seeded))


def race(weights: Doubles | Floats, noise: "Generator") -> int:
    """One of N with probability w / sum w, w [N] the weights: argmin E / w, E exponential noise [N].

    It is argmax log w + g, g = -log E being Gumbel noise (Maddison et al. 2014). When last digits of the weights
    change, another one wins only where two arrive nearly together; along a cumulative sum all that follow would
    shift. A weight of 0 never wins, nor does noise that was rounded to 0.
    """
    drawn = noise.standard_exponential(len(weights))
    drawn = np.where(drawn > 0, drawn, LATE)
    with np.errstate(divide="ignore", over="ignore"):  # a weight of 0 arrives never
        return int((drawn / weights).argmin())


def draw(weights: Floats, noise: "Generator") -> int:
    """One token by two races, of blocks of tokens and in the block that wins: w / sum w = w / W x W / sum W.

    Over 262,144 tokens that is 1,024 numbers of noise, and as fast as inversion; one race of all takes 1 ms more.
    """
    starts = np.arange(0, len(weights), BLOCK)
    start = int(starts[race(np.add.reduceat(weights, starts, dtype=np.float64), noise)])
    return start + race(weights[start : start + BLOCK], noise)


def draw_plain(logits: Floats, temperature: float, noise: "Generator") -> tuple[int, float]:
    """One token of softmax(z / T), T > 0, and its log-probability at T = 1: the fast way where no filter applies."""
    shifted = _shifted(logits)
    weights = np.exp(_cool(shifted, temperature))  # [V], not normalised: only their ratios count
    untempered = weights if temperature == 1 else np.exp(shifted)
    token = draw(weights, noise)
    return token, float(shifted[token]) - float(np.log(untempered.sum(dtype=np.float64)))


def logsumexp(row: Floats) -> float:
    """log sum exp z in nats, in float32 with a float64 result."""
    largest = row.max()
    check_finite(largest)
    return float(largest) + float(np.log(np.exp(row - largest).sum(dtype=np.float64)))
