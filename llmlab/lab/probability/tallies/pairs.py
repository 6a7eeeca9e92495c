"""What the records of `pairs` come to: how often the good sentence is the likelier one, and the widest misses."""

import heapq
import math

from llmlab.lab.probability.tallies.shares import GroupShares
from llmlab.lab.provenance import of_record
from llmlab.lab.shares import Share, share_columns
from llmlab.lab.tally import RecordTally
from llmlab.lab.text import number
from llmlab.language import tr
from llmlab.render.safe import visible
from llmlab.view import Cell, Column, Record, View

MISSES = 5  # the widest misses shown
TIE_NATS = 1e-9  # sums of the same factors in another order differ by less


class PairsTally(RecordTally):
    """Pairs that were judged, by group."""

    def __init__(self) -> None:
        self._shares, self._ties = GroupShares(), 0
        self._misses: list[Record] = []  # the widest first
        self._last: Record = {}

    def add(self, record: Record) -> None:
        self._last = record
        self._shares.add(record["group"], record["right"])
        if record["right"]:
            return
        self._ties += record["margin_nats"] is not None and abs(record["margin_nats"]) <= TIE_NATS
        if len(self._misses) < MISSES or _margin(record) < _margin(self._misses[-1]):
            self._misses = heapq.nsmallest(MISSES, [*self._misses, record], key=_margin)

    def shares(self) -> list[tuple[str, Share]]:
        """How often the good sentence is the likelier one, in every group, then ("") in all."""
        return self._shares.each()

    def views(self) -> list[View]:
        columns = (Column(tr("group"), wide=True), Column(tr("pairs"), True), *share_columns())
        rows: list[list[Cell]] = [
            [visible(name) or tr("all"), f"{share.trials:,}", *share.cells()] for name, share in self.shares()
        ]
        notes = (*self._tied(), of_record(self._last).line)
        return [View("", columns, rows, notes, self._conclusion(dict(self.shares()))), *self._widest()]

    def values(self) -> list[str]:
        return [repr(self._shares[""].share)]

    def _widest(self) -> list[View]:
        if not self._misses:
            return []
        means = tr("log P(good) - log P(bad), in nats; below 0 the bad one is likelier")
        margin = Column(tr("margin"), True, means=means)
        header = (margin, Column(tr("good"), wide=True), Column(tr("bad"), wide=True))
        rows: list[list[Cell]] = [
            [number(_margin(one)), visible(one["sentence_good"]), visible(one["sentence_bad"])] for one in self._misses
        ]
        return [View(tr("widest misses"), header, rows)]

    def _tied(self) -> tuple[str, ...]:
        tied = tr("both sentences are equally likely in {count:,} pairs, which count as wrong", count=self._ties)
        return (tied,) if self._ties else ()

    def _conclusion(self, shares: dict[str, Share]) -> str:
        whole = shares.pop("")
        found = {"right": whole.right, "trials": whole.trials, "share": whole.share}
        said = tr("The good sentence is the likelier one in {right:,} of {trials:,} pairs ({share:.1%})", **found)
        if len(shares) < 2:
            return tr("{sentence}.", sentence=said)
        name, hardest = min(shares.items(), key=lambda one: one[1].share)
        return tr("{said}; hardest is {group} ({share:.1%}).", said=said, group=visible(name), share=hardest.share)


def _margin(record: Record) -> float:
    """In nats; a sentence that cannot be has none in a record."""
    return -math.inf if record["margin_nats"] is None else float(record["margin_nats"])
