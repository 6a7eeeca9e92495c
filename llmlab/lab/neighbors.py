"""The nearest words by a distance function.

The index proposes by float32 scores; the proposals are ranked again in float64, ties by vocabulary order, so
that the ranking is the one brute force gives. The same holds for all words within a distance.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from llmlab.backends.base import Floats, Ints
from llmlab.errors import MisuseError
from llmlab.lab import named
from llmlab.lab.arithmetic import EPSILON, Term, combine, multiply
from llmlab.lab.filters import Keep
from llmlab.lab.metrics import METRICS, Doubles, Metric
from llmlab.lab.space import Query, origin, provenance
from llmlab.lab.text import visible
from llmlab.store.space import SpaceFiles
from llmlab.view import Cell, Column, Record, View

MARGIN = 16  # proposals beyond k
ROUNDING = 1e-4  # more than float32 can misplace a score, relative to the scores' scale
LONG = 8  # a longer name of a column is folded
SHOWN = 8  # columns of a table that are shown beside the score

Sort = Literal["nearness", "word", "frequency"]


@dataclass(frozen=True)
class Neighbor:
    rank: int
    word: str
    score: float
    row: int | None  # None for a candidate that the space lacks
    values: tuple[float, ...] = ()  # of named dimensions
    frequency: float | None = None  # Zipf, where it was asked for


@dataclass(frozen=True)
class Neighbors:
    """The nearest words to a query, nearest first."""

    query: Query
    metric: Metric
    neighbors: tuple[Neighbor, ...]
    space: SpaceFiles
    method: str = ""  # another score than the metric's: 3CosMul
    radius: float | None = None  # all words within it were asked for
    exact: bool = True

    @property
    def measure(self) -> str:
        """The name of the score."""
        return self.method or self.metric.name

    def sorted(self, by: Sort, frequency: Callable[[str], float] | None = None) -> "Neighbors":
        """The same in another order, with frequencies where they are given; ranks stay those of nearness."""
        found = list(self.neighbors)
        if frequency is not None:
            found = [replace(one, frequency=frequency(one.word)) for one in found]
        if by == "word":
            found.sort(key=lambda one: one.word)
        elif by == "frequency":
            found.sort(key=lambda one: -(one.frequency or 0.0))
        return replace(self, neighbors=tuple(found))

    def views(self) -> list[View]:
        names = self.space.facts.get("dimensions") or []
        shown = named.columns(names)[:SHOWN]
        frequent = any(one.frequency is not None for one in self.neighbors)
        columns = (
            Column("#", True),
            Column("word", wide=True),
            Column(self.measure, True),
            *([Column("zipf", True)] if frequent else []),
            *(Column(name, True, wide=len(name) > LONG) for name in shown),
        )
        rows = [self._row(one, frequent, len(shown)) for one in self.neighbors]
        own = self._own_row(names, frequent, len(shown)) if shown else []
        return [View(f"nearest to {visible(self.query.text)}", columns, own + rows, self.notes())]

    def records(self) -> list[Record]:
        return [
            {
                "query": self.query.text,
                **self._known(one),
                "metric": self.measure,
                **provenance(self.space),
            }
            for one in self.neighbors
        ]

    def document(self) -> Record:
        metric: Record = {"metric": self.metric.name, "formula": self.metric.formula, "nearer": self.metric.nearer}
        metric |= {"method": self.method or None, "radius": self.radius, "exact": self.exact}
        known = {"in_vocabulary": self.query.row is not None}
        own = [self._known(one) for one in self.neighbors]
        return {"query": self.query.text, **known, **metric, **provenance(self.space), "neighbors": own}

    def _known(self, one: Neighbor) -> Record:
        names = self.space.facts.get("dimensions") or []
        values = {"values": dict(zip(names, one.values, strict=True))} if names else {}
        frequency = {} if one.frequency is None else {"zipf": one.frequency}
        return {"rank": one.rank, "word": one.word, "score": one.score, **frequency, **values}

    def _row(self, one: Neighbor, frequent: bool, shown: int) -> list[Cell]:
        zipf: list[Cell] = [f"{one.frequency:.2f}"] if frequent else []
        names = self.space.facts.get("dimensions") or []
        cells = named.cells(names, np.array(one.values))[:shown] if one.values else [""] * shown
        return [one.rank, visible(one.word), f"{one.score:.4f}", *zipf, *cells]

    def _own_row(self, names: Sequence[str], frequent: bool, shown: int) -> list[list[Cell]]:
        """The query's own values, above those of its neighbours."""
        cells = named.cells(names, self.query.vector)[:shown]
        return [["", visible(self.query.text), "", *([""] if frequent else []), *cells]]

    def notes(self) -> tuple[str, ...]:
        product = f"3CosMul = product of (1 + cosine) / 2, divided by that of the words with -, plus {EPSILON:g}"
        notes = [product if self.method else self.metric.statement]
        if self.radius is not None:
            bound = "at most" if self.metric.ascending else "at least"
            notes.insert(0, f"{len(self.neighbors):,} words with {self.metric.name} {bound} {self.radius:g}")
        if not self.exact:
            recall = self.space.facts["recall_at_10"]
            notes.append(f"an approximate index answered: it finds {recall:.1%} of the ten nearest; --exact finds all")
        if (left := len(named.columns(self.space.facts.get("dimensions") or [])) - SHOWN) > 0:
            notes.append(f"{left} more columns are in --format json")
        if any(one.frequency is not None for one in self.neighbors):
            notes.append("zipf: log10 of the times a word is met in a billion words")
        return (*notes, *self.space.facts.get("notes", []), origin(self.space))


def nearest(
    space: SpaceFiles, query: Query, k: int, metric_name: str, keep: Keep | None = None, exact: bool = False
) -> Neighbors:
    """The k nearest words of those that may be kept; the query's own word is not among them.

    `exact` passes over the approximate index of a large space. Raises MisuseError for k < 1, an unknown metric, or
    cosine of the zero vector.
    """
    if metric_name not in METRICS:
        raise MisuseError(f"no metric is called {metric_name!r}", f"one of: {', '.join(METRICS)}")
    if k < 1:
        raise MisuseError(f"k = {k} asks for no neighbour", "give -k 1 or more")
    metric = METRICS[metric_name]
    _refuse_zero(query, metric)
    if space.approximate and metric_name == "cosine" and not exact:
        rows, scores, _ = _proposed(space, query, k + len(query.own) + MARGIN, metric, keep, exact=False)
        if len(rows) >= k:
            return Neighbors(query, metric, _listed(space, rows[:k], scores[:k]), space, exact=False)
    return Neighbors(query, metric, _listed(space, *_ranked(space, query, k, metric, keep)), space)


def within(space: SpaceFiles, query: Query, radius: float, metric_name: str, keep: Keep | None = None) -> Neighbors:
    """All words at most so far, or at least so similar; nearest first. The query's own word is not among them.

    Raises MisuseError for a radius that is no number, or cosine of the zero vector.
    """
    metric = METRICS[metric_name]
    if not np.isfinite(radius):
        raise MisuseError(f"{radius:g} is no distance", "give a number, for example --within 0.6")
    _refuse_zero(query, metric)
    rows = space.within(query.vector, radius, metric.name)
    scores = metric.score(query.vector.astype(np.float64), space.rows(rows).astype(np.float64))
    inside = scores <= radius if metric.ascending else scores >= radius
    able = inside & _able(space, query, rows, keep)
    rows, scores = rows[able], scores[able]
    order = metric.order(scores, rows)
    return Neighbors(query, metric, _listed(space, rows[order], scores[order]), space, radius=radius)


def among(
    space: SpaceFiles, query: Query, candidates: Sequence[Query], metric_name: str, keep: Keep | None = None
) -> Neighbors:
    """The candidates by nearness, ties in the order given. Raises MisuseError for cosine of the zero vector."""
    metric = METRICS[metric_name]
    candidates = [one for one in candidates if keep is None or keep(one.text)]
    if not candidates:
        return Neighbors(query, metric, (), space)
    for one in (query, *candidates):
        _refuse_zero(one, metric)
    vectors = np.stack([one.vector for one in candidates])
    scores = metric.score(query.vector.astype(np.float64), vectors.astype(np.float64))
    order = metric.order(scores, np.arange(len(scores)))
    named_ones = bool(space.facts.get("dimensions"))
    found = tuple(
        Neighbor(
            rank,
            candidates[place].text,
            float(scores[place]),
            candidates[place].row,
            tuple(map(float, vectors[place])) if named_ones else (),
        )
        for rank, place in enumerate(order.tolist(), 1)
    )
    return Neighbors(query, metric, found, space)


def by_product(
    space: SpaceFiles, text: str, terms: Sequence[Term], queries: Sequence[Query], k: int, keep: Keep | None = None
) -> Neighbors:
    """The k best words of a sum by 3CosMul. Raises MisuseError for k < 1 or a zero vector."""
    if k < 1:
        raise MisuseError(f"k = {k} asks for no neighbour", "give -k 1 or more")
    rows, scores = multiply(space, terms, queries, k, keep)
    query = combine(text, terms, queries, unit=True)
    return Neighbors(query, METRICS["cosine"], _listed(space, rows, scores), space, method="3CosMul")


def _refuse_zero(query: Query, metric: Metric) -> None:
    if metric.name == "cosine" and not query.vector.any():
        raise MisuseError("the cosine of a zero vector is undefined", "use --metric l2")


def _listed(space: SpaceFiles, rows: Ints, scores: Doubles) -> tuple[Neighbor, ...]:
    values: list[tuple[float, ...]] = [()] * len(rows)
    if space.facts.get("dimensions"):
        values = [tuple(map(float, vector)) for vector in space.rows(rows)]
    return tuple(
        Neighbor(i + 1, space.words[int(rows[i])], float(scores[i]), int(rows[i]), values[i]) for i in range(len(rows))
    )


def _ranked(space: SpaceFiles, query: Query, k: int, metric: Metric, keep: Keep | None) -> tuple[Ints, Doubles]:
    """Rows and float64 scores of the k nearest, asking the index for more until rounding cannot hide a row."""
    wanted = k + len(query.own) + MARGIN
    while True:
        rows, scores, gap = _proposed(space, query, wanted, metric, keep, exact=True, k=k)
        settled = len(rows) >= k and gap > ROUNDING * _scale(query.vector, space.rows(rows), metric)
        if settled or wanted >= len(space.words):
            return rows[:k], scores[:k]
        wanted *= 4


def _proposed(
    space: SpaceFiles, query: Query, wanted: int, metric: Metric, keep: Keep | None, exact: bool, k: int = 0
) -> tuple[Ints, Doubles, float]:
    """The index's proposals ranked in float64, and how far its k-th kept one lies from its last, by its own score."""
    found, proposals = space.search(query.vector[None], wanted, metric.name, exact)
    able = proposals[0] >= 0
    rows, proposed = proposals[0][able], found[0][able]
    scores = metric.score(query.vector.astype(np.float64), space.rows(rows).astype(np.float64))
    able = np.isfinite(scores) & _able(space, query, rows, keep)  # a zero vector has no cosine
    order = metric.order(scores[able], rows[able])
    rows, scores, own = rows[able][order], scores[able][order], proposed[able][order]
    if not 0 < k <= len(rows):
        return rows, scores, 0.0
    last = own[:k].max() if metric.ascending else own[:k].min()
    return rows, scores, float(abs(proposed[-1] - last))


def _able(space: SpaceFiles, query: Query, rows: Ints, keep: Keep | None) -> "np.typing.NDArray[np.bool_]":
    """Which rows may be neighbours: not the query's own, and those whose word is kept."""
    able = ~np.isin(rows, query.own)
    if keep is not None:
        able[able] = [keep(space.words[int(row)]) for row in rows[able]]
    return able


def _scale(query: Floats, rows: Floats, metric: Metric) -> float:
    """The size of the terms that a score sums, which bounds its float32 rounding."""
    if metric.name == "cosine":
        return 1.0
    longest = max(float(np.linalg.norm(query)), float(np.linalg.norm(rows, axis=1).max(initial=0)))
    return longest**2 if metric.name in ("dot", "l2") else longest * float(np.sqrt(len(query)))
