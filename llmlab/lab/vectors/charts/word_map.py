"""A map of the words round a query, and the ranking beside it, which has the scores that a plane cannot keep."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from llmlab.arrays import Doubles, Floats, unit_rows
from llmlab.lab import chart
from llmlab.lab.text import quoted
from llmlab.lab.vectors.charts import labels
from llmlab.lab.vectors.charts.frame import Frame, plotted
from llmlab.lab.vectors.charts.labels import Label
from llmlab.lab.vectors.map import project
from llmlab.language import tr
from llmlab.render.safe import visible
from llmlab.view import Chart, Record

if TYPE_CHECKING:
    from llmlab.lab.vectors.neighbors import Neighbor, Neighbors

MOST = 100  # words on a map
ACROSS = 776  # px of a map with its ranking
AXIS, SPACE, BARS, FIGURE = 48, 18, 80, 48  # px beside the map and of the ranking
LOW, HIGH = 300, 700  # px of a map
FEW = 24  # of more words the ranking stands below the map, in columns
THIN = 17  # px from bar to bar
QUERY = 9  # px from the middle of its mark to the edge
EDGE, WIDE_EDGE = 34, 64  # px round the points, where a map is narrow or wide
COLOURS = 8  # of the theme
OWN = (0, 2, 3, 4, 5, 6, 7)  # those of words: the second is the query's; when they come again the shape changes
SHAPES = ("circle", "triangle-up", "cross", "triangle-down", "wedge", "triangle-right", "stroke", "arrow")
COLOURED_SHAPES: Chart = {
    "field": "shape",
    "type": "nominal",
    "legend": None,
    "scale": {"domain": list(range(len(SHAPES))), "range": list(SHAPES)},
}


@dataclass(frozen=True)
class Spot:
    """A word on a map: one that was found, the query, or a word of a sum."""

    kind: str  # word, query, term
    text: str
    record: Record  # of a word that was found

    @property
    def shown(self) -> str:
        return visible(self.text)


@dataclass(frozen=True)
class WordMap:
    """Where words lie in the plane that keeps most of what sets them apart, and where their labels stand."""

    found: "Neighbors"
    spots: tuple[Spot, ...]
    xy: Doubles  # [N, 2]
    shares: tuple[float, float]
    frame: Frame
    labels: tuple[Label | None, ...]

    @property
    def hidden(self) -> int:
        """How many labels have no room."""
        return sum(label is None for label in self.labels)

    @property
    def notes(self) -> list[str]:
        """What the map is of."""
        found = self.found
        told = {"measure": found.measure, "meaning": found.column.means, "query": quoted(found.query.text)}
        legend = tr("{measure} = {meaning}; diamond: {query}", **told)
        if any(one.kind == "term" for one in self.spots):
            legend = tr("{measure} = {meaning}; diamond: {query}; squares: the words of the sum", **told)
        return [_projected(found), legend]

    @property
    def left_out(self) -> list[str]:
        """What the map does not show."""
        notes = []
        if (left := len(self.found.neighbors) - MOST) > 0:
            more = tr(
                "the map and the list have the {most} nearest; {count:,} more are in --format json",
                most=MOST,
                count=left,
            )
            notes.append(more)
        if self.hidden:
            hidden = tr(
                "{hidden} of {count} words have no room for their label: they are in the list",
                hidden=self.hidden,
                count=len(self.spots),
            )
            notes.append(hidden)
        return notes


def _projected(found: "Neighbors") -> str:
    """What a map keeps of its vectors."""
    if _at_length_1(found):
        return tr(
            "a map is a projection, of the vectors at length 1 on their two principal components (PC): "
            "words far apart in it are far apart, but near ones need not be near; the scores are exact"
        )
    return tr(
        "a map is a projection, of the vectors on their two principal components (PC): "
        "words far apart in it are far apart, but near ones need not be near; the scores are exact"
    )


def mapped(found: "Neighbors", highest: float = HIGH) -> WordMap:
    """The map of a query's neighbours; equal lengths are equal distances on both axes. `highest` is in px."""
    spots, vectors = _spots(found)
    xy, shares = project(unit_rows(vectors.astype(np.float64)) if _at_length_1(found) else vectors)
    edge = WIDE_EDGE if len(found.neighbors) > FEW else EDGE
    wide = ACROSS - (max(AXIS, _beside(spots)) if len(found.neighbors) > FEW else AXIS + SPACE + _thin(spots))
    low, high = xy.min(axis=0), xy.max(axis=0)
    spans = high - low
    tall = (wide - 2 * edge) * spans[1] / spans[0] + 2 * edge if spans[0] else LOW
    frame = Frame.round(xy, (wide, float(round(min(max(tall, LOW), highest)))), edge, equal=True)
    widths = [labels.width(one.shown, bold=one.kind == "query") for one in spots]
    halves = [QUERY if one.kind == "query" else labels.POINT for one in spots]
    placed = labels.place(frame.pixels(xy), widths, frame.room, halves)
    return WordMap(found, spots, xy, shares, frame, tuple(placed))


def drawn(of: WordMap, colours: Mapping[str, int] | None = None) -> Chart:
    """The map, and beside or below it the ranking. `colours` has the words, in lower case, that other maps show too."""
    rows = _rows(of, colours or {})
    words = [row for row in rows if row["kind"] == "word"]
    if len(words) <= FEW:
        return {"hconcat": [_map(of, rows), _ranking(of, words, words)], "spacing": SPACE}
    tall = math.ceil(len(words) / int((ACROSS + SPACE) / (_thin(of.spots) + SPACE)))
    columns = [_ranking(of, words[start : start + tall], words) for start in range(0, len(words), tall)]
    return {"vconcat": [_map(of, rows), {"hconcat": columns, "spacing": SPACE}]}


def _spots(found: "Neighbors") -> tuple[tuple[Spot, ...], Doubles]:
    """The query, the words of a sum and the nearest words, with their vectors [N, D]."""
    query, space = found.query, found.space
    terms = dict.fromkeys(query.others)
    nearest = sorted(zip(found.neighbors, found.records(), strict=True), key=lambda one: one[0].rank)[:MOST]
    spots = [Spot("query", query.text, {}), *(Spot("term", space.words[row], {}) for row in terms)]
    spots += [Spot("word", one.word, record) for one, record in nearest]
    vectors = [query.vector, *map(space.vector, terms), *(_vector(found, one) for one, _ in nearest)]
    return tuple(spots), np.array(vectors, np.float64)


def _vector(found: "Neighbors", one: "Neighbor") -> Floats:
    vector = one.vector if one.row is None else found.space.vector(one.row)
    assert vector is not None
    return vector


def _at_length_1(found: "Neighbors") -> bool:
    """A cosine compares directions alone."""
    return found.metric.name == "cosine"


def _beside(spots: Sequence[Spot]) -> float:
    """Px of the labels of the ranking."""
    return max((labels.width(one.shown) for one in spots if one.kind == "word"), default=0.0) + 8


def _thin(spots: Sequence[Spot]) -> float:
    """Px of the ranking, its labels and figures."""
    return _beside(spots) + BARS + FIGURE


def _rows(of: WordMap, colours: Mapping[str, int]) -> list[Record]:
    rows = []
    for spot, (x, y), label in zip(of.spots, of.xy.tolist(), of.labels, strict=True):
        row: Record = {key: spot.record[key] for key in ("rank", "word", "score", "metric") if spot.record}
        row |= {"kind": spot.kind, "shown": spot.shown, "pc1": x, "pc2": y, **of.frame.fields(label)}
        if spot.kind == "word" and (number := colours.get(spot.text.lower())) is not None:
            again, place = divmod(number, len(OWN))
            row |= {"colour": OWN[place], "shape": again % len(SHAPES)}
        rows.append(row)
    return rows


def _map(of: WordMap, rows: Sequence[Record]) -> Chart:
    shares = [f"{share:.0%}".replace("%", " %") for share in of.shares]
    titles = [
        tr("PC {number} ({share} of the variance)", number=number, share=share)
        for number, share in enumerate(shares, 1)
    ]
    here = of.frame.axes(("pc1", "pc2"), titles)
    told = {**here, "tooltip": [*chart.tooltip(shown=tr("word"), rank=tr("rank")), _score(of)]}
    asked = {**here, "tooltip": chart.tooltip(shown=tr("word"))}  # which has no rank and no score
    coloured: Chart = {"mark": {"type": "point", "size": 60, "opacity": 1}, "encoding": told}
    points = [
        _points("datum.kind == 'word' && !isValid(datum.colour)", _alone(rows), told),
        _in_colours(coloured, shape=COLOURED_SHAPES),
        _points("datum.kind == 'term'", {"shape": "square", "size": 60, "style": "rest"}, asked),
        _points("datum.kind == 'query'", {"shape": "diamond", "size": 160, "style": "asked"}, asked),
    ]
    return plotted(rows, of.frame, here, points, "datum.kind == 'query'")


def _alone(rows: Sequence[Record]) -> Chart:
    """The style of words that no other map shows, where some are shown by others."""
    return {"style": "rest"} if any("colour" in row for row in rows) else {}


def _score(of: WordMap) -> Chart:
    return chart.exact("score", of.found.measure, ".6f")


def _points(test: str, mark: Chart, encoding: Chart) -> Chart:
    return chart.only(test, {"mark": {"type": "point", "opacity": 1, **mark}, "encoding": encoding})


def _in_colours(layer: Chart, **more: Chart) -> Chart:
    """The words that other maps show too, each in its colour, and in another shape where colours come again."""
    colour = {"field": "colour", "type": "nominal", "legend": None, "scale": {"domain": list(range(COLOURS))}}
    return chart.only("isValid(datum.colour)", {**layer, "encoding": {**layer["encoding"], "color": colour, **more}})


def _ranking(of: WordMap, rows: Sequence[Record], words: Sequence[Record]) -> Chart:
    """Thin bars of the scores, nearest first, the figures at their ends; all words have one scale."""
    data = {"values": [{**row, "figure": f"{row['score']:z.4f}"} for row in rows]}
    ends = [0.0, *(row["score"] for row in words)]
    scale = {"domain": [min(ends), max(ends)], "nice": False}
    value = chart.number("score", of.found.measure, scale=scale, axis={"tickCount": 3, "grid": False})
    hover = [*chart.tooltip(rank=tr("rank"), shown=tr("word")), _score(of)]
    bar: Chart = {"mark": {"type": "bar", "height": THIN - 4}, "encoding": {"x": value, "tooltip": hover}}
    text = {"type": "text", "style": "label", "align": "right", "x": -6, "limit": labels.LIMIT}
    return {
        "data": data,
        "width": BARS,
        "height": {"step": THIN},
        "encoding": {"y": chart.place("rank", axis=None, scale={"paddingInner": 0})},
        "layer": [
            {**bar, "mark": {**bar["mark"], **_alone(words)}},
            _in_colours(bar),
            {"mark": text, "encoding": {"text": {"field": "shown"}}},
            chart.figures(data, value),
        ],
    }
