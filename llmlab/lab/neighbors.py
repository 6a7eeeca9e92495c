"""The nearest words by a distance function.

The index proposes by float32 scores; the proposals are ranked again in float64, ties by vocabulary order, so
that the ranking is the one brute force gives. The same holds for all words within a distance.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from llmlab.backends.base import Floats, Ints
from llmlab.errors import MisuseError
from llmlab.lab.arithmetic import EPSILON, Term, combine, multiply
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
    method: str = ""  # another score than the metric's: 3CosMul
    radius: float | None = None  # all words within it were asked for

    def views(self) -> list[View]:
        columns = (Column("#", True), Column("word", wide=True), Column(self.method or self.metric.name, True))
        rows: list[list[Cell]] = [[one.rank, visible(one.word), f"{one.score:.4f}"] for one in self.neighbors]
        formula = f"{self.metric.name} = {self.metric.formula}, {self.metric.nearer} is nearer"
        notes = [f"3CosMul = product of (1 + cosine) / 2, divided by that of the words with -, plus {EPSILON:g}"]
        notes = notes if self.method else [formula]
        if self.radius is not None:
            bound = "at most" if self.metric.ascending else "at least"
            notes.insert(0, f"{len(self.neighbors):,} words with {self.metric.name} {bound} {self.radius:g}")
        return [View(f"nearest to {visible(self.query.text)}", columns, rows, (*notes, origin(self.space)))]

    def records(self) -> list[Record]:
        return [
            {
                "query": self.query.text,
                "rank": one.rank,
                "word": one.word,
                "score": one.score,
                "metric": self.method or self.metric.name,
                **provenance(self.space),
            }
            for one in self.neighbors
        ]

    def document(self) -> Record:
        own = [{"rank": one.rank, "word": one.word, "score": one.score} for one in self.neighbors]
        metric: Record = {"metric": self.metric.name, "formula": self.metric.formula, "nearer": self.metric.nearer}
        metric |= {"method": self.method or None, "radius": self.radius}
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
    return Neighbors(query, metric, _listed(space, *_ranked(space, query, k, metric)), space)


def within(space: SpaceFiles, query: Query, radius: float, metric_name: str) -> Neighbors:
    """All words at most so far, or at least so similar; nearest first. The query's own word is not among them.

    Raises MisuseError for a radius that is no number, or cosine of the zero vector.
    """
    metric = METRICS[metric_name]
    if not np.isfinite(radius):
        raise MisuseError(f"{radius:g} is no distance", "give a number, for example --within 0.6")
    if metric_name == "cosine" and not query.vector.any():
        raise MisuseError("the cosine of a zero vector is undefined", "use --metric l2")
    rows = space.within(query.vector, radius, metric.name)
    scores = metric.score(query.vector.astype(np.float64), space.rows(rows).astype(np.float64))
    inside = scores <= radius if metric.ascending else scores >= radius
    keep = inside & ~np.isin(rows, query.own)
    rows, scores = rows[keep], scores[keep]
    order = _order(rows, scores, metric)
    return Neighbors(query, metric, _listed(space, rows[order], scores[order]), space, radius=radius)


def by_product(space: SpaceFiles, text: str, terms: Sequence[Term], queries: Sequence[Query], k: int) -> Neighbors:
    """The k best words of a sum by 3CosMul. Raises MisuseError for k < 1 or a zero vector."""
    if k < 1:
        raise MisuseError(f"k = {k} asks for no neighbour", "give -k 1 or more")
    rows, scores = multiply(space, terms, queries, k)
    query = combine(text, terms, queries, unit=True)
    return Neighbors(query, METRICS["cosine"], _listed(space, rows, scores), space, method="3CosMul")


def _listed(space: SpaceFiles, rows: Ints, scores: Doubles) -> tuple[Neighbor, ...]:
    return tuple(Neighbor(i + 1, space.words[int(rows[i])], float(scores[i]), int(rows[i])) for i in range(len(rows)))


def _order(rows: Ints, scores: Doubles, metric: Metric) -> Ints:
    """Nearest first, ties by vocabulary order; parallel vectors have one cosine, whatever its last bit."""
    rounded = np.round(scores, 12)
    return np.lexsort((rows, rounded if metric.ascending else -rounded))


def _ranked(space: SpaceFiles, query: Query, k: int, metric: Metric) -> tuple[Ints, Doubles]:
    """Rows and float64 scores of the k nearest, asking the index for more until rounding cannot hide a row."""
    wanted = k + len(query.own) + MARGIN
    while True:
        proposed, rows = space.search(query.vector, wanted, metric.name)
        scores = metric.score(query.vector.astype(np.float64), space.rows(rows).astype(np.float64))
        own = np.isin(rows, query.own)
        rows, scores, others = rows[~own], scores[~own], proposed[~own]
        known = np.isfinite(scores)  # a zero vector has no cosine
        rows, scores, others = rows[known], scores[known], others[known]
        order = _order(rows, scores, metric)[:k]
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
