"""How far chance alone may have moved a share whose trials depend on each other.

Consecutive places of a text do: blocks of them are drawn with replacement (the moving blocks of Künsch 1989), of the
length n^(1/3) (Hall, Horowitz and Jing 1995). Answers that share a question, or the examples before it, do: questions
and draws of examples are drawn with replacement, each by itself (the pigeonhole bootstrap, Owen 2007).

The variance that this finds says how many independent trials the share is worth, and Wilson's interval is of so many
(Korn and Graubard 1998; Franco et al. 2019). Where all are right, or none, no drawing changes the share: it is worth
its trials then.
"""

import math
from collections.abc import Iterator

import numpy as np

from llmlab.arrays import Doubles, Ints
from llmlab.lab.shares import wilson

RESAMPLES = 2000
CENTRE = (2.5, 97.5)  # percentiles that 95 % lie between


def length(count: int) -> int:
    """Of a block, in places of a text of so many."""
    return max(round(math.cbrt(count)), 1)


def blocks(count: int, seed: int) -> Iterator[Ints]:
    """RESAMPLES times so many places [count] of a text that has as many, in blocks of consecutive ones."""
    inside = np.arange(length(count))
    each = -(-count // len(inside))
    generator = np.random.default_rng(seed)
    for _ in range(RESAMPLES):
        starts = generator.integers(0, count - len(inside) + 1, each)
        yield np.ravel(starts[:, None] + inside)[:count]


def crossed(draws: int, questions: int, seed: int) -> tuple[Doubles, Doubles]:
    """How much each draw [RESAMPLES, D] and each question [RESAMPLES, Q] counts; a row sums to 1."""
    generator = np.random.default_rng(seed)
    return _weights(generator, draws), _weights(generator, questions)


def interval(share: float, resampled: Doubles, trials: int, answers: int = 0) -> tuple[float, float]:
    """Where the true share lies, 95 times of 100, by what it is when trials are drawn again.

    It is worth no more trials than there were; where each has several answers, no more than these.
    """
    alone, variance = share * (1 - share), float(np.nanvar(resampled))  # of one trial; nan: none of them was drawn
    return wilson(share, min(alone / variance, answers or trials) if alone and variance else trials)


def centre(resampled: Doubles) -> tuple[float, float]:
    """Between what 95 % of the values lie."""
    low, high = np.percentile(resampled, CENTRE)
    return float(low), float(high)


def _weights(generator: np.random.Generator, count: int) -> Doubles:
    return np.asarray(generator.multinomial(count, np.full(count, 1 / count), RESAMPLES) / count)
