"""Which of several words does not belong: the one least similar to the mean of all."""

from dataclasses import dataclass

import numpy as np

from llmlab.lab.arithmetic import odd
from llmlab.lab.embedding import Embeddings
from llmlab.lab.text import visible
from llmlab.view import Bar, Cell, Column, Record, View, stated_once


@dataclass(frozen=True)
class OddOneOut:
    """Each word's cosine to the mean of all, the least first."""

    words: Embeddings

    def views(self) -> list[View]:
        columns = (Column("word", wide=True), Column("cosine to the mean", True), Column(""))
        rows: list[list[Cell]] = [
            [visible(word), f"{value:.4f}", Bar(max(value, 0.0))] for word, value in self._ranked()
        ]
        note = f"{visible(self._ranked()[0][0])} does not belong; the mean is of vectors at length 1"
        return [View("", columns, rows, (note, self.words.caption))]

    def records(self) -> list[Record]:
        return [
            {"rank": rank, "word": word, "cosine_to_mean": value, "odd": rank == 1, **self.words.source}
            for rank, (word, value) in enumerate(self._ranked(), 1)
        ]

    def document(self) -> Record:
        shared = {"odd": self._ranked()[0][0], **self.words.source}
        return {**shared, "words": stated_once(self.words.source, self.records())}

    def _ranked(self) -> list[tuple[str, float]]:
        _, similarities = odd(self.words.vectors.astype(np.float64))
        order = np.argsort(similarities, kind="stable")
        return [(self.words.labels[i], float(similarities[i])) for i in order]
