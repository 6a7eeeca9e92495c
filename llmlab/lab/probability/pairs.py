"""Minimal pairs: how often a model finds the good sentence likelier than the bad one (BLiMP, Warstadt et al. 2020)."""

from collections.abc import Sequence
from dataclasses import dataclass

from msgspec import Struct

from llmlab.backends.base import CausalLM
from llmlab.files.records import GROUP, Filled, Kind
from llmlab.lab.probability.charts.groups import of_pairs
from llmlab.lab.probability.scored import score
from llmlab.lab.provenance import Provenance, of_text
from llmlab.lab.shares import Share, share_columns
from llmlab.lab.shown import Shown
from llmlab.lab.text import finite, number
from llmlab.language import later, tr
from llmlab.progress import Progress, silent
from llmlab.render.safe import visible
from llmlab.view import Cell, Chart, Column, Record, View, stated_once

MISSES = 5  # the widest misses shown
TIE_NATS = 1e-9  # sums of the same factors in another order differ by less


class Pair(Struct, frozen=True):
    """Two sentences that differ in what makes one of them good."""

    good: Filled
    bad: Filled
    group: str = ""

    def __post_init__(self) -> None:
        numbers = [text for text in (self.good, self.bad) if text.strip().isdecimal()]
        if len(numbers) == 1 and any(map(str.isalpha, self.good + self.bad)):
            raise ValueError(tr("a number and a text are no pair"))


PAIRS = Kind(
    later("pair"),
    later('jsonl like {"sentence_good": "...", "sentence_bad": "..."}; csv, tsv: columns good, bad, and perhaps group'),
    Pair,
    {
        "good": ("sentence_good", "good", "good_sentence", "correct", "grammatical", "好", "好句", "正确", "对"),
        "bad": ("sentence_bad", "bad", "bad_sentence", "incorrect", "ungrammatical", "坏", "坏句", "错误", "错"),
        "group": GROUP,
    },
    order=("good", "bad", "group"),
)  # as in BLiMP


@dataclass(frozen=True)
class Outcome:
    """One pair and what the model says."""

    pair: Pair
    good_logprob: float  # nats
    bad_logprob: float

    @property
    def margin(self) -> float:
        """log P(good) - log P(bad) in nats."""
        return self.good_logprob - self.bad_logprob

    @property
    def right(self) -> bool:
        """Whether the good sentence is the likelier one; one that is only as likely is not."""
        return self.margin > TIE_NATS

    @property
    def tied(self) -> bool:
        """Whether both are as likely: the model sees no difference."""
        return abs(self.margin) <= TIE_NATS


@dataclass(frozen=True)
class Pairs(Shown):
    """The outcomes of a set of pairs, in the order given."""

    outcomes: tuple[Outcome, ...]
    origin: Provenance

    def views(self) -> list[View]:
        columns = (Column(tr("group"), wide=True), Column(tr("pairs"), True), *share_columns())
        shares = self.shares()
        rows: list[list[Cell]] = [
            [visible(name) or tr("all"), f"{share.trials:,}", *share.cells()] for name, share in shares
        ]
        views = [View("", columns, rows, (*self._ties(), self.origin.line), self._conclusion(dict(shares)))]
        misses = sorted((one for one in self.outcomes if not one.right), key=lambda one: one.margin)[:MISSES]
        if misses:
            means = tr("log P(good) - log P(bad), in nats; below 0 the bad one is likelier")
            margin = Column(tr("margin"), True, means=means)
            header = (margin, Column(tr("good"), wide=True), Column(tr("bad"), wide=True))
            wide: list[list[Cell]] = [
                [number(one.margin), visible(one.pair.good), visible(one.pair.bad)] for one in misses
            ]
            views.append(View(tr("widest misses"), header, wide))
        return views

    def _ties(self) -> tuple[str, ...]:
        count = sum(one.tied for one in self.outcomes)
        tied = tr("both sentences are equally likely in {count:,} pairs, which count as wrong", count=count)
        return (tied,) if count else ()

    def _conclusion(self, shares: dict[str, Share]) -> str:
        whole = shares.pop("")
        found = {"right": whole.right, "trials": whole.trials, "share": whole.share}
        said = tr("The good sentence is the likelier one in {right:,} of {trials:,} pairs ({share:.1%})", **found)
        if len(shares) < 2:
            return tr("{sentence}.", sentence=said)
        name, hardest = min(shares.items(), key=lambda one: one[1].share)
        return tr("{said}; hardest is {group} ({share:.1%}).", said=said, group=visible(name), share=hardest.share)

    def records(self) -> list[Record]:
        return [
            {
                "sentence_good": one.pair.good,
                "sentence_bad": one.pair.bad,
                "group": one.pair.group,
                "logprob_good_nats": finite(one.good_logprob),
                "logprob_bad_nats": finite(one.bad_logprob),
                "margin_nats": finite(one.margin),
                "right": one.right,
                **self.origin.columns,
            }
            for one in self.outcomes
        ]

    def chart(self) -> Chart:
        return of_pairs(self)

    def document(self) -> Record:
        shared = self.origin.columns
        groups = [{"group": name or "all", **self._share(name).record()} for name in self._groups()]
        return {**shared, "groups": groups, "pairs": stated_once(shared, self.records())}

    def values(self) -> list[str]:
        return [repr(self._share("").share)]

    def shares(self) -> list[tuple[str, Share]]:
        """How often the good sentence is the likelier one, in every group, then ("") in all."""
        return [(name, self._share(name)) for name in self._groups()]

    def _groups(self) -> list[str]:
        """Every group, then all."""
        return [*sorted({one.pair.group for one in self.outcomes} - {""}), ""]

    def _share(self, group: str) -> Share:
        outcomes = [one for one in self.outcomes if group in ("", one.pair.group)]
        return Share(sum(one.right for one in outcomes), len(outcomes))


def judge(model: CausalLM, pairs: Sequence[Pair], *, allow_special: bool = False, progress: Progress = silent) -> Pairs:
    """Score every pair. Raises MisuseError for an empty sentence."""
    texts = [text for pair in pairs for text in (pair.good, pair.bad)]
    totals = [one.total for one in score(model, texts, allow_special=allow_special, progress=progress)]
    found = zip(pairs, totals[::2], totals[1::2], strict=True)
    return Pairs(tuple(Outcome(*one) for one in found), of_text(model.info))


def marked(model: CausalLM, pairs: Sequence[Pair]) -> list[tuple[str, bool]]:
    """The group of each pair, and whether it is right. Raises MisuseError for an empty sentence."""
    return [(one.pair.group, one.right) for one in judge(model, pairs).outcomes]
