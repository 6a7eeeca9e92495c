"""Which of several words does not belong: the one least similar to the mean of all.

Vectors are taken at length 1, as in gensim's doesnt_match.
"""

from dataclasses import dataclass

import numpy as np

from llmlab.arrays import Doubles, Floats, unit_rows
from llmlab.errors import MisuseError
from llmlab.lab.shown import Shown
from llmlab.lab.text import quoted
from llmlab.lab.vectors.charts.odd import similarities_to_the_mean
from llmlab.lab.vectors.embed import Embeddings
from llmlab.language import tr
from llmlab.render.safe import visible
from llmlab.view import Bar, Cell, Chart, Column, Record, View, stated_once


@dataclass(frozen=True)
class Odd(Shown):
    """Each word's cosine to the mean of all, the least first."""

    words: Embeddings
    similarities: Doubles  # [N]

    def views(self) -> list[View]:
        columns = (
            Column(tr("word"), wide=True),
            Column(tr("cosine to the mean"), True, means=tr("of all, of vectors at length 1")),
            Column(""),
        )
        rows: list[list[Cell]] = [
            [visible(word), f"{value:z.4f}", Bar(max(value, 0.0))] for word, value in self._ranked()
        ]
        (odd, least), *_ = self._ranked()
        conclusion = tr(
            "{word} does not belong: it is the least like the mean of all (cosine {cosine}).",
            word=quoted(odd),
            cosine=f"{least:z.4f}",
        )
        return [View("", columns, rows, (self.words.origin.line,), conclusion)]

    def records(self) -> list[Record]:
        return [
            {"rank": rank, "text": word, "cosine_to_mean": value, "odd": rank == 1, **self.words.origin.columns}
            for rank, (word, value) in enumerate(self._ranked(), 1)
        ]

    def document(self) -> Record:
        shared = {"odd": self._ranked()[0][0], **self.words.origin.columns}
        return {**shared, "words": stated_once(self.words.origin.columns, self.records())}

    def values(self) -> list[str]:
        return [self._ranked()[0][0]]

    def chart(self) -> Chart:
        return similarities_to_the_mean(self)

    def _ranked(self) -> list[tuple[str, float]]:
        order = np.argsort(self.similarities, kind="stable")
        return [(self.words.labels[i], float(self.similarities[i])) for i in order]


def odd_one_out(words: Embeddings) -> Odd:
    """How similar each word is to the mean of all. Raises MisuseError for fewer than three, and for a zero vector."""
    found = similarities(words.vectors)
    if not (directed := words.vectors.any(axis=1)).all():
        hint = tr("leave out {word}", word=quoted(words.labels[int(directed.argmin())]))
        raise MisuseError(tr("the cosine of a zero vector is undefined"), hint)
    return Odd(words, found)


def similarities(vectors: Floats | Doubles) -> Doubles:
    """The cosine of each of several vectors [N, D] to their mean, [N]; the least does not belong."""
    if len(vectors) < 3:
        raise too_few()
    unit = unit_rows(vectors)
    return np.asarray(unit @ unit_rows(unit.mean(axis=0)[None])[0])


def too_few() -> MisuseError:
    hint = tr("give three words or more, for example llmlab odd cat dog car")
    return MisuseError(tr("one of two is never odd"), hint)
