"""How many bits a text has, by how many guesses its symbols took.

A player guesses each symbol until it is right. The numbers of the guesses are another writing of the text, from which
a twin of the player could read it; so their entropy is at least the text's. With q_n the share of symbols that took n
guesses (Shannon 1951, Prediction and entropy of printed English, equation 17):

    sum n (q_n - q_n+1) log2 n  <=  F  <=  - sum q_n log2 q_n

The lower bound is of a player who guesses the likeliest first, so that q falls. A real player's need not: q is taken
in falling order, which leaves the upper bound as it is, and the lower one below it whatever was guessed.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Bounds:
    """The entropy of a symbol, bits; nan of no symbols."""

    lower: float
    upper: float

    def per(self, symbols: int, characters: int) -> "Bounds":
        """The same a character, of symbols that have so many in all."""
        each = symbols / characters if characters else math.nan
        return Bounds(self.lower * each, self.upper * each)


def bounds(guesses: Sequence[int | None], prices: Sequence[float]) -> Bounds:
    """Bounds by the guesses that each symbol took; None: it was given up.

    What is given up is an outcome of its own, and after it the symbol must be told: in `prices[i]` bits, which are a
    model's, so that the upper bound alone has them.
    """
    if not guesses:
        return Bounds(math.nan, math.nan)
    counts = sorted(Counter(guesses).values(), reverse=True)
    told = math.fsum(price for one, price in zip(guesses, prices, strict=True) if one is None)
    lower, upper = (of([count / len(guesses) for count in counts]) for of in (_lower, _upper))
    return Bounds(lower, upper + told / len(guesses))


def _lower(q: Sequence[float]) -> float:
    steps = zip(q, [*q[1:], 0.0], strict=True)
    return math.fsum(n * (own - after) * math.log2(n) for n, (own, after) in enumerate(steps, 1))


def _upper(q: Sequence[float]) -> float:
    return -math.fsum(share * math.log2(share) for share in q) + 0.0
