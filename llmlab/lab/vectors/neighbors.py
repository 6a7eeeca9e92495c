"""The nearest words to a word by a distance function: what is asked of every word, and what comes of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np

from llmlab.arrays import Doubles, Floats, Ints
from llmlab.errors import MisuseError
from llmlab.lab.provenance import Provenance, of_space
from llmlab.lab.shown import Shown
from llmlab.lab.text import quoted
from llmlab.lab.vectors import arithmetic, filters, named
from llmlab.lab.vectors.arithmetic import EPSILON, Term
from llmlab.lab.vectors.charts import neighbors as charts
from llmlab.lab.vectors.filters import Keep
from llmlab.lab.vectors.metrics import METRICS, Metric
from llmlab.lab.vectors.nearest import able, approximately, exactly, scored
from llmlab.lab.vectors.question import Question, Sort
from llmlab.language import tr, tr_many
from llmlab.render.safe import visible
from llmlab.spaces.lookup import Query
from llmlab.spaces.space import Space
from llmlab.view import Cell, Chart, Column, Record, View

SHOWN = 8  # columns of a table that are shown beside the score

LookUp = Callable[[str], Query]


@dataclass(frozen=True)
class Neighbor:
    rank: int
    word: str
    score: float
    row: int | None  # None for a candidate that the space lacks
    values: tuple[float, ...] = ()  # of named dimensions
    frequency: float | None = None  # Zipf, where it was asked for
    vector: Floats | None = field(default=None, compare=False, repr=False)  # [D] of a candidate that the space lacks


@dataclass(frozen=True)
class Neighbors(Shown):
    """The nearest words to a query, nearest first."""

    query: Query
    metric: Metric
    neighbors: tuple[Neighbor, ...]
    space: Space
    method: str = ""  # another score than the metric's: 3CosMul
    radius: float | None = None  # all words within it were asked for
    exact: bool = True

    @property
    def origin(self) -> Provenance:
        return of_space(self.space)

    @property
    def measure(self) -> str:
        """The name of the score."""
        return self.method or self.metric.name

    @property
    def column(self) -> Column:
        """The score's, with its formula."""
        if not self.method:
            return Column(self.measure, True, means=self.metric.meaning)
        means = tr(
            "product of (1 + cosine) / 2, divided by that of the words with -, plus {epsilon:g}", epsilon=EPSILON
        )
        return Column(self.measure, True, means=means)

    @property
    def conclusion(self) -> str:
        best, query = min(self.neighbors, key=lambda one: one.rank, default=None), quoted(self.query.text)
        if best is None:
            none = tr("No word is left to compare with {query}.", query=query)
            return none if self.radius is None else tr("{bounded}.", bounded=self._bounded)
        told = {"nearest": quoted(best.word), "measure": self.measure, "score": f"{best.score:z.4f}"}
        if self.radius is None:
            return tr("Nearest to {query} is {nearest} ({measure} {score}).", query=query, **told)
        return tr("{bounded}; nearest is {nearest} ({measure} {score}).", bounded=self._bounded, **told)

    @property
    def _bounded(self) -> str:
        """How many words are within the radius."""
        count = len(self.neighbors)
        told = {"metric": self.metric.name, "radius": f"{self.radius:g}", "query": quoted(self.query.text)}
        if self.metric.ascending:
            return tr_many(
                "{count:,} word has {metric} at most {radius} to {query}",
                "{count:,} words have {metric} at most {radius} to {query}",
                count,
                **told,
            )
        return tr_many(
            "{count:,} word has {metric} at least {radius} to {query}",
            "{count:,} words have {metric} at least {radius} to {query}",
            count,
            **told,
        )

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
        names = self.space.facts.dimensions
        shown = named.columns(names)[:SHOWN]
        frequent = any(one.frequency is not None for one in self.neighbors)
        zipf = Column("zipf", True, means=tr("log10 of the times a word is met in a billion words"))
        columns = (
            Column("#", True),
            Column(tr("word"), wide=True),
            self.column,
            *([zipf] if frequent else []),
            *(Column(name, True) for name in shown),
        )
        rows = [self._row(one, frequent, len(shown)) for one in self.neighbors]
        own = self._own_row(names, frequent, len(shown)) if shown else []
        return [View("", columns, own + rows, self.notes(), self.conclusion)]

    def records(self) -> list[Record]:
        return [
            {
                "query": self.query.text,
                **self._known(one),
                "metric": self.measure,
                **self.origin.columns,
            }
            for one in self.neighbors
        ]

    def document(self) -> Record:
        metric: Record = {"metric": self.metric.name, "formula": self.metric.formula, "nearer": self.metric.nearer}
        metric |= {"method": self.method or None, "radius": self.radius, "exact": self.exact}
        known = {"in_vocabulary": self.query.row is not None}
        own = [self._known(one) for one in self.neighbors]
        return {"query": self.query.text, **known, **metric, **self.origin.columns, "neighbors": own}

    def values(self) -> list[str]:
        """The nearest word, whatever the order; nothing where there is none."""
        nearest = min(self.neighbors, key=lambda one: one.rank, default=None)
        return [nearest.word if nearest else ""]

    def chart(self) -> Chart:
        return charts.neighbourhood(self)

    def _known(self, one: Neighbor) -> Record:
        names = self.space.facts.dimensions
        values = {"values": dict(zip(names, one.values, strict=True))} if names else {}
        frequency = {} if one.frequency is None else {"zipf": one.frequency}
        return {"rank": one.rank, "word": one.word, "score": one.score, **frequency, **values}

    def _row(self, one: Neighbor, frequent: bool, shown: int) -> list[Cell]:
        zipf: list[Cell] = [f"{one.frequency:.2f}"] if frequent else []
        names = self.space.facts.dimensions
        cells = named.cells(names, np.array(one.values))[:shown] if one.values else [""] * shown
        return [one.rank, visible(one.word), f"{one.score:z.4f}", *zipf, *cells]

    def _own_row(self, names: Sequence[str], frequent: bool, shown: int) -> list[list[Cell]]:
        """The query's own values, above those of its neighbours."""
        cells = named.cells(names, self.query.vector)[:shown]
        return [["", visible(self.query.text), "", *([""] if frequent else []), *cells]]

    def notes(self) -> tuple[str, ...]:
        notes = []
        if not self.exact:
            recall = self.space.facts.recall_at_10
            found = tr(
                "an approximate index answered: it finds {recall:.1%} of the ten nearest; --exact finds all",
                recall=recall,
            )
            notes.append(found)
        if (left := len(named.columns(self.space.facts.dimensions)) - SHOWN) > 0:
            notes.append(tr("{count} more columns are in --format json", count=left))
        return (*notes, *self.space.facts.remarks, self.origin.line)


def answer(space: Space, text: str, question: Question, look_up: LookUp, k: int = 10) -> Neighbors:
    """What a space says of a word or a sum of words. `look_up` finds a word's vector; `k` is for a question without."""
    terms = arithmetic.parse(text)
    queries = [look_up(term.word) for term in terms]
    language = filters.language_of(space, text)
    keep = question.keeps([term.word for term in terms], language)
    if question.method == "mul":
        found = by_product(space, text, terms, queries, question.k or k, keep)
    else:
        unit = question.metric == "cosine"
        query = queries[0] if len(terms) == 1 else arithmetic.combine(text, terms, queries, unit)
        found = _by_metric(space, query, question, keep, look_up, k)
    wants_frequency = question.sort == "frequency" or question.min_frequency is not None
    if question.sort == "nearness" and not wants_frequency:
        return found
    return found.sorted(question.sort, partial(filters.frequency, language=language) if wants_frequency else None)


def _by_metric(space: Space, query: Query, question: Question, keep: Keep | None, look_up: LookUp, k: int) -> Neighbors:
    if question.against is not None:
        return among(space, query, [look_up(one) for one in question.against], question.metric, keep)
    if question.within is not None:
        return within(space, query, question.within, question.metric, keep)
    return nearest(space, query, question.k or k, question.metric, keep, question.exact)


def nearest(
    space: Space, query: Query, k: int, metric_name: str, keep: Keep | None = None, exact: bool = False
) -> Neighbors:
    """The k nearest words of those that may be kept; the query's own word is not among them.

    `exact` passes over the approximate index of a large space. Raises MisuseError for k < 1, an unknown metric, or
    cosine of the zero vector.
    """
    if metric_name not in METRICS:
        message = tr("no metric is called {name!r}", name=metric_name)
        raise MisuseError(message, tr("one of: {names}", names=tr(", ").join(METRICS)))
    if k < 1:
        raise MisuseError(tr("k = {k} asks for no neighbour", k=k), tr("give -k 1 or more"))
    metric = METRICS[metric_name]
    _refuse_zero(query, metric)
    if space.approximate and metric_name == "cosine" and not exact:
        rows, scores = approximately(space, query, k, metric, keep)
        if len(rows) == k:
            return Neighbors(query, metric, _listed(space, rows, scores), space, exact=False)
    return Neighbors(query, metric, _listed(space, *exactly(space, query, k, metric, keep)), space)


def within(space: Space, query: Query, radius: float, metric_name: str, keep: Keep | None = None) -> Neighbors:
    """All words at most so far, or at least so similar; nearest first. The query's own word is not among them.

    Raises MisuseError for a radius that is no number, or cosine of the zero vector.
    """
    metric = METRICS[metric_name]
    if not np.isfinite(radius):
        raise MisuseError(tr("{radius:g} is no distance", radius=radius), tr("give a number, for example --within 0.6"))
    _refuse_zero(query, metric)
    rows = space.within(query.vector, radius, metric.name)
    scores = scored(space, query, rows, metric)
    inside = scores <= radius if metric.ascending else scores >= radius
    fit = inside & able(space, query, rows, keep)
    rows, scores = rows[fit], scores[fit]
    order = metric.order(scores, rows)
    return Neighbors(query, metric, _listed(space, rows[order], scores[order]), space, radius=radius)


def among(
    space: Space, query: Query, candidates: Sequence[Query], metric_name: str, keep: Keep | None = None
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
    named_ones = bool(space.facts.dimensions)
    values = [tuple(map(float, vector)) if named_ones else () for vector in vectors]
    found = []
    for rank, place in enumerate(order.tolist(), 1):
        one = candidates[place]
        found.append(Neighbor(rank, one.text, float(scores[place]), one.row, values[place], vector=one.vector))
    return Neighbors(query, metric, tuple(found), space)


def by_product(
    space: Space, text: str, terms: Sequence[Term], queries: Sequence[Query], k: int, keep: Keep | None = None
) -> Neighbors:
    """The k best words of a sum by 3CosMul. Raises MisuseError for k < 1 or a zero vector."""
    if k < 1:
        raise MisuseError(tr("k = {k} asks for no neighbour", k=k), tr("give -k 1 or more"))
    rows, scores = arithmetic.multiply(space, terms, queries, k, keep)
    query = arithmetic.combine(text, terms, queries, unit=True)
    return Neighbors(query, METRICS["cosine"], _listed(space, rows, scores), space, method="3CosMul")


def _refuse_zero(query: Query, metric: Metric) -> None:
    if metric.name == "cosine" and not query.vector.any():
        raise MisuseError(tr("the cosine of a zero vector is undefined"), tr("use --metric l2"))


def _listed(space: Space, rows: Ints, scores: Doubles) -> tuple[Neighbor, ...]:
    values: list[tuple[float, ...]] = [()] * len(rows)
    if space.facts.dimensions:
        values = [tuple(map(float, vector)) for vector in space.rows(rows)]
    return tuple(
        Neighbor(i + 1, space.words[int(rows[i])], float(scores[i]), int(rows[i]), values[i]) for i in range(len(rows))
    )
