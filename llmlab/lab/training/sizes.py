"""What more text teaches: the same n-gram model of the first 1,000, 10,000, 100,000 sentences of a text.

Each is asked for the same held-out sentences, in bits a character, and for the same minimal pairs. All have the
vocabulary of the largest: a model that knew fewer words would spell more, and be asked another question.
"""

import itertools
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from llmlab.arrays import Doubles
from llmlab.backends.base import CausalLM, ScoreRequest
from llmlab.backends.ngram.tokens import By
from llmlab.errors import MisuseError
from llmlab.lab.provenance import Provenance, of_text
from llmlab.lab.shares import Z95, Share
from llmlab.lab.shown import Shown
from llmlab.lab.text import BITS, number
from llmlab.lab.training.charts.sizes import against_sentences
from llmlab.lab.training.corpus import is_grammar
from llmlab.lab.training.ngram import NgramTraining, train
from llmlab.language import later, tr
from llmlab.names import moment
from llmlab.progress import Progress, silent
from llmlab.render.safe import visible
from llmlab.view import Cell, Chart, Column, Record, View

HELD_OUT, FEWEST = 2_000, 30  # sentences that no size has learned from: as many as these, and never fewer
ALL = later("all")  # the pairs of every group
ONE = later("After {sentences:,} sentences a character of new text costs {rate:.2f} bits.")
ONE_PAIRS = later(
    "After {sentences:,} sentences a character of new text costs {rate:.2f} bits, and {right:.0%} of the pairs are "
    "right."
)
SEVERAL = later(
    "From {sentences:,} to {last:,} sentences, a character of new text goes from {rate:.2f} to {last_rate:.2f} bits."
)
SEVERAL_PAIRS = later(
    "From {sentences:,} to {last:,} sentences, a character of new text goes from {rate:.2f} to {last_rate:.2f} bits, "
    "and from {right:.0%} to {last_right:.0%} of the pairs are right."
)
Exam = Callable[[CausalLM], Sequence[tuple[str, bool]]]  # the group of each minimal pair, and whether it is right


@dataclass(frozen=True)
class HeldOut:
    """What a model says of sentences that it has not learned from."""

    bits: Doubles  # [N] -log2 P(sentence and the end of its line)
    characters: Doubles  # [N] with the end of the line

    @property
    def rate(self) -> float:
        """Bits a character of them all."""
        return float(self.bits.sum() / self.characters.sum())

    @property
    def interval(self) -> tuple[float, float]:
        """95 % by the variance of a ratio of two sums over sentences (Cochran 1977, Sampling Techniques, 6.4)."""
        count = len(self.bits)
        spread = self.bits - self.rate * self.characters
        error = math.sqrt(count / (count - 1) * float((spread**2).sum())) / float(self.characters.sum())
        return self.rate - Z95 * error, self.rate + Z95 * error


@dataclass(frozen=True)
class Size:
    """A model of so many sentences, and how it does."""

    sentences: int
    held_out: HeldOut
    shares: tuple[tuple[str, Share], ...]  # group of pairs -> how many are right; all of them first
    origin: Provenance


@dataclass(frozen=True)
class Sizes(Shown):
    """The sizes of a text, the smallest first."""

    name: str  # of the largest model
    text: str  # what it is trained on is called
    sizes: tuple[Size, ...]
    trained: tuple[NgramTraining, ...] = field(repr=False, compare=False)

    def views(self) -> list[View]:
        first, *_ = self.sizes
        columns = [
            Column(tr("sentences"), True),
            Column(tr("bits"), True, means=tr("bits a character of held-out text; fewer is better")),
            Column("95 %", means=tr("where the true figure lies, 95 times of 100")),
        ]
        pairs = [Column(tr("pairs"), True, means=tr("pairs whose good sentence is the likelier")), Column("95 %")]
        rows = [[f"{one.sentences:,}", *_rated(one), *_shared(one)] for one in self.sizes]
        shown = tuple(columns + pairs) if first.shares else tuple(columns)
        title = tr("{text}: what more text teaches", text=self.text)
        views = [View(title, shown, rows, tuple(self._notes()), self._conclusion())]
        return [*views, *([self._groups()] if len(first.shares) > 1 else [])]

    def _notes(self) -> list[str]:
        held = self.sizes[0].held_out
        notes = [
            tr(
                "held out: {sentences:,} sentences of {characters:,} characters, line ends among them, that none of "
                "them has learned from",
                sentences=len(held.bits),
                characters=int(held.characters.sum()),
            )
        ]
        if is_grammar(self.text):
            notes.append(tr("{text}: sentences made by rules, no natural text", text=self.text))
        origin = self.sizes[-1].origin.line
        return [*notes, tr("all have the vocabulary of the largest; {origin}", origin=origin)]

    def _groups(self) -> View:
        """Each group of pairs at each size."""
        columns = [Column(tr("pairs"), wide=True), *(Column(f"{one.sentences:,}", True) for one in self.sizes)]
        rows: list[list[Cell]] = [
            [
                tr(ALL) if group == ALL else visible(group),
                *(f"{dict(one.shares)[group].share:.0%}" for one in self.sizes),
            ]
            for group, _ in self.sizes[0].shares
        ]
        return View(tr("pairs that are right, by the sentences learned from"), tuple(columns), rows)

    def _conclusion(self) -> str:
        first, last = self.sizes[0], self.sizes[-1]
        told = {"sentences": first.sentences, "rate": first.held_out.rate}
        if first.shares:
            told["right"] = first.shares[0][1].share
        if len(self.sizes) == 1:
            return tr(ONE_PAIRS if first.shares else ONE, **told)
        told |= {"last": last.sentences, "last_rate": last.held_out.rate}
        if last.shares:
            told["last_right"] = last.shares[0][1].share
        return tr(SEVERAL_PAIRS if last.shares else SEVERAL, **told)

    def records(self) -> list[Record]:
        """A record a size and a group of pairs."""
        return [
            {**self._facts(one), "group": group, **share.record(), **one.origin.columns}
            if share
            else {**self._facts(one), **one.origin.columns}
            for one in self.sizes
            for group, share in (one.shares or (("", None),))
        ]

    def document(self) -> Record:
        sizes = [
            {
                **self._facts(one),
                "pairs": [{"group": group, **share.record()} for group, share in one.shares],
                **one.origin.columns,
            }
            for one in self.sizes
        ]
        return {"name": self.name, "text": self.text, "sizes": sizes}

    def values(self) -> list[str]:
        """Bits a character, a line a size."""
        return [repr(one.held_out.rate) for one in self.sizes]

    def chart(self) -> Chart:
        return against_sentences(self)

    def _facts(self, one: Size) -> Record:
        low, high = one.held_out.interval
        return {
            "text": self.text,
            "sentences": one.sentences,
            "held_out_sentences": len(one.held_out.bits),
            "held_out_characters": int(one.held_out.characters.sum()),
            "bits_per_character": one.held_out.rate,
            "bits_low": low,
            "bits_high": high,
        }


def check(sizes: Sequence[int]) -> None:
    """Raise MisuseError for what are no sizes, the smallest first."""
    if not sizes or min(sizes) < 1 or list(sizes) != sorted(set(sizes)):
        raise MisuseError(
            tr("the sizes are not some that grow"), tr("for example {example}", example="--sizes 1000,10000,100000")
        )


def train_sizes(
    lines: Iterable[str],
    sizes: Sequence[int],
    exam: Exam | None = None,
    name: str = "ngram",
    text: str = "text",
    *,
    order: int = 3,
    by: By = "word",
    min_count: int = 2,
    progress: Progress = silent,
) -> Sizes:
    """Train on the first so many lines, for each size, and test on lines after the largest that are not among them.

    `exam` asks a model about minimal pairs. The largest model has the name, the others name@size. Raises MisuseError
    where the text has too few lines.
    """
    check(sizes)
    learned, held = _parted(lines, sizes[-1], text)
    how = {"order": order, "by": by, "min_count": min_count}
    largest = train(learned, name, text, **how)  # type: ignore[arg-type]
    smaller = [
        train(learned[:size], moment(name, size), text, **how, vocabulary=largest.vocabulary)  # type: ignore[arg-type]
        for size in sizes[:-1]
    ]
    trained = (*smaller, largest)
    measured = []
    for size, one in zip(sizes, trained, strict=True):
        measured.append(Size(size, score(one.lm, held), _right(exam(one.lm) if exam else ()), of_text(one.lm.info)))
        progress(len(measured), len(sizes))
    return Sizes(name, text, tuple(measured), trained)


def _parted(lines: Iterable[str], most: int, text: str) -> tuple[list[str], list[str]]:
    """The sentences that the largest size learns from, and those after them that it has not met.

    Raises MisuseError for too few of either.
    """
    rest = iter(lines)
    learned = list(itertools.islice(rest, most))
    if len(learned) < most:
        said = tr("{text} holds {count:,} sentences, and not {wanted:,}", text=text, count=len(learned), wanted=most)
        raise MisuseError(said, tr("give smaller --sizes"))
    met = set(learned)
    held = list(itertools.islice((line for line in rest if line not in met), HELD_OUT))
    if len(held) < FEWEST:
        said = tr(
            "after {sentences:,} sentences {text} holds {count} new ones, and the test takes {fewest}",
            sentences=most,
            text=text,
            count=len(held),
            fewest=FEWEST,
        )
        raise MisuseError(said, tr("give smaller --sizes"))
    return learned, held


def score(model: CausalLM, sentences: Sequence[str]) -> HeldOut:
    """Each sentence and the end of its line, from BOS on."""
    written = [f"{sentence}\n" for sentence in sentences]
    found = model.score([ScoreRequest(model.encode(line)) for line in written])
    bits = np.array([-math.fsum(one.logprobs) * BITS for one in found])  # [N]
    return HeldOut(bits, np.array([float(len(line)) for line in written]))


def _right(marks: Sequence[tuple[str, bool]]) -> tuple[tuple[str, Share], ...]:
    """All pairs, and each group of them."""
    parts = {ALL: [right for _, right in marks]} if marks else {}
    for group, right in marks:
        if group:
            parts.setdefault(group, []).append(right)
    return tuple((group, Share(sum(own), len(own))) for group, own in parts.items())


def _rated(one: Size) -> list[Cell]:
    low, high = one.held_out.interval
    return [number(one.held_out.rate), f"{number(low)} - {number(high)}"]


def _shared(one: Size) -> list[Cell]:
    """The share of all pairs and its interval, where there are pairs."""
    if not one.shares:
        return []
    share, interval, _ = one.shares[0][1].cells()
    return [share, interval]
