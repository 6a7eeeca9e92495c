"""An n-gram model of a text: what follows what is counted, and the counts are smoothed by Kneser and Ney.

The formulas and their source are those of backends/ngram/kneser_ney.py. A line is a sentence: its first word is counted
after BOS, and its end is a token.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from llmlab.backends.ngram import stored
from llmlab.backends.ngram.kneser_ney import KneserNey, count
from llmlab.backends.ngram.model import NgramLM
from llmlab.backends.ngram.tokens import BOS, BYTE, END, By, Vocabulary, units
from llmlab.errors import MisuseError
from llmlab.lab.provenance import of_text
from llmlab.lab.shown import Shown
from llmlab.lab.text import many
from llmlab.lab.training.charts import ngram as charts
from llmlab.language import later, tr, tr_many
from llmlab.view import Cell, Chart, Column, Record, View, stated_once

LONGEST = 9  # tokens of an n-gram
FORMULA = (
    later("P(w|h) = max(c(hw) - D, 0) / c(h) + γ(h) P(w|h'), where h' is h without its first token"),
    later(
        "γ(h) = (D1 N1(h) + D2 N2(h) + D3 N3(h)) / c(h), where Nk(h) is how many tokens follow h k times, N3 three or "
        "more"
    ),
    later("Y = n1 / (n1 + 2 n2); D1 = 1 - 2 Y n2/n1; D2 = 2 - 3 Y n3/n2; D3 = 3 - 4 Y n4/n3, for counts of 3 or more"),
)
SOURCE = later("interpolated modified Kneser-Ney (Chen and Goodman 1998)")

ONE_WORD = later("{text} holds one word, and nothing follows it")
ONE_CHARACTER = later("{text} holds one character, and nothing follows it")
RARE_WORDS = later("{count:,} words seen fewer than {least} times are spelled by their characters")
RARE_CHARACTERS = later("{count:,} characters seen fewer than {least} times are spelled by their bytes")


@dataclass(frozen=True)
class NgramTraining(Shown):
    """What was counted, and the model that it makes."""

    name: str  # of the model
    text: str  # what it was trained on is called
    min_count: int
    sentences: int
    tokens: int  # that were predicted: ends of lines are, BOS is not
    characters: int  # without line ends
    spelled: int  # words, or characters, that are spelled for they are too rare
    vocabulary: Vocabulary = field(repr=False)
    counts: KneserNey = field(repr=False, compare=False)

    @cached_property
    def revision(self) -> str:
        return stored.revision(self.vocabulary, self.counts)

    @cached_property
    def lm(self) -> NgramLM:
        """The model, to be asked at once."""
        return NgramLM(self.vocabulary, self.counts, self.name, self.revision)

    def views(self) -> list[View]:
        columns = (
            Column("n", True, means=tr("tokens of an n-gram")),
            Column(tr("n-grams"), True, means=tr("different ones that were seen")),
            *(Column(f"n{k}", True, means=tr("of those, with the count {count}", count=k)) for k in (1, 2, 3, 4)),
            *(Column(f"D{k}", True, means=tr("taken off a count of {count}", count=k)) for k in (1, 2)),
            Column("D3", True, means=tr("taken off a count of 3 or more")),
        )
        rows: list[list[Cell]] = [
            [n, f"{self._seen(n):,}", *(f"{one:,}" for one in own.seen), *(f"{one:.3f}" for one in own.values)]
            for n, own in enumerate(self.counts.discounts, 1)
        ]
        notes = (*map(tr, FORMULA), *self._notes(), tr(SOURCE), of_text(self.lm.info).line)
        title = tr("{name}: a {order}-gram model", name=self.name, order=self.counts.order)
        return [View(title, columns, rows, notes, self._conclusion())]

    def records(self) -> list[Record]:
        """A record an order."""
        return [
            {
                **self.facts,
                "n": n,
                "ngrams": self._seen(n),
                "with_count": dict(zip(("1", "2", "3", "4"), own.seen, strict=True)),
                "discounts": dict(zip(("1", "2", "3"), own.values, strict=True)),
                "estimated": own.estimated,
                **self._origin,
            }
            for n, own in enumerate(self.counts.discounts, 1)
        ]

    def document(self) -> Record:
        shared = {**self.facts, **self._origin}
        return {**shared, "orders": stated_once(shared, self.records())}

    def values(self) -> list[str]:
        return [self.name]

    def chart(self) -> Chart:
        """A bar an order, parted by how often its n-grams were seen."""
        return charts.counts_of_counts(self)

    @property
    def facts(self) -> Record:
        """What is true of the whole model."""
        return {
            "name": self.name,
            "text": self.text,
            "by": self.vocabulary.by,
            "order": self.counts.order,
            "min_count": self.min_count,
            "sentences": self.sentences,
            "tokens": self.tokens,
            "characters": self.characters,
            "vocabulary": len(self.vocabulary),
            "words": self.vocabulary.words,
            "spelled": self.spelled,
        }

    @property
    def _origin(self) -> Record:
        return of_text(self.lm.info).columns

    def _seen(self, n: int) -> int:
        return int(np.count_nonzero(self.counts.grams[n - 1].counts))

    def _conclusion(self) -> str:
        n = self.counts.order
        return tr_many(
            "{tokens:,} tokens in {lines} hold {count:,} different {n}-gram; {once:.0%} of them were seen once",
            "{tokens:,} tokens in {lines} hold {count:,} different {n}-grams; {once:.0%} of them were seen once",
            self._seen(n),
            tokens=self.tokens,
            lines=many(self.sentences, "line"),
            n=n,
            once=self.counts.discounts[-1].seen[0] / self._seen(n),
        )

    def _notes(self) -> list[str]:
        """What the vocabulary is, and which discounts stand in."""
        n, size = self.counts.order, len(self.vocabulary)
        found = []
        if n > 1:
            found.append(tr("below n = {n}, c counts the different tokens that stand before an n-gram", n=n))
        last = tr("below the unigrams stands 1 / {count:,}, the same for every token but BOS", count=size - 1)
        return [*found, last, self._parted(), *self._rare(), *self._undefined()]

    def _parted(self) -> str:
        size, words = len(self.vocabulary), self.vocabulary.words
        others = many(size - BYTE - 256 - words, "other character")
        if self.vocabulary.by == "word":
            return tr(
                "{size:,} tokens: BOS, the end of a line, 256 bytes, {others}, {words}",
                size=size,
                others=others,
                words=many(words, "word"),
            )
        return tr("{size:,} tokens: BOS, the end of a line, 256 bytes, {others}", size=size, others=others)

    def _rare(self) -> list[str]:
        if not self.spelled:
            return []
        told = RARE_WORDS if self.vocabulary.by == "word" else RARE_CHARACTERS
        return [tr(told, count=self.spelled, least=self.min_count)]

    def _undefined(self) -> list[str]:
        return [
            tr("n = {n}: the counts leave the discounts undefined; 0.5, 1 and 1.5 stand in", n=n)
            for n, own in enumerate(self.counts.discounts, 1)
            if not own.estimated
        ]


def check(order: int, min_count: int) -> None:
    """Raise MisuseError for an order or a count that is none."""
    if not 1 <= order <= LONGEST:
        said = tr("an n-gram of {order} tokens is not counted", order=order)
        raise MisuseError(said, tr("give --order 1 to {longest}", longest=LONGEST))
    if min_count < 1:
        raise MisuseError(tr("--min-count {count} is below 1", count=min_count), tr("1 keeps every word whole"))


def train(
    lines: Iterable[str],
    name: str = "ngram",
    text: str = "text",
    *,
    order: int = 3,
    by: By = "word",
    min_count: int = 2,
    vocabulary: Vocabulary | None = None,
) -> NgramTraining:
    """Count the n-grams of sentences, a line each; with a `vocabulary` of more text, such as a larger size's.

    Raises MisuseError for too little text, or an order that is none.
    """
    check(order, min_count)
    sentences = [one for line in lines for one in line.split("\n") if one.strip()]
    if not sentences:
        raise MisuseError(tr("{text} holds no text", text=text), tr("give a file with a sentence a line"))
    part = vocabulary.by if vocabulary else by
    cut = [list(units(one, part)) for one in sentences]
    if sum(map(len, cut)) < 2:
        said = ONE_WORD if part == "word" else ONE_CHARACTER
        raise MisuseError(tr(said, text=text), tr("give a file with sentences"))
    chosen = vocabulary or Vocabulary.of(cut, by, min_count)
    ids = np.array([token for one in cut for token in (BOS, *chosen.encode_units(one), END)], np.int64)
    counts = KneserNey.of(len(chosen), count(ids, len(chosen), order))
    if not len(counts.grams[-1].keys):
        said = tr("no line of {text} has {order} tokens", text=text, order=order)
        raise MisuseError(said, tr("give a smaller --order, or longer lines"))
    return NgramTraining(
        name,
        text,
        min_count,
        len(sentences),
        len(ids) - len(sentences),
        sum(map(len, sentences)),
        chosen.rare(cut),
        chosen,
        counts,
    )


def trained_as(facts: Record, vocabulary: Vocabulary, counts: KneserNey) -> NgramTraining:
    """The same of a model that was kept with its facts."""
    of_text = {
        name: facts[name] for name in ("name", "text", "min_count", "sentences", "tokens", "characters", "spelled")
    }
    return NgramTraining(**of_text, vocabulary=vocabulary, counts=counts)
