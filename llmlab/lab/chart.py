"""The blocks of which the pictures of results are built: Vega-Lite as plain data.

Specification: https://vega.github.io/vega-lite/docs/. Colours and fonts are the theme's (render/plot/theme.py): a mark
that stands out has a `style` that the theme knows. Data are records, with the fields that a mark needs beside them;
texts in them are data to Vega too and never read as expressions. The text for the eye is in the field `shown`.
"""

import math
import re
from collections.abc import Iterable, Sequence
from typing import Any

from llmlab.render.fold import cells, fold
from llmlab.render.safe import visible
from llmlab.view import Chart, Picture, Record

WIDTH = 640  # px of a plotted area; with axes and labels a picture is some 800 wide
CELL = 7.2  # px that a terminal's cell takes at the size of labels, at most
LABEL = 26  # cells of a label beside its bar; longer ones stand above it, or are cut
BAR, GAP = 14, 22  # px of a bar, and from bar to bar
ABREAST = 42  # parts of a text in a line: their labels stand beside each other,
UPRIGHT = 16  # or, where at least so many have room, upright
BETWEEN = 16  # px from panel to panel
FIGURE = 56  # px of a figure at the end of a bar
ABOVE = {"titleAngle": 0, "titleAlign": "left", "titleAnchor": "end", "titleX": 0, "titleY": -9}  # an axis's title
OWN = {"scale": {"color": "independent"}}  # colours of a part, whose legend then stands beside it
TITLE = re.compile(r"[A-Za-z0-9 ,.:()/%'\u4e00-\u9fff，：（）、-]+")
LINE = 105  # cells of a line of a title


def picture(views: Sequence[Picture], *parts: Chart, notes: Iterable[str] | None = None) -> Chart:
    """Parts below each other, under the title of a table and what it shows; what its notes say is the caption.

    `notes` are others, where those of the tables speak of what is not in the picture.
    """
    said = views[0]
    below = [note for view in views for note in view.notes] if notes is None else notes
    return titled(said.title or said.conclusion, *parts, below=said.conclusion if said.title else "", notes=below)


def titled(title: str, *parts: Chart, below: str = "", notes: Iterable[str] = ()) -> Chart:
    """Parts below each other, under a title and a line, over the notes, each once."""
    head: dict[str, Any] = {"text": fold(_joined(title), LINE)}
    if below:
        head["subtitle"] = fold(below, LINE)
    return {"title": head, "vconcat": [*parts, caption(dict.fromkeys(notes))], "resolve": OWN}


def _joined(text: str) -> str:
    """What a table sets apart by several spaces, which a picture draws as one."""
    return re.sub(r" {3,}", " | ", text.strip())


def caption(notes: Iterable[str]) -> Chart:
    """Small lines below a picture: what it is of, and what made it."""
    lines = [line for note in notes for line in fold(_joined(note), LINE + 20)]
    return {
        "data": {"values": [{}]},
        "width": 1,  # lines are as long as they are; more would be empty room beside the parts
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
    return [{"field": field, "title": _ours(title), "type": "nominal"} for field, title in titles.items()]


def bars(
    rows: Chart, value: Chart, hover: Sequence[Chart], *more: Chart, width: float | None = None, labels: bool = True
) -> Chart:
    """A ranking: a bar a row, from above, its label `shown` beside it, or above it where one is long.

    `rows` have a `rank` from 1; `more` are layers on the same axes. `width` is of the bars alone, in px; without
    `labels` they stand beside others that have them.
    """
    longest = widest(rows)
    above = longest > LABEL
    step = GAP + 12 if above else GAP
    y = place("rank", axis=None, scale={"paddingInner": 0})
    label: Chart = {"type": "text", "style": "label", "baseline": "middle", "clip": False}
    if above:
        label |= {"align": "left", "x": 2, "dy": -step / 2 + 7, "limit": width or WIDTH}
    else:
        label |= {"align": "right", "x": -6, "limit": round(LABEL * CELL)}
    bar = {"type": "bar", "height": BAR, **({"yOffset": 8} if above else {})}
    beside = [{"mark": label, "encoding": {"text": {"field": "shown"}}}] if labels else []
    return {
        "data": rows,
        "width": width or WIDTH - (0 if above else round(longest * CELL)),
        "height": {"step": step},
        "encoding": {"y": y},
        "layer": [{"mark": bar, "encoding": {"x": value, "tooltip": list(hover)}}, *beside, *more],
    }


def multiples(
    panels: Sequence[tuple[Sequence[str], Chart]],
    field: str,
    title: str,
    hover: Sequence[Chart],
    abreast: int = 4,
    form: str = "~g",
) -> list[Chart]:
    """The same ranking several times, side by side over one scale, in as many lines as it takes.

    Of each: what stands above it, and its rows, which have a `figure` for the end of each bar. `form` is of the axis.
    """
    longest = max(widest(rows) for _, rows in panels)
    most_abreast = min(abreast, 2) if longest > LABEL else abreast
    abreast = math.ceil(len(panels) / math.ceil(len(panels) / most_abreast))  # lines of one length
    room = WIDTH - (0 if longest > LABEL else longest * CELL)
    width = round((room - BETWEEN * (abreast - 1)) / abreast)
    most = max((row[field] for _, rows in panels for row in rows["values"]), default=1) or 1
    scale = {"domain": [0, most], "range": [0, width - FIGURE]}
    value = number(field, title, scale=scale, axis={"tickCount": max(2, width // 70), "format": form})
    drawn = [
        {
            **bars(rows, value, hover, figures(rows, value), width=width, labels=place % abreast == 0),
            "title": heading(said[0], said[1:] if len(panels) > 1 else [", ".join(said[1:])]),
        }
        for place, (said, rows) in enumerate(panels)
    ]
    return [{"hconcat": drawn[at : at + abreast], "spacing": BETWEEN} for at in range(0, len(drawn), abreast)]


def heading(text: str, lines: Sequence[str] = ()) -> Chart:
    """The title of a part of a picture, and lines below it."""
    said = {"subtitle": list(lines)} if lines else {}  # an empty one takes a line
    return {"text": text, **said, "fontSize": 12, "subtitleFontSize": 11, "offset": 6}


def widest(rows: Chart) -> int:
    """Cells of the longest label."""
    return max((cells(visible(str(row["shown"]))) for row in rows["values"]), default=0)


def figures(rows: Chart, value: Chart) -> Chart:
    """A layer for `bars`: what the field `figure` says, at the end of each, whichever way it points."""
    field = value["field"]
    mark = {"type": "text", "style": "value", "baseline": "middle", "clip": False, **_lowered(rows, "dy")}
    encoding = {"x": value, "text": {"field": "figure"}}
    right = {"mark": {**mark, "align": "left", "dx": 4}, "encoding": encoding}
    if all(row[field] >= 0 for row in rows["values"]):
        return right
    left = {"mark": {**mark, "align": "right", "dx": -4}, "encoding": encoding}
    return {"layer": [only(f"datum.{field} >= 0", right), only(f"datum.{field} < 0", left)]}


def standing_out(rows: Chart, value: Chart, hover: Sequence[Chart], field: str, style: str = "asked") -> Chart:
    """A layer for `bars`: those whose field is true, in a style of their own."""
    mark = {"type": "bar", "height": BAR, "style": style, **_lowered(rows, "yOffset")}
    return only(f"datum.{field}", {"mark": mark, "encoding": {"x": value, "tooltip": list(hover)}})


def interval(rows: Chart, value: Chart, low: str, high: str) -> Chart:
    """A layer for `bars`: a line from one field of a row to another."""
    mark = {"type": "rule", "style": "interval", **_lowered(rows, "yOffset")}
    return {"mark": mark, "encoding": {"x": {**value, "field": low}, "x2": {"field": high}}}


def only(test: str, layer: Chart) -> Chart:
    """A layer of the rows alone for which an expression over fields of ours is true."""
    return {"transform": [{"filter": test}], **layer}


def exact(field: str, title: str, form: str = ".4f") -> Chart:
    """A number that is told of a mark under the pointer, in a form of https://d3js.org/d3-format."""
    return {"field": field, "title": _ours(title), "type": "quantitative", "format": form}


def _ours(title: str) -> str:
    """A title that Vega-Lite makes an expression of, as it does of all under the pointer: no text of others is one."""
    assert TITLE.fullmatch(title), f"{title!r} is no title of ours"
    return title


def _lowered(rows: Chart, channel: str) -> Chart:
    """What moves a mark to its bar, where that stands below its label."""
    return {channel: 8} if widest(rows) > LABEL else {}


def sequence(
    rows: Chart, value: Chart, hover: Sequence[Chart], *more: Chart, width: float = WIDTH, **colour: Chart
) -> Chart:
    """A bar a part of a text, in its order, with the part itself (`shown`) below it; `rows` have a `position`.

    `more` are layers on the same axes.
    """
    labels = [cells(visible(str(row["shown"]))) for row in rows["values"]]
    room = width / max(len(labels), 1)
    upright = max(labels, default=0) * CELL <= room
    label: Chart = {"type": "text", "style": "label", "y": "height", "clip": False, "limit": 120}
    label |= {"align": "center", "baseline": "top", "dy": 5} if upright else {"align": "right", "baseline": "middle"}
    label |= {} if upright else {"angle": 270, "dx": -4}
    bar = {"type": "bar", "width": {"band": 1}}
    return {
        "data": rows,
        "width": width,
        "height": 220,
        "encoding": {"x": place("position", axis=None, scale={"paddingInner": 0.15})},
        "layer": [
            {"mark": bar, "encoding": {"y": value, "tooltip": list(hover), **colour}},
            {"mark": label, "encoding": {"text": {"field": "shown"}}},
            *more,
        ],
    }


def sequences(rows: Chart, value: Chart, hover: Sequence[Chart], *more: Chart, **colour: Chart) -> list[Chart]:
    """The same in as many lines as a long text takes; `value` has the scale of them all."""
    parts = rows["values"]
    upright = int(WIDTH // (max(widest(rows), 1) * CELL))  # where labels are short they need not be turned
    count = math.ceil(len(parts) / (upright if upright >= UPRIGHT else ABREAST))
    size = math.ceil(len(parts) / count)
    lines = [parts[start : start + size] for start in range(0, len(parts), size)]
    return [
        sequence({"values": line}, value, hover, *more, width=round(WIDTH * len(line) / size), **colour)
        for line in lines
    ]
