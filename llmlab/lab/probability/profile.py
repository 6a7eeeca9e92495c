"""Surprisal along a text of any length in a bounded number of bins, each the exact mean of its tokens."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from llmlab.arrays import Doubles

MOST = 2_000  # bins at most
SMOOTHED = 20  # a moving mean is of this part of the text

Summed = TypeVar("Summed", int, float)


@dataclass(frozen=True)
class Profile:
    """Bins of one width, in order; the last may hold fewer tokens."""

    width: int  # tokens of a bin
    sums: tuple[float, ...]  # nats: log-probability of the tokens of each
    known: tuple[int, ...]  # tokens of each that have a probability

    @property
    def means(self) -> list[float]:
        """Mean log-probability of a token in each bin, nats; nan where none has one."""
        return [total / count if count else math.nan for total, count in zip(self.sums, self.known, strict=True)]

    @property
    def window(self) -> int:
        """Bins that are taken together for the moving mean: an odd number."""
        return max(len(self.sums) // SMOOTHED, 1) | 1

    @property
    def smoothed(self) -> list[float]:
        """The mean of the tokens of each bin and of its neighbours on both sides, nats; at an end on one side."""
        half = self.window // 2
        found = []
        for place in range(len(self.sums)):
            near = slice(max(place - half, 0), place + half + 1)
            count = sum(self.known[near])
            found.append(math.fsum(self.sums[near]) / count if count else math.nan)
        return found


class Profiler:
    """Takes log-probabilities as they come; two bins become one when there would be too many."""

    def __init__(self, most: int = MOST) -> None:
        self._most, self._width = most, 1
        self._sums: list[float] = []
        self._known: list[int] = []
        self._filled = 0  # tokens of the last bin

    def add(self, logprobs: Doubles) -> None:
        """The next tokens [T], nats; nan for one without a probability."""
        for one in logprobs.tolist():
            if self._filled == self._width and len(self._sums) == self._most:
                self._halve()
            if not self._sums or self._filled == self._width:
                self._sums.append(0.0)
                self._known.append(0)
                self._filled = 0
            self._filled += 1
            if not math.isnan(one):
                self._sums[-1] += one
                self._known[-1] += 1

    def profile(self) -> Profile:
        return Profile(self._width, tuple(self._sums), tuple(self._known))

    def _halve(self) -> None:
        """Full bins in pairs; of an odd number the last is half full."""
        self._filled = self._width if len(self._sums) % 2 else 2 * self._width
        self._width *= 2
        self._sums, self._known = _paired(self._sums), _paired(self._known)


def _paired(values: Sequence[Summed]) -> list[Summed]:
    return [sum(values[place + 1 : place + 2], values[place]) for place in range(0, len(values), 2)]
