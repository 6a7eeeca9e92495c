"""Why two vectors are near: what each dimension adds to their similarity."""

from dataclasses import dataclass

import numpy as np

from llmlab.arrays import Doubles
from llmlab.errors import MisuseError
from llmlab.lab.vectors import named
from llmlab.lab.vectors.embed import Embeddings
from llmlab.render.safe import visible
from llmlab.view import Bar, Cell, Column, Record, View, stated_once

SHOWN = 10


@dataclass(frozen=True)
class Why:
    """Two vectors and what their dimensions add to the metric, the largest part first."""

    pair: Embeddings
    parts: Doubles  # [D]

    @property
    def _order(self) -> list[int]:
        return list(map(int, np.argsort(-np.abs(self.parts), kind="stable")))

    def views(self) -> list[View]:
        a, b = (visible(label) for label in self.pair.labels)
        metric = self.pair.metric
        columns = (Column("dimension", wide=True), Column(a, True), Column(b, True), Column("part", True), Column(""))
        order, total = self._order, float(self.parts.sum())
        largest = float(np.abs(self.parts).max()) or 1.0
        rows: list[list[Cell]] = [
            [*self._cells(place), f"{self.parts[place]:+.4f}", Bar(abs(float(self.parts[place])) / largest)]
            for place in order[:SHOWN]
        ]
        if rest := order[SHOWN:]:
            rows.append([f"{len(rest)} others", "", "", f"{float(self.parts[rest].sum()):+.4f}", ""])
        rows.append([metric.whole or metric.name, "", "", f"{total:+.4f}", ""])
        score = float(self.pair.matrix[0, 1])
        said = f"{metric.name} of {a} and {b}: {score:.4f}; the parts sum to {metric.whole or 'it'}"
        return [View("", columns, rows, (said, metric.statement, *self.pair.notes, self.pair.origin.line))]

    def records(self) -> list[Record]:
        names = self._names
        one, other = self.pair.vectors.astype(np.float64)
        return [
            {
                "rank": rank,
                "dimension": names[place],
                "a": self.pair.labels[0],
                "b": self.pair.labels[1],
                "value_a": float(one[place]),
                "value_b": float(other[place]),
                "part": float(self.parts[place]),
                "metric": self.pair.metric.name,
                **self.pair.origin.columns,
            }
            for rank, place in enumerate(self._order, 1)
        ]

    def document(self) -> Record:
        metric = self.pair.metric
        shared = {"a": self.pair.labels[0], "b": self.pair.labels[1], "metric": metric.name, **self.pair.origin.columns}
        score = {"score": float(self.pair.matrix[0, 1]), "formula": metric.formula, "sum": float(self.parts.sum())}
        return {**shared, **score, "dimensions": stated_once(shared, self.records())}

    def values(self) -> list[str]:
        """The dimension that adds most."""
        return [self._names[self._order[0]]]

    @property
    def _names(self) -> list[str]:
        return named.names(self.pair.dimensions, self.pair.vectors.shape[1])

    def _cells(self, place: int) -> list[Cell]:
        return [self._names[place], *(f"{vector[place]:+.4f}" for vector in self.pair.vectors)]


def explain(pair: Embeddings) -> Why:
    """What each dimension adds to the metric of two vectors. Raises MisuseError for another number of them."""
    if len(pair.labels) != 2:
        raise not_two()
    one, other = pair.vectors.astype(np.float64)
    if pair.metric.name == "cosine" and not (one.any() and other.any()):
        raise MisuseError("the cosine of a zero vector is undefined", "use --metric l2")
    return Why(pair, pair.metric.parts(one, other))


def not_two() -> MisuseError:
    return MisuseError("why explains the similarity of two", "give two words or texts: llmlab why king queen")
