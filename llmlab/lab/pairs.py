"""Minimal pairs: how often a model finds the good sentence likelier than the bad one (BLiMP, Warstadt et al. 2020).

The interval is Wilson's for a share, at 95 % (Wilson 1927).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from llmlab.backends.base import CausalLM, ModelInfo
from llmlab.lab.probability import score
from llmlab.lab.text import origin, provenance, visible
from llmlab.progress import Progress, silent
from llmlab.view import Bar, Cell, Column, Record, View

MISSES = 5  # the widest misses shown
Z95 = 1.959963984540054  # two-sided 95 % of the normal distribution


@dataclass(frozen=True)
class Pair:
    """Two sentences that differ in what makes one of them good."""

    good: str
    bad: str
    group: str = ""


@dataclass(frozen=True)
class Outcome:
    """One pair and what the model says."""

    pair: Pair
    good_logprob: float  # nats
    bad_logprob: float

    @property
    def margin(self) -> float:
        """log P(good) - log P(bad) in nats; the pair is right when it is above 0."""
        return self.good_logprob - self.bad_logprob


@dataclass(frozen=True)
class Pairs:
    """The outcomes of a set of pairs, in the order given."""

    outcomes: tuple[Outcome, ...]
    info: ModelInfo

    def views(self) -> list[View]:
        columns = (Column("group", wide=True), Column("pairs", True), Column("right", True), Column("95 %", True))
        groups = sorted({one.pair.group for one in self.outcomes} - {""})
        rows: list[list[Cell]] = [self._row(name) for name in groups]
        rows.append(self._row(""))
        views = [View("", (*columns, Column("")), rows, (origin(self.info),))]
        misses = sorted((one for one in self.outcomes if one.margin <= 0), key=lambda one: one.margin)[:MISSES]
        if misses:
            header = (Column("margin", True), Column("good", wide=True), Column("bad", wide=True))
            wide: list[list[Cell]] = [
                [f"{one.margin:.3f}", visible(one.pair.good), visible(one.pair.bad)] for one in misses
            ]
            views.append(View("widest misses", header, wide, ("margin = log P(good) - log P(bad), nats",)))
        return views

    def records(self) -> list[Record]:
        return [
            {
                "sentence_good": one.pair.good,
                "sentence_bad": one.pair.bad,
                "group": one.pair.group,
                "logprob_good_nats": one.good_logprob,
                "logprob_bad_nats": one.bad_logprob,
                "margin_nats": one.margin,
                "right": one.margin > 0,
                **provenance(self.info),
            }
            for one in self.outcomes
        ]

    def document(self) -> Record:
        names = ["", *sorted({one.pair.group for one in self.outcomes} - {""})]
        own = [{k: v for k, v in row.items() if k not in provenance(self.info)} for row in self.records()]
        return {**provenance(self.info), "groups": [self._summary(name) for name in names], "pairs": own}

    def _of(self, group: str) -> list[Outcome]:
        return [one for one in self.outcomes if group in ("", one.pair.group)]

    def _summary(self, group: str) -> Record:
        outcomes = self._of(group)
        right = sum(one.margin > 0 for one in outcomes)
        low, high = wilson(right, len(outcomes))
        return {
            "group": group or "all",
            "pairs": len(outcomes),
            "right": right,
            "share": right / len(outcomes),
            "low": low,
            "high": high,
        }

    def _row(self, group: str) -> list[Cell]:
        found = self._summary(group)
        interval = f"{found['low']:.1%} - {found['high']:.1%}"
        return [visible(found["group"]), found["pairs"], f"{found['share']:.1%}", interval, Bar(found["share"])]


def judge(model: CausalLM, pairs: Sequence[Pair], progress: Progress = silent) -> Pairs:
    """Score every pair. Raises MisuseError for an empty sentence."""
    texts = [text for pair in pairs for text in (pair.good, pair.bad)]
    totals = [one.total for one in score(model, texts, progress=progress)]
    found = zip(pairs, totals[::2], totals[1::2], strict=True)
    return Pairs(tuple(Outcome(*one) for one in found), model.info)


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """The 95 % interval of a share, (p + z^2/2n -+ z sqrt(p(1-p)/n + z^2/4n^2)) / (1 + z^2/n)."""
    share, spread = successes / trials, Z95**2 / trials
    centre = (share + spread / 2) / (1 + spread)
    half = Z95 * math.sqrt(share * (1 - share) / trials + spread / (4 * trials)) / (1 + spread)
    return max(0.0, centre - half), min(1.0, centre + half)
