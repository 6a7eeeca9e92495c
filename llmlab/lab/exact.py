"""Sums of floating-point numbers that are the same in whatever order, and in whatever parts, they come.

The sum is kept as an exact fraction, and rounded once, as math.fsum does of numbers that it has all together.
"""

import math
from fractions import Fraction


class ExactSum:
    """A sum that grows."""

    def __init__(self) -> None:
        self._exact, self._other = Fraction(0), 0.0  # what is finite, what is not

    def add(self, value: float) -> None:
        if math.isfinite(value):
            self._exact += Fraction(value)
        else:
            self._other += value

    def __float__(self) -> float:
        return float(self._exact) + self._other
