"""A share of right answers, and how far chance alone may have moved it.

The interval is Wilson's for a share, at 95 % (Wilson 1927).
"""

import math
from dataclasses import dataclass

from llmlab.language import later, tr
from llmlab.view import Bar, Cell, Column, Record

Z95 = 1.959963984540054  # two-sided 95 % of the normal distribution
INTERVAL = later("where the true share lies, 95 times of 100")


def share_columns() -> tuple[Column, ...]:
    """What the cells of a share say."""
    return (
        Column(tr("right"), True, means=tr("share of right answers")),
        Column("95 %", means=tr(INTERVAL)),
        Column(""),
    )


def wilson(share: float, trials: float) -> tuple[float, float]:
    """(p + z^2/2n -+ z sqrt(p(1-p)/n + z^2/4n^2)) / (1 + z^2/n), p the share and n its trials."""
    spread = Z95**2 / trials
    centre = (share + spread / 2) / (1 + spread)
    half = Z95 * math.sqrt(share * (1 - share) / trials + spread / (4 * trials)) / (1 + spread)
    return max(0.0, centre - half), min(1.0, centre + half)


@dataclass(frozen=True)
class Share:
    """So many right of so many."""

    right: int
    trials: int

    @property
    def share(self) -> float:
        return self.right / self.trials

    @property
    def interval(self) -> tuple[float, float]:
        return wilson(self.share, self.trials)

    def cells(self) -> list[Cell]:
        """The share, its interval and a bar, as `share_columns` names them."""
        low, high = self.interval
        return [f"{self.share:.1%}", f"{low:.1%} - {high:.1%}", Bar(self.share)]

    def record(self) -> Record:
        low, high = self.interval
        return {"right": self.right, "trials": self.trials, "share": self.share, "low": low, "high": high}
