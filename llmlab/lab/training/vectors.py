"""What a training has made of a text's words: the table at each moment, and where a few words stood in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from llmlab.arrays import Doubles, Ints, unit_rows
from llmlab.errors import MisuseError
from llmlab.lab.provenance import Provenance, of_space
from llmlab.lab.shown import Shown
from llmlab.lab.text import quoted
from llmlab.lab.training.charts.vectors import moving
from llmlab.lab.training.word_sentences import MET, Corpus
from llmlab.lab.vectors.map import onto
from llmlab.lab.vectors.neighbors import Neighbors, nearest
from llmlab.language import later, tr
from llmlab.render.safe import visible
from llmlab.spaces.lookup import Query, row_of
from llmlab.spaces.space import Space
from llmlab.view import Cell, Chart, Column, Record, View, stated_once

WATCHED, MOST_WATCHED = 12, 60  # words
EVERYWHERE = 12  # of so many words the most frequent stands near all others: that, there, will
SHORT, SHORT_HAN = 4, 2  # letters of a word that is watched unasked: shorter ones are mostly the, of, in
NEAREST, SHOWN = 5, 3
TEN, ASKED = 10, 200  # neighbours that are compared from moment to moment; most frequent words of which it is done

LIKE_BEFORE = later(
    "At the end {word} has {near} nearest; of the ten nearest to each word, {share:.0%} were that before training."
)
LIKE_AFTER = later(
    "At the end {word} has {near} nearest; of the ten nearest to each word, {share:.0%} were that after {read:,} words."
)


@dataclass(frozen=True)
class Moment:
    """A table that was kept."""

    space: Space
    passes: float  # how often the text had been read
    like_last: float  # share of the ten nearest words that are those of the last table
    nearest: tuple[Neighbors, ...]  # of each watched word

    @property
    def words_read(self) -> int:
        return self.space.facts.words_read


@dataclass(frozen=True)
class TrainedVectors(Shown):
    """The tables of a training, the last one last, and the watched words in them."""

    moments: tuple[Moment, ...]
    words: tuple[str, ...]
    counts: tuple[int, ...]  # of these words in the text

    @property
    def last(self) -> Moment:
        return self.moments[-1]

    @property
    def name(self) -> str:
        return self.last.space.facts.name

    @property
    def origin(self) -> Provenance:
        return of_space(self.last.space)

    @cached_property
    def places(self) -> tuple[Doubles, tuple[float, float]]:
        """Where each word was at each moment, [moments, words, 2], and the share of the last's variance on each axis.

        The plane is that of the last table's principal components for all; rows are taken at length 1.
        """
        tables = [unit_rows(one.space.rows(np.array(self._rows))) for one in self.moments]
        placed = [onto(table, tables[-1]) for table in tables]
        return np.array([xy for xy, _ in placed]), placed[-1][1]

    @property
    def _rows(self) -> list[int]:
        found = [row_of(self.last.space, word) for word in self.words]
        return [row for row in found if row is not None]

    @property
    def conclusion(self) -> str:
        word, found = self.words[0], self.last.nearest[0]
        near = tr(" and ").join(quoted(one.word) for one in found.neighbors[:2])
        if len(self.moments) == 1:
            return tr("At the end {word} has {near} nearest.", word=quoted(word), near=near)
        first = self.moments[0]
        return tr(
            LIKE_AFTER if first.words_read else LIKE_BEFORE,
            word=quoted(word),
            near=near,
            share=first.like_last,
            read=first.words_read,
        )

    @property
    def how(self) -> str:
        """What was done, in a line."""
        facts = self.last.space.facts
        return tr(
            "{model} on {text}: {count:,} words x {dimension}",
            model=facts.model,
            text=facts.vocabulary,
            count=len(self.last.space.words),
            dimension=facts.dimension,
        )

    def views(self) -> list[View]:
        columns = (
            Column(tr("space"), wide=True),
            Column(tr("words read"), True, means=tr("each time that the text is read counted")),
            Column(tr("passes"), True, means=tr("through the text")),
            Column(tr("like the last"), True, means=tr("share of the ten nearest that are the last's")),
        )
        rows: list[list[Cell]] = [
            [visible(one.space.facts.name), f"{one.words_read:,}", f"{one.passes:.3g}", f"{one.like_last:.3f}"]
            for one in self.moments
        ]
        how = [one for one in self.last.space.facts.training if not one.startswith("engine ")]  # a version
        notes = (", ".join(how), self.origin.line)
        return [View(self.how, columns, rows, (), self.conclusion), self._words_view(notes)]

    def _words_view(self, notes: tuple[str, ...]) -> View:
        """The watched words and their nearest, in the first table and in the last."""
        some = [self.last] if len(self.moments) == 1 else [self.moments[0], self.last]
        columns = [Column(tr("word"), wide=True), Column(tr("met"), True, means=tr("times in the text"))]
        columns += [Column(tr("nearest in {space}", space=one.space.facts.name), wide=True) for one in some]
        rows: list[list[Cell]] = []
        for place, (word, count) in enumerate(zip(self.words, self.counts, strict=True)):
            near = [" ".join(visible(one.word) for one in at.nearest[place].neighbors[:SHOWN]) for at in some]
            rows.append([visible(word), f"{count:,}", *near])
        return View("", tuple(columns), rows, notes)

    def records(self) -> list[Record]:
        return [{**self._moment(at), **one} for at in range(len(self.moments)) for one in self._words(at)]

    def document(self) -> Record:
        moments = [{**self._moment(at), "words": self._words(at)} for at in range(len(self.moments))]
        shared = {**self.origin.columns, "training": list(self.last.space.facts.training)}
        del shared["space"]
        return {"name": self.name, **shared, "moments": stated_once(shared, moments)}

    def values(self) -> list[str]:
        return [one.space.facts.name for one in self.moments]

    def chart(self) -> Chart:
        return moving(self)

    def _moment(self, at: int) -> Record:
        one = self.moments[at]
        known = {"words_read": one.words_read, "passes": one.passes, "like_last": one.like_last}
        return {"name": self.name, **of_space(one.space).columns, **known}

    def _words(self, at: int) -> list[Record]:
        places = self.places[0][at].tolist()
        return [
            {
                "word": word,
                "count": count,
                "nearest": [one.word for one in found.neighbors],
                "cosines": [one.score for one in found.neighbors],
                "pc1": x,
                "pc2": y,
            }
            for word, count, found, (x, y) in zip(
                self.words, self.counts, self.moments[at].nearest, places, strict=True
            )
        ]


def watched(corpus: Corpus, asked: Sequence[str], file: str) -> tuple[str, ...]:
    """The words to watch: those asked for, or frequent ones, but for the most frequent, which stand near every word.

    Raises MisuseError for one that the text does not hold, or too seldom.
    """
    if len(asked) > MOST_WATCHED:
        said = tr("{count} words are too many to watch", count=len(asked))
        raise MisuseError(said, tr("give at most {most}", most=MOST_WATCHED))
    for word in asked:
        if word not in corpus.counts:
            said = tr("{file} has no {word!r} that is met {met} times or more", file=file, word=word, met=MET)
            raise MisuseError(said, tr("watch another word"))
    if asked:
        return tuple(dict.fromkeys(asked))
    long = [word for word in corpus.counts if len(word) >= (SHORT if word.isascii() else SHORT_HAN)]
    found = long or list(corpus.counts)
    return tuple(found[len(found) // EVERYWHERE :][:WATCHED])


def trained_vectors(spaces: Sequence[Space], words: Sequence[str], corpus: Corpus) -> TrainedVectors:
    """What the tables say of some words; the last is that of the end."""
    last = _tens(spaces[-1])
    moments = []
    for space in spaces:
        tens = _tens(space)
        same = float(np.mean([len(np.intersect1d(*both)) for both in zip(tens, last, strict=True)])) / tens.shape[1]
        found = tuple(_nearest(space, word) for word in words)
        moments.append(Moment(space, space.facts.words_read / len(corpus.running), same, found))
    return TrainedVectors(tuple(moments), tuple(words), tuple(corpus.counts[word] for word in words))


def _nearest(space: Space, word: str) -> Neighbors:
    row = row_of(space, word)
    assert row is not None
    return nearest(space, Query(word, space.vector(row), row), NEAREST, "cosine")


def _tens(space: Space) -> Ints:
    """The rows of the ten nearest words to each of the most frequent, in no order, [words, 10]."""
    count = len(space.words)
    unit = unit_rows(space.rows(np.arange(count)))  # [V, D]
    scores = unit[:ASKED] @ unit.T
    scores[np.arange(len(scores)), np.arange(len(scores))] = -np.inf
    ten = min(TEN, count - 1)
    return np.asarray(np.argpartition(-scores, ten - 1, axis=1)[:, :ten])
