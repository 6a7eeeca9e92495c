"""`pairs` of several models: how often each is right, and whether they differ by more than chance.

Two models that judge the same pairs differ where just one of them is right. Were both as good, each of those would be
either's with 1/2: McNemar's test (1947), exact, two-sided.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import combinations

from llmlab.backends.base import CausalLM
from llmlab.lab.beside import lines, names
from llmlab.lab.probability.charts import beside as charts
from llmlab.lab.probability.pairs import Pair, Pairs, judge
from llmlab.lab.shares import share_columns
from llmlab.lab.shown import Shown
from llmlab.language import tr
from llmlab.progress import Progress, silent
from llmlab.render.safe import visible
from llmlab.view import Cell, Chart, Column, Record, View

CHANCE = 0.05  # below, a difference is called one


@dataclass(frozen=True)
class Agreement:
    """How often two models judge a pair alike."""

    both: int  # pairs that both have right
    first: int  # that the first alone has right
    second: int
    neither: int

    @property
    def share(self) -> float:
        """Of the pairs that both models have right, or neither."""
        return (self.both + self.neither) / (self.both + self.first + self.second + self.neither)

    @property
    def chance(self) -> float:
        """P that two models equally good differ so much: 2 P(X <= the fewer), X of Binomial(n, 1/2)."""
        alone = self.first + self.second
        tail = sum(math.comb(alone, k) for k in range(min(self.first, self.second) + 1))
        return min(1.0, 2 * tail / (1 << alone))

    def record(self) -> Record:
        return {"agree": self.share, "first_alone": self.first, "second_alone": self.second, "p_value": self.chance}


@dataclass(frozen=True)
class PairsBeside(Shown):
    """The same pairs, judged by several models."""

    judged: tuple[Pairs, ...]

    @property
    def names(self) -> list[str]:
        return names([one.origin for one in self.judged])

    @property
    def agreements(self) -> list[tuple[str, str, Agreement]]:
        """Of each two models."""
        found = zip(self.names, self.judged, strict=True)
        return [(a, b, _agreement(one, other)) for (a, one), (b, other) in combinations(found, 2)]

    def views(self) -> list[View]:
        columns = (
            Column(tr("group"), wide=True),
            Column(tr("model"), wide=True),
            Column(tr("pairs"), True),
            *share_columns(),
        )
        shares = [dict(one.shares()) for one in self.judged]
        rows: list[list[Cell]] = []
        for group in shares[0]:
            label = visible(group) or tr("all")
            for name, own in zip(self.names, shares, strict=True):
                rows.append([label, name, f"{own[group].trials:,}", *own[group].cells()])
                label = ""
        said = lines([one.origin for one in self.judged])
        return [View("", columns, rows, said, self._conclusion()), self._agreement()]

    def records(self) -> list[Record]:
        return [record for one in self.judged for record in one.records()]

    def document(self) -> Record:
        agreed = [{"models": [a, b], **one.record()} for a, b, one in self.agreements]
        return {"models": [one.document() for one in self.judged], "agreement": agreed}

    def values(self) -> list[str]:
        return [value for one in self.judged for value in one.values()]

    def chart(self) -> Chart:
        return charts.pairs(self)

    def _agreement(self) -> View:
        chance = tr("chance of such a difference between two models equally good (McNemar, exact)")
        columns = (
            Column("A, B", wide=True),
            Column(tr("agree"), True, means=tr("pairs that both have right, or neither")),
            Column(tr("only A"), True, means=tr("pairs that A alone has right")),
            Column(tr("only B"), True),
            Column("p", True, means=chance),
        )
        rows: list[list[Cell]] = [
            [f"{a}, {b}", f"{one.share:.1%}", one.first, one.second, f"{one.chance:.2g}"]
            for a, b, one in self.agreements
        ]
        return View("", columns, rows)

    def _conclusion(self) -> str:
        """Who is right most often, and whether chance may have made it so, beside each of the others."""
        shares = [dict(one.shares())[""].share for one in self.judged]
        best = max(range(len(shares)), key=shares.__getitem__)
        said = tr(", ").join(f"{name} {share:.1%}" for name, share in zip(self.names, shares, strict=True))
        other = [_agreement(self.judged[best], one).chance for i, one in enumerate(self.judged) if i != best]
        if max(other) < CHANCE:
            return tr("Right: {shares}; {model} is better by more than chance.", shares=said, model=self.names[best])
        return tr("Right: {shares}; chance alone may make such a difference.", shares=said)


def judged(
    models: Iterable[CausalLM], pairs: Sequence[Pair], *, allow_special: bool = False, progress: Progress = silent
) -> PairsBeside:
    """The same pairs by several models, one after the other. Raises MisuseError for an empty sentence."""
    ask = partial(judge, pairs=pairs, allow_special=allow_special, progress=progress)
    return PairsBeside(tuple(map(ask, models)))


def _agreement(one: Pairs, other: Pairs) -> Agreement:
    right = [(a.right, b.right) for a, b in zip(one.outcomes, other.outcomes, strict=True)]
    return Agreement(*(right.count(case) for case in ((True, True), (True, False), (False, True), (False, False))))
