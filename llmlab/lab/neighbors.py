"""The nearest words by a distance function.

The index proposes by float32 scores; the proposals are ranked again in float64, ties by vocabulary order, so
that the ranking is the one brute force gives.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from llmlab.backends.base import Floats, Ints
from llmlab.errors import MisuseError
from llmlab.lab.space import Query, origin, provenance
from llmlab.lab.text import visible
from llmlab.store.space import SpaceFiles
from llmlab.view import Cell, Column, Record, View

Doubles = NDArray[np.float64]
MARGIN = 16  # proposals beyond k
ROUNDING = 1e-4  # more than float32 can misplace a score, relative to the scores' scale


@dataclass(frozen=True)
class Metric:
    """A way to compare two vectors a (the query) and b."""

    name: str
    formula: str
    nearer: str  # which way is nearer
    score: Callable[[Doubles, Doubles], Doubles]  # query [D], rows [N, D] -> [N]

    @property
    def ascending(self) -> bool:
        return self.nearer == "lower"


def _cosine(a: Doubles, b: Doubles) -> Doubles:
    lengths = np.linalg.norm(b, axis=1) * np.linalg.norm(a)
    dots = b @ a
    return np.asarray(np.divide(dots, lengths, out=np.full(len(b), -np.inf), where=lengths > 0))


METRICS = {
    metric.name: metric
    for metric in (
        Metric("cosine", "a·b / (|a| |b|)", "higher", _cosine),
        Metric("l2", "sqrt(sum (a - b)^2)", "lower", lambda a, b: np.sqrt(((b - a) ** 2).sum(axis=1))),
        Metric("l1", "sum |a - b|", "lower", lambda a, b: np.abs(b - a).sum(axis=1)),
        Metric("dot", "a·b = sum a_i b_i", "higher", lambda a, b: b @ a),
    )
}


@dataclass(frozen=True)
class Neighbor:
    rank: int
    word: str
    score: float
    row: int


@dataclass(frozen=True)
class Neighbors:
    """The nearest words to a query, nearest first."""

    query: Query
    metric: Metric
    neighbors: tuple[Neighbor, ...]
    space: SpaceFiles

    def views(self) -> list[View]:
        columns = (Column("#", True), Column("word", wide=True), Column(self.metric.name, True))
        rows: list[list[Cell]] = [[one.rank, visible(one.word), f"{one.score:.4f}"] for one in self.neighbors]
        formula = f"{self.metric.name} = {self.metric.formula}, {self.metric.nearer} is nearer"
        return [View(f"nearest to {visible(self.query.text)}", columns, rows, (formula, origin(self.space)))]

    def records(self) -> list[Record]:
        return [
            {
                "query": self.query.text,
                "rank": one.rank,
                "word": one.word,
                "score": one.score,
                "metric": self.metric.name,
                **provenance(self.space),
            }
            for one in self.neighbors
        ]

    def document(self) -> Record:
        own = [{"rank": one.rank, "word": one.word, "score": one.score} for one in self.neighbors]
        metric = {"metric": self.metric.name, "formula": self.metric.formula, "nearer": self.metric.nearer}
        known = {"in_vocabulary": self.query.row is not None}
        return {"query": self.query.text, **known, **metric, **provenance(self.space), "neighbors": own}


def nearest(space: SpaceFiles, query: Query, k: int, metric_name: str) -> Neighbors:
    """The k nearest words; the query's own word is not among them.

    Raises MisuseError for k < 1, an unknown metric, or cosine of the zero vector.
    """
    if metric_name not in METRICS:
        raise MisuseError(f"no metric is called {metric_name!r}", f"one of: {', '.join(METRICS)}")
    if k < 1:
        raise MisuseError(f"k = {k} asks for no neighbour", "give -k 1 or more")
    metric = METRICS[metric_name]
    if metric_name == "cosine" and not query.vector.any():
        raise MisuseError("the cosine of a zero vector is undefined", "use --metric l2")
    rows, scores = _ranked(space, query, k, metric)
    found = (Neighbor(i + 1, space.words[int(rows[i])], float(scores[i]), int(rows[i])) for i in range(len(rows)))
    return Neighbors(query, metric, tuple(found), space)


def _ranked(space: SpaceFiles, query: Query, k: int, metric: Metric) -> tuple[Ints, Doubles]:
    """Rows and float64 scores of the k nearest, asking the index for more until rounding cannot hide a row."""
    wanted = k + MARGIN
    while True:
        proposed, rows = space.search(query.vector, wanted, metric.name)
        scores = metric.score(query.vector.astype(np.float64), space.rows(rows).astype(np.float64))
        own = rows == query.row if query.row is not None else np.zeros(len(rows), bool)
        rows, scores, others = rows[~own], scores[~own], proposed[~own]
        known = np.isfinite(scores)  # a zero vector has no cosine
        rows, scores, others = rows[known], scores[known], others[known]
        rounded = np.round(scores, 12)  # parallel vectors have one cosine, whatever its last bit
        order = np.lexsort((rows, rounded if metric.ascending else -rounded))[:k]
        if wanted >= len(space.words):
            return rows[order], scores[order]
        if len(order) == k:  # fewer, when zero vectors took their places among the proposals
            last = others[order].max() if metric.ascending else others[order].min()
            if abs(proposed[-1] - last) > ROUNDING * _scale(query.vector, space.rows(rows), metric):
                return rows[order], scores[order]
        wanted *= 4


def _scale(query: Floats, rows: Floats, metric: Metric) -> float:
    """The size of the terms that a score sums, which bounds its float32 rounding."""
    if metric.name == "cosine":
        return 1.0
    longest = max(float(np.linalg.norm(query)), float(np.linalg.norm(rows, axis=1).max(initial=0)))
    return longest**2 if metric.name in ("dot", "l2") else longest * float(np.sqrt(len(query)))
