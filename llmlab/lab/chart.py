"""The blocks of which the pictures of results are built: Vega-Lite as plain data.

Specification: https://vega.github.io/vega-lite/docs/. Colours and fonts are the theme's (render/plot/theme.py): a mark
that stands out has a `style` that the theme knows. Data are records, with the fields that a mark needs beside them;
texts in them are data to Vega too and never read as expressions. The text for the eye is in the field `shown`.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from llmlab.render.fold import cells, fold
from llmlab.render.safe import visible
from llmlab.view import Chart, Picture, Record

WIDTH = 640  # px of a plotted area; with axes and labels a picture is some 800 wide
CELL = 7.2  # px that a terminal's cell takes at the size of labels, at most
LABEL = 26  # cells of a label beside its bar; longer ones stand above it, or are cut
BAR, GAP = 14, 22  # px of a bar, and from bar to bar
LINE = 105  # cells of a line of a title


def picture(views: Sequence[Picture], *parts: Chart) -> Chart:
    """Parts below each other, under the title of a table and what it shows; what its notes say is the caption."""
    said = views[0]
    head: dict[str, Any] = {"text": fold(said.title or said.conclusion, LINE)}
    if said.title and said.conclusion:
        head["subtitle"] = fold(said.conclusion, LINE)
    notes = dict.fromkeys(note for view in views for note in view.notes)
    return {"title": head, "vconcat": [*parts, caption(notes)]}


def caption(notes: Iterable[str]) -> Chart:
    """Small lines below a picture: what it is of, and what made it."""
    lines = [line for note in notes for line in fold(note, LINE + 20)]
    return {
        "data": {"values": [{}]},
        "width": WIDTH,
        "height": 14 * len(lines),
        "view": {"stroke": None},
        "mark": {"type": "text", "style": "caption", "align": "left", "baseline": "top", "x": 0, "y": 0},
        "encoding": {"text": {"value": lines}},
    }


def data(records: Iterable[Record], *fields: str, **shown: Sequence[Any]) -> Chart:
    """Fields of records as they are, and columns beside them."""
    rows = [{field: one[field] for field in fields} for one in records]
    for name, values in shown.items():
        for row, value in zip(rows, values, strict=True):
            row[name] = value
    return {"values": rows}


def number(field: str, title: str | None = None, **more: Any) -> Chart:
    """The channel of a quantity; its title names the unit."""
    return {"field": field, "type": "quantitative", "title": title, **more}


def place(field: str, title: str | None = None, **more: Any) -> Chart:
    """The channel of what has an order and no quantity: a rank, a position, a label."""
    return {"field": field, "type": "ordinal", "title": title, "sort": None, **more}


def tooltip(**titles: str) -> list[Chart]:
    """What is told of a mark under the pointer: fields by their titles."""
    return [{"field": field, "title": title, "type": "nominal"} for field, title in titles.items()]


def bars(rows: Chart, value: Chart, hover: Sequence[Chart], *more: Chart) -> Chart:
    """A ranking: a bar a row, from above, its label `shown` beside it, or above it where one is long.

    `rows` have a `rank` from 1; `more` are layers on the same axes.
    """
    labels = [visible(str(row["shown"])) for row in rows["values"]]
    longest = max(map(cells, labels), default=0)
    above = longest > LABEL
    step = GAP + 12 if above else GAP
    y = place("rank", axis=None, scale={"paddingInner": 0})
    label: Chart = {"type": "text", "style": "label", "baseline": "middle", "clip": False}
    if above:
        label |= {"align": "left", "x": 2, "dy": -step / 2 + 7, "limit": WIDTH}
    else:
        label |= {"align": "right", "x": -6, "limit": round(LABEL * CELL)}
    bar = {"type": "bar", "height": BAR, **({"yOffset": 8} if above else {})}
    return {
        "data": rows,
        "width": WIDTH - (0 if above else round(longest * CELL)),
        "height": {"step": step},
        "encoding": {"y": y},
        "layer": [
            {"mark": bar, "encoding": {"x": value, "tooltip": list(hover)}},
            {"mark": label, "encoding": {"text": {"field": "shown"}}},
            *more,
        ],
    }


def sequence(rows: Chart, value: Chart, hover: Sequence[Chart], **colour: Chart) -> Chart:
    """A bar a part of a text, in its order, with the part itself (`shown`) below it; `rows` have a `position`."""
    labels = [cells(visible(str(row["shown"]))) for row in rows["values"]]
    room = WIDTH / max(len(labels), 1)
    upright = max(labels, default=0) * CELL <= room
    label: Chart = {"type": "text", "style": "label", "y": "height", "clip": False, "limit": 120}
    label |= {"align": "center", "baseline": "top", "dy": 5} if upright else {"align": "right", "baseline": "middle"}
    label |= {} if upright else {"angle": -90, "dx": -4}
    return {
        "data": rows,
        "width": WIDTH,
        "height": 220,
        "encoding": {"x": place("position", axis=None, scale={"paddingInner": 0.15})},
        "layer": [
            {"mark": {"type": "bar", "width": {"band": 1}}, "encoding": {"y": value, "tooltip": list(hover), **colour}},
            {"mark": label, "encoding": {"text": {"field": "shown"}}},
        ],
    }
