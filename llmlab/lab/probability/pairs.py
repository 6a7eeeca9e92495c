"""Minimal pairs: how often a model finds the good sentence likelier than the bad one (BLiMP, Warstadt et al. 2020)."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from msgspec import Struct

from llmlab.backends.base import CausalLM
from llmlab.files.records import GROUP, Filled, Kind
from llmlab.lab.probability.charts.groups import of_pairs
from llmlab.lab.probability.scored import score
from llmlab.lab.probability.tallies.pairs import TIE_NATS, PairsTally
from llmlab.lab.provenance import Provenance, of_text
from llmlab.lab.shares import Share
from llmlab.lab.shown import Shown
from llmlab.lab.text import finite
from llmlab.language import later, tr
from llmlab.progress import Progress, silent
from llmlab.view import Chart, Record, View, stated_once


class Pair(Struct, frozen=True):
    """Two sentences that differ in what makes one of them good."""

    good: Filled
    bad: Filled
    group: str = ""

    def __post_init__(self) -> None:
        numbers = [text for text in (self.good, self.bad) if text.strip().isdecimal()]
        if len(numbers) == 1 and any(map(str.isalpha, self.good + self.bad)):
            raise ValueError(tr("a number and a text are no pair"))

    def record(self) -> Record:
        """What a record of it begins with."""
        return {"sentence_good": self.good, "sentence_bad": self.bad, "group": self.group}


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

    def record(self, origin: Provenance) -> Record:
        return {
            **self.pair.record(),
            "logprob_good_nats": finite(self.good_logprob),
            "logprob_bad_nats": finite(self.bad_logprob),
            "margin_nats": finite(self.margin),
            "right": self.right,
            **origin.columns,
        }


@dataclass(frozen=True)
class Pairs(Shown):
    """The outcomes of a set of pairs, in the order given."""

    outcomes: tuple[Outcome, ...]
    origin: Provenance

    @cached_property
    def _tally(self) -> PairsTally:
        return PairsTally.of(self.records())

    def views(self) -> list[View]:
        return self._tally.views()

    def records(self) -> list[Record]:
        return [one.record(self.origin) for one in self.outcomes]

    def chart(self) -> Chart:
        return of_pairs(self)

    def document(self) -> Record:
        shared = self.origin.columns
        groups = [{"group": name or "all", **share.record()} for name, share in self.shares()]
        return {**shared, "groups": groups, "pairs": stated_once(shared, self.records())}

    def values(self) -> list[str]:
        return self._tally.values()

    def shares(self) -> list[tuple[str, Share]]:
        """How often the good sentence is the likelier one, in every group, then ("") in all."""
        return self._tally.shares()


def judge(model: CausalLM, pairs: Sequence[Pair], *, allow_special: bool = False, progress: Progress = silent) -> Pairs:
    """Score every pair. Raises MisuseError for an empty sentence."""
    texts = [text for pair in pairs for text in (pair.good, pair.bad)]
    totals = [one.total for one in score(model, texts, allow_special=allow_special, progress=progress)]
    found = zip(pairs, totals[::2], totals[1::2], strict=True)
    return Pairs(tuple(Outcome(*one) for one in found), of_text(model.info))


def marked(model: CausalLM, pairs: Sequence[Pair]) -> list[tuple[str, bool]]:
    """The group of each pair, and whether it is right. Raises MisuseError for an empty sentence."""
    return [(one.pair.group, one.right) for one in judge(model, pairs).outcomes]
