"""Vectors to look at: of words and of sentences; those of their tokens are in rows.py."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np

from llmlab.arrays import Doubles, Floats, lengths
from llmlab.backends.base import Encoder
from llmlab.errors import MisuseError
from llmlab.lab.provenance import Provenance, of_space, of_vectors
from llmlab.lab.shown import Shown
from llmlab.lab.vectors import named
from llmlab.lab.vectors.charts import embed as charts
from llmlab.lab.vectors.metrics import METRICS, Metric
from llmlab.language import later, tr
from llmlab.progress import Progress, silent
from llmlab.render.safe import visible
from llmlab.spaces.lookup import Query
from llmlab.spaces.space import Space
from llmlab.view import Cell, Chart, Column, Heat, Record, Shade, Vector, View, stated_once

ENDS = 3  # values shown at each end of a vector
SHORT = 8  # labels longer or more than this head their columns by number
STRIP = 64  # values a line of a heat strip


def numbered(batches: Iterable[Sequence[Record]]) -> Iterator[list[Record]]:
    """The records of consecutive vectors, whose positions go on from batch to batch."""
    start = 0
    for records in batches:
        yield [{**row, "position": start + place} for place, row in enumerate(records)]
        start += len(records)


@dataclass(frozen=True)
class Embeddings(Shown):
    """Several vectors of one kind."""

    labels: tuple[str, ...]
    vectors: Floats  # [N, D]
    origin: Provenance
    title: str = ""
    metric: Metric = field(default=METRICS["cosine"])
    dimensions: tuple[str, ...] = ()  # their names, in a space that names them
    raw: Floats | None = None  # [N, D] before they were standardised
    notes: tuple[str, ...] = ()
    what: ClassVar[str] = later("text")  # what a label is

    @property
    def norms(self) -> Doubles:
        """Euclidean length of each vector."""
        return lengths(self.vectors)

    @property
    def matrix(self) -> Doubles:
        """The metric of every pair, [N, N]; nan for the cosine of a zero vector."""
        wide = self.vectors.astype(np.float64)
        found = np.stack([self.metric.score(vector, wide) for vector in wide])
        if self.metric.name == "cosine":
            found = np.where(np.outer(self.norms, self.norms) > 0, np.clip(found, -1, 1), np.nan)
        return np.asarray((found + found.T) / 2)

    def by(self, metric: str) -> "Embeddings":
        """The same, compared by another metric."""
        return replace(self, metric=METRICS[metric])

    def views(self, *, full: bool = False, strip: bool = False) -> list[View]:
        """`full` shows all values; `strip` all of them as a heat strip, which one text has anyway."""
        views = [self._value_view(full), self._statistics_view()]
        if strip or (len(self.labels) == 1 and not self.dimensions):
            views.append(self._strip_view())
        if len(self.labels) > 1:
            views.append(self._matrix_view())
        return views

    def records(self) -> list[Record]:
        named_as = {"dimensions": list(self.dimensions)} if self.dimensions else {}
        return [
            {
                self.what: label,
                "position": position,
                "dimension": len(vector),
                "norm": float(norm),
                **_statistics(vector),
                **named_as,
                "vector": Vector(vector.tolist(), named.names(self.dimensions, len(vector))),
                **self.origin.columns,
            }
            for position, (label, vector, norm) in enumerate(zip(self.labels, self.vectors, self.norms, strict=True))
        ]

    def document(self) -> Record:
        own = stated_once(self.origin.columns, self.records())
        rows = [[float(x) if np.isfinite(x) else None for x in row] for row in self.matrix]
        compared = {"metric": self.metric.name, "formula": self.metric.formula, "matrix": rows}
        return {**self.origin.columns, "embeddings": own, **compared}

    def values(self) -> list[str]:
        """The numbers of each vector, as short as float32 gives them back."""
        return [" ".join(map(str, np.asarray(vector, np.float32))) for vector in self.vectors]

    def chart(self) -> Chart:
        return charts.numbers_and_pairs(self)

    def _value_view(self, full: bool) -> View:
        columns = (
            Column(tr(self.what), wide=True),
            Column(tr("dimension"), True, means=tr("how many numbers")),
            Column(tr("norm"), True, means=tr("the vector's length, sqrt(sum x^2)")),
            Column(tr("values"), wide=True),
        )
        rows: list[list[Cell]] = [
            [visible(label), len(vector), f"{norm:z.4f}", self._values(vector, full)]
            for label, vector, norm in zip(self.labels, self.vectors, self.norms, strict=True)
        ]
        return View(self.title, columns, rows, (*self.notes, self.origin.line), self._conclusion())

    def _conclusion(self) -> str:
        count = self.vectors.shape[1]
        if len(self.labels) == 1:
            return tr("{text} is a vector of {count} numbers", text=visible(self.labels[0]), count=count)
        apart = np.where(
            np.eye(len(self.labels), dtype=bool), np.nan, -self.matrix if self.metric.ascending else self.matrix
        )
        if np.isnan(apart).all():  # zero vectors have no cosine
            return tr("each is a vector of {count} numbers", count=count)
        one, other = np.unravel_index(int(np.nanargmax(apart)), apart.shape)
        return tr(
            "{one} and {other} are nearest: {metric} {score}; each is a vector of {count} numbers",
            one=visible(self.labels[one]),
            other=visible(self.labels[other]),
            metric=self.metric.name,
            score=f"{self.matrix[one, other]:z.4f}",
            count=count,
        )

    def _values(self, vector: Floats, full: bool) -> str:
        if self.dimensions:
            cells = zip(named.columns(self.dimensions), named.cells(self.dimensions, vector), strict=True)
            return " ".join(f"{column}={cell}" for column, cell in cells)
        if full or len(vector) <= 2 * ENDS:
            return " ".join(f"{value:+z.4f}" for value in vector)
        head, tail = vector[:ENDS], vector[-ENDS:]
        return " ".join(f"{x:+z.3f}" for x in head) + " ... " + " ".join(f"{x:+z.3f}" for x in tail)

    def _statistics_view(self) -> View:
        names = (tr("mean"), tr("std"), tr("min"), tr("max"))
        columns = (Column(tr(self.what), wide=True), *(Column(name, True) for name in names))
        rows: list[list[Cell]] = [
            [visible(label), *(f"{value:+z.4f}" for value in _statistics(vector).values())]
            for label, vector in zip(self.labels, self.vectors, strict=True)
        ]
        return View("", columns, rows, (tr("of the values of a vector"),))

    def _strip_view(self) -> View:
        """All values, so many a line, those of several texts below each other."""
        largest = float(np.abs(self.vectors).max(initial=0)) or 1.0
        several = len(self.labels) > 1
        rows: list[list[Cell]] = []
        for start in range(0, self.vectors.shape[1], STRIP):
            for label, vector in zip(self.labels, self.vectors, strict=True):
                values = Heat(tuple((vector[start : start + STRIP].astype(np.float64) / largest).tolist()))
                rows.append([*([visible(label)] if several else []), start, values])
        texts = [Column(tr("text"), head=SHORT)] if several else []
        columns = (*texts, Column(tr("from"), True), Column(tr("values")))
        note = tr("each value from -{largest} (low) over 0 to +{largest} (high)", largest=f"{largest:z.3f}")
        return View("", columns, rows, (note,))

    def _matrix_view(self) -> View:
        short = all(len(label) <= SHORT for label in self.labels) and len(self.labels) <= SHORT
        names = [visible(label) if short else str(n) for n, label in enumerate(self.labels, 1)]
        columns = (Column(self.metric.name, wide=True), *(Column(name, True) for name in names))
        shades = _shades(self.matrix, self.metric)
        rows: list[list[Cell]] = [
            [
                name if short else f"{name} {visible(label)}",
                *(Shade(f"{value:z.4f}", share) for value, share in zip(values, shared, strict=True)),
            ]
            for name, label, values, shared in zip(names, self.labels, self.matrix, shades, strict=True)
        ]
        return View("", columns, rows, (self.metric.statement,), shades=_legend(self.matrix, self.metric))


def of_texts(encoder: Encoder, texts: Sequence[str], progress: Progress = silent) -> Embeddings:
    """One vector a text. Raises MisuseError for an empty text."""
    if not all(text.strip() for text in texts):
        raise MisuseError(tr("the text is empty"), tr("give at least one word"))
    return Embeddings(tuple(texts), encoder.encode(texts, progress), of_vectors(encoder.info))


def of_words(space: Space, queries: Sequence[Query]) -> Embeddings:
    """Vectors of a space's words."""
    vectors = np.stack([query.vector for query in queries])
    labels = tuple(query.text for query in queries)
    facts, raw = space.facts, None
    if facts.deviations:
        raw = (vectors * np.array(facts.deviations) + np.array(facts.means)).astype(np.float32)
    return Embeddings(labels, vectors, of_space(space), dimensions=facts.dimensions, raw=raw, notes=facts.remarks)


def _statistics(vector: Floats) -> dict[str, float]:
    wide = vector.astype(np.float64)
    return {"mean": float(wide.mean()), "std": float(wide.std()), "min": float(wide.min()), "max": float(wide.max())}


def _shades(matrix: Doubles, metric: Metric) -> Doubles:
    """How near each pair is in [0, 1]: a cosine as it is, another measure as a part of the largest.

    A distance of 0 is 1. What is below 0, or no number, is 0.
    """
    known = np.nan_to_num(matrix)
    largest = 1.0 if metric.name == "cosine" else float(np.abs(known).max(initial=0)) or 1.0
    shares = np.clip(known / largest, 0, 1)
    return np.asarray(np.where(np.isfinite(matrix), 1 - shares if metric.ascending else shares, 0.0))


def _legend(matrix: Doubles, metric: Metric) -> list[tuple[str, float]]:
    """What the shades of a matrix say."""
    largest = 1.0 if metric.name == "cosine" else float(np.abs(np.nan_to_num(matrix)).max(initial=0))
    steps = [(share * largest, 1 - share if metric.ascending else share) for share in (0, 0.25, 0.5, 0.75, 1)]
    legend = [(f"{value:.4g}", shade) for value, shade in steps]
    if metric.ascending:
        return legend
    (low, shade), *rest = legend
    return [(tr("{value} or less", value=low), shade), *rest]
