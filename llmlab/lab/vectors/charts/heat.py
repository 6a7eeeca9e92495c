"""Heat maps: vectors, a cell a number; and how near each pair of them is."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from llmlab.arrays import Floats
from llmlab.lab import chart
from llmlab.lab.vectors.charts import labels
from llmlab.lab.vectors.metrics import Metric
from llmlab.language import tr
from llmlab.view import Chart, Record

ACROSS = 764  # px of a heat map with its labels
CELL, ROW = 46, 36  # px of a cell of a matrix, and of a row of vectors, at most
TALL, LOWEST = 660, 6  # px of all rows, and of one at least
LEGIBLE = 9  # px of a row with a label of its own
GAP = 18  # px of a label above its row
OFTEN = 0.99  # share of the numbers that the colours tell apart, where a few are far larger
FAR = 2.0  # times as large as those
STRONG = 0.65  # of the largest: where a colour is so strong that what is written on it must be light, or dark
WRITTEN = 12  # vectors of a matrix with its values in its cells


@dataclass(frozen=True)
class Ends:
    """Between which numbers a scale of colours lies; what is beyond has the colour of the end."""

    most: float
    beyond: float = 0.0  # the largest, where it is

    @classmethod
    def of(cls, numbers: Floats) -> "Ends":
        sizes = np.abs(numbers)
        largest = float(sizes.max(initial=0.0)) or 1.0
        often = float(np.quantile(sizes, OFTEN)) if sizes.size else 0.0
        return cls(often, largest) if 0 < often * FAR < largest else cls(largest)

    @property
    def notes(self) -> list[str]:
        if not self.beyond:
            return []
        return [
            tr(
                "the colours end at -{most:.4g} and {most:.4g}: {share} of the numbers are larger, up to {largest:.4g}",
                most=self.most,
                share=f"{100 * (1 - OFTEN):.0f} %",
                largest=self.beyond,
            )
        ]


def vectors(rows: Sequence[Record], names: Sequence[str], ends: Ends, hover: Sequence[Chart]) -> Chart:
    """A row a vector, a column a dimension. Rows have a `position`, a `vector` and what is `shown`.

    `names` are those of the dimensions, for the eye, or none.
    """
    size, widest = len(rows[0]["vector"]), _widest([row["shown"] for row in rows])
    above = widest >= labels.LIMIT
    px = _px((ACROSS - (0 if above else widest + 8)) / size, ROW)
    tall = min(max(TALL / len(rows), LOWEST), ROW)
    drawn = _thinned([row["shown"] for row in rows], tall + GAP * above)
    numbers = {"labels": False, "ticks": False, "titlePadding": 8 + _widest(names)} if names else {}
    x = {"field": "from", "type": "quantitative", "title": tr("dimension"), "axis": {"grid": False, **numbers}}
    x["scale"] = {"domain": [-0.5, size - 0.5], "nice": False, "zero": False}
    told = [*hover, *chart.tooltip(name=tr("dimension")), chart.exact("value", tr("value"), ".6g")]
    cells: Chart = {"x": x, "x2": {"field": "to"}, "tooltip": told}
    cells["color"] = _colour("value", [-ends.most, ends.most], "diverging", "top")
    return {
        "data": {"values": [{**row, "label": label} for row, label in zip(rows, drawn, strict=True)]},
        "transform": _by_dimension(names),
        "width": px * size,
        "height": {"step": tall + GAP * above},
        "encoding": {"y": _band("position", GAP / (tall + GAP) if above else 0)},
        "layer": [
            {"mark": "rect", "encoding": cells},
            chart.only("datum.number == 1", _row_labels(tall, above=above)),
            *([_names_below(names, px, x)] if names else []),
        ],
    }


def matrix(rows: Sequence[Record], shown: Sequence[str], heads: Sequence[str], metric: Metric) -> Chart:
    """How near each pair is, by a metric. Rows have a `row` and a `column`, whose labels are `shown` and `heads`."""
    px = _px((ACROSS - _widest(shown) - 8) / len(shown), CELL)
    most = _most(rows, metric)
    beside, over = _thinned(shown, px), _thinned(heads, px)
    figures = {"label": [beside[row["row"]] for row in rows], "head": [over[row["column"]] for row in rows]}
    figures["figure"] = [_figure(row[metric.name]) for row in rows]
    data = chart.data(rows, *rows[0], **figures, strong=[_strong(row[metric.name], most, metric) for row in rows])
    ends, scheme = ([most, 0.0], "heatmap") if metric.ascending else ([-most, most], "diverging")  # near is bright
    told = [*chart.tooltip(a="a", b="b"), chart.exact(metric.name, metric.name, ".6f")]
    cells = {"color": _colour(metric.name, ends, scheme, "bottom"), "tooltip": told}
    return {
        "data": data,
        "width": px * len(shown),
        "height": px * len(shown),
        "encoding": {"x": _band("column", 0), "y": _band("row", 0)},
        "layer": [
            chart.only(f"isValid(datum.{metric.name})", {"mark": "rect", "encoding": cells}),
            *(_figures(metric) if len(shown) <= WRITTEN else []),
            chart.only("datum.column == 0", _row_labels(px, above=False)),
            chart.only("datum.row == 0", _head(heads, px)),
        ],
    }


def _px(room: float, most: float) -> float:
    """As wide as there is room for; in halves of a px, which a png draws whole, unless that is too wide."""
    return min(math.floor(room * 2) / 2, most) if room >= 0.5 else room


def _widest(shown: Sequence[str]) -> float:
    """Px of the longest label."""
    return max(map(labels.width, shown), default=0.0)


def _thinned(shown: Sequence[str], px: float) -> list[str]:
    """Labels of rows of so many px: of low ones only some have room."""
    every = math.ceil(LEGIBLE / px)
    return [label if place % every == 0 else "" for place, label in enumerate(shown)]


def _letters(px: float) -> float:
    """The size of the letters of a label in so many px."""
    return min(max(px - 1, LEGIBLE - 1), labels.SIZE)


def _by_dimension(names: Sequence[str]) -> list[Chart]:
    """A row for each number of each vector, with its dimension and from where to where it is drawn."""
    return [
        {"flatten": ["vector", "names"] if names else ["vector"], "as": ["value", "name"] if names else ["value"]},
        {"window": [{"op": "row_number", "as": "number"}], "groupby": ["position"]},
        *([] if names else [{"calculate": "datum.number - 1", "as": "name"}]),
        {"calculate": "datum.number - 1.5", "as": "from"},
        {"calculate": "datum.number - 0.5", "as": "to"},
    ]


def _colour(field: str, ends: Sequence[float], scheme: str, orient: str) -> Chart:
    legend: Chart = {"orient": orient, "direction": "horizontal", "offset": 8}
    legend |= {"gradientLength": 180, "gradientThickness": 10}
    scale: Chart = {"domain": list(ends), "range": scheme, "clamp": True, "nice": False}
    scale |= {"interpolate": "lab"} if scheme == "diverging" else {}
    return chart.number(field, field, scale=scale, legend=legend)


def _band(field: str, gap: float) -> Chart:
    return chart.place(field, axis=None, scale={"paddingInner": gap, "paddingOuter": gap})


def _row_labels(px: float, *, above: bool) -> Chart:
    text: Chart = {"type": "text", "style": "label", "baseline": "middle", "fontSize": _letters(px)}
    text |= {"align": "left", "dy": -(px + GAP) / 2} if above else {"align": "right"}
    text["limit"] = ACROSS if above else labels.LIMIT
    return {"mark": text, "encoding": {"x": {"value": 0 if above else -6}, "text": {"field": "label"}}}


def _head(heads: Sequence[str], px: float) -> Chart:
    """Labels above columns, upright where they have the room."""
    text: Chart = {"type": "text", "style": "label", "fontSize": _letters(px), "limit": labels.LIMIT}
    upright = {"align": "center", "baseline": "bottom"}
    text |= upright if _widest(heads) <= px else {"align": "left", "baseline": "middle", "angle": 270}
    return {"mark": text, "encoding": {"y": {"value": -5}, "text": {"field": "head"}}}


def _names_below(names: Sequence[str], px: float, x: Chart) -> Chart:
    """The names of dimensions, below their columns."""
    rows = [{"at": place, "label": label} for place, label in enumerate(_thinned(names, px))]
    text: Chart = {"type": "text", "style": "label", "fontSize": _letters(px)}
    text |= {"align": "right", "baseline": "middle", "angle": 270, "dx": -5, "limit": labels.LIMIT}
    at = {"x": {**x, "field": "at"}, "y": {"value": "height"}, "text": {"field": "label"}}
    return {"data": {"values": rows}, "mark": text, "encoding": at}


def _most(rows: Sequence[Record], metric: Metric) -> float:
    """The end of the scale: 1 of a cosine, else the largest there is."""
    known = [abs(row[metric.name]) for row in rows if row[metric.name] is not None]
    return 1.0 if metric.name == "cosine" else max(known, default=0.0) or 1.0


def _figure(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:z.4f}" if abs(value) < 100 else f"{value:.4g}"


def _strong(value: float | None, most: float, metric: Metric) -> bool:
    """Whether the colour of a cell asks for other letters than the ground does."""
    if value is None:
        return False
    return value < most / 2 if metric.ascending else abs(value) > STRONG * most


def _figures(metric: Metric) -> list[Chart]:
    """What stands in the cells, legible on each colour."""
    weak, strong = ("dark-label", "bright-label") if metric.ascending else ("label", "strong-label")
    text = {"type": "text", "align": "center", "baseline": "middle", "fontSize": 11}
    known = f"isValid(datum.{metric.name})"
    return [
        chart.only(test, {"mark": {**text, "style": style}, "encoding": {"text": {"field": "figure"}}})
        for test, style in (
            (f"!{known}", "label"),
            (f"{known} && datum.strong", strong),
            (f"{known} && !datum.strong", weak),
        )
    ]
