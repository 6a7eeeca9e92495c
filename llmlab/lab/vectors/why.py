"""Why two vectors are near: what each dimension adds to their similarity."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from llmlab.arrays import Doubles
from llmlab.errors import MisuseError
from llmlab.lab.shown import Shown
from llmlab.lab.text import signed
from llmlab.lab.vectors import named
from llmlab.lab.vectors.charts.why import parts_of_a_score
from llmlab.lab.vectors.embed import Embeddings
from llmlab.language import tr
from llmlab.render.safe import visible
from llmlab.view import Bar, Cell, Chart, Column, Record, View, stated_once

SHOWN = 10
HALF = 0.5  # a column that adds more makes most of it
NOISE = 1e-6  # of the largest: less is rounding


@dataclass(frozen=True)
class Why(Shown):
    """Two vectors and what their dimensions add to the metric, the largest part first."""

    pair: Embeddings
    parts: Doubles  # [D]
    names: tuple[str, ...]  # of the dimensions
    table: bool  # the dimensions are a table's columns
    chosen: tuple[str, ...] = ()  # the columns asked for; none for all

    @property
    def columns(self) -> list[tuple[str, float, float]]:
        """What each column adds, and its share of what all add, whatever their signs; the largest first."""
        sums = dict.fromkeys(named.columns(self.names) if self.table else self.names, 0.0)
        for name, part in zip(self.names, self.parts, strict=True):
            sums[name if name in sums else name.partition("=")[0]] += float(part)
        whole = sum(map(abs, sums.values())) or 1.0
        return sorted(((name, part, abs(part) / whole) for name, part in sums.items()), key=lambda one: -one[2])

    @property
    def _order(self) -> list[int]:
        return list(map(int, np.argsort(-np.abs(self.parts), kind="stable")))

    def views(self) -> list[View]:
        metric, order, total = self.pair.metric, self._order, float(self.parts.sum())
        largest = float(np.abs(self.parts).max()) or 1.0
        rows: list[list[Cell]] = [
            [*self._cells(place), signed(self.parts[place], 4), Bar(abs(float(self.parts[place])) / largest)]
            for place in order[:SHOWN]
        ]
        gap: list[Cell] = [""] * (len(self._columns()) - 3)
        if rest := order[SHOWN:]:
            rows.append([tr("{count} others", count=len(rest)), *gap, signed(self.parts[rest].sum(), 4), ""])
        rows.append([metric.whole or metric.name, *gap, signed(total, 4), ""])
        notes = (*self._notes(), metric.statement, *self.pair.notes, self.pair.origin.line)
        return [View("", self._columns(), rows, notes, self._conclusion())]

    def _columns(self) -> tuple[Column, ...]:
        a, b = (visible(label) for label in self.pair.labels)
        whole = self.pair.metric.whole or self.pair.metric.name
        part = Column(tr("part"), True, means=tr("what a dimension adds; the parts sum to {whole}", whole=whole))
        first = (Column(tr("dimension"), wide=True), Column(a, True), Column(b, True))
        if self.pair.raw is None:
            return (*first, part, Column(""))
        means = tr("standardised: (x - mean) / standard deviation")
        return (*first, Column(f"z {a}", True, means=means), Column(f"z {b}", True), part, Column(""))

    def _conclusion(self) -> str:
        a, b = (visible(label) for label in self.pair.labels)
        column, part, share = self.columns[0]
        name = visible(column) if self.table else tr("dimension {number}", number=column)
        alike = all(other * part >= -NOISE * part**2 for _, other, _ in self.columns)  # else they take from each other
        told = {"metric": self.pair.metric.name, "a": a, "b": b, "score": f"{float(self.pair.matrix[0, 1]):.4f}"}
        told |= {"name": name, "share": f"{share:.1%}", "part": signed(part, 4)}
        if not (share > HALF and alike):
            return tr("{metric} of {a} and {b}: {score}; {name} moves it most, by {part}", **told)
        if self.pair.metric.ascending:
            return tr("{metric} of {a} and {b}: {score}; {name} makes {share} of the distance", **told)
        return tr("{metric} of {a} and {b}: {score}; {name} makes {share} of the product", **told)

    def _notes(self) -> tuple[str, ...]:
        chosen = tr(", ").join(map(visible, self.chosen))
        only = (tr("only of {columns}", columns=chosen),) if self.chosen else ()
        column, _, share = self.columns[0]
        plain = self.table and self.pair.raw is None and column in self.names  # numbers as the table has them
        if not plain or share <= HALF or len(self.columns) == 1:
            return only
        hint = tr(
            "{column}: its numbers are the largest: "
            "--standardize, here or of space import, gives all columns one scale",
            column=visible(column),
        )
        return (*only, hint)

    def records(self) -> list[Record]:
        one, other = self.pair.vectors.astype(np.float64)
        return [
            {
                "rank": rank,
                "dimension": self.names[place],
                "a": self.pair.labels[0],
                "b": self.pair.labels[1],
                "value_a": float(one[place]),
                "value_b": float(other[place]),
                **self._raw(place),
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
        return [self.names[self._order[0]]]

    def chart(self) -> Chart:
        return parts_of_a_score(self)

    def _raw(self, place: int) -> Record:
        """What a table says itself of a dimension that was standardised."""
        if self.pair.raw is None:
            return {}
        a, b = (float(vector[place]) for vector in self.pair.raw)
        return {"raw_a": a, "raw_b": b}

    def _cells(self, place: int) -> list[Cell]:
        raw = [] if self.pair.raw is None else [f"{vector[place]:.6g}" for vector in self.pair.raw]
        return [self.names[place], *raw, *(signed(vector[place], 4) for vector in self.pair.vectors)]


def explain(pair: Embeddings, columns: Sequence[str] = ()) -> Why:
    """What each dimension adds to the metric of two vectors: all, or those of some columns, as if there were no others.

    Raises MisuseError for another number of vectors, and for an unknown column.
    """
    if len(pair.labels) != 2:
        raise not_two()
    names, table = named.names(pair.dimensions, pair.vectors.shape[1]), bool(pair.dimensions)
    if columns:
        kept = named.places(pair.dimensions, len(names), columns)
        raw = None if pair.raw is None else pair.raw[:, kept]
        pair, names = replace(pair, vectors=pair.vectors[:, kept], raw=raw), [names[place] for place in kept]
    one, other = pair.vectors.astype(np.float64)
    if pair.metric.name == "cosine" and not (one.any() and other.any()):
        raise MisuseError(tr("the cosine of a zero vector is undefined"), tr("use --metric l2"))
    return Why(pair, pair.metric.parts(one, other), tuple(names), table, tuple(columns))


def not_two() -> MisuseError:
    hint = tr("give two words or texts: llmlab why king queen")
    return MisuseError(tr("why explains the similarity of two"), hint)
