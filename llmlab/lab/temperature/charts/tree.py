"""The picture of tree: a box a token, those that may follow it beside it, the likelier above."""

import math
from typing import TYPE_CHECKING

from llmlab.lab import chart
from llmlab.lab.text import probability
from llmlab.language import tr
from llmlab.view import Chart, Record

if TYPE_CHECKING:
    from llmlab.lab.temperature.tree import Node, Tree

ROW = 22  # px of a path
TALL = 2200  # px that paths take together, at most; below
LEGIBLE = 14  # px a box has no text
COLUMN = 118  # px of a level, at least
FIGURE = 58  # px of a probability
FIELDS = ("depth", "token", "path", "probability", "path_probability", "end")


def boxes(tree: "Tree") -> Chart:
    """Every path takes one row; a token has those of all paths through it."""
    rows = _rows(tree)
    depth, paths = max(node.depth for node in tree.nodes), len(tree.leaves)
    row = min(ROW, max(TALL / paths, 2))
    column = max(chart.WIDTH / depth, COLUMN)
    number = tr("token {number}", number="' + (datum.value + 0.5) + '")
    names = {"values": [level + 0.5 for level in range(depth)], "labelExpr": f"'{number}'"}
    axis = names | {"orient": "top", "grid": False, "domain": False, "ticks": False}
    title = tr("P of each token after those to its left: its figure, and the bar across its box")
    x = chart.number("left", title, axis=axis, scale={"domain": [0, depth], "nice": False})
    y = chart.number("top", scale={"domain": [0, paths], "reverse": True, "nice": False}, axis=None)
    legible = [{"filter": {"field": "paths", "gte": LEGIBLE / row}}]
    at = {"x": x, "y": y | {"field": "middle"}}
    told = {"path": tr("continuation"), "shown": tr("token"), "figure": "P", "path_figure": tr("P of the whole path")}
    hover = chart.tooltip(**told)
    text = {"type": "text", "style": "label", "baseline": "middle"}
    return chart.picture(
        tree.views(),
        {
            "data": {"values": rows},
            "width": round(column * depth),
            "height": round(row * paths),
            "layer": [
                _box(x, y, "right", 0.14, hover),
                _box(x, y, "reach", 0.4, hover),
                {
                    "transform": legible,
                    "mark": text | {"align": "left", "dx": 6, "limit": round(column - FIGURE - 12)},
                    "encoding": at | {"text": {"field": "shown"}, "tooltip": hover},
                },
                {
                    "transform": legible,
                    "mark": text | {"fontSize": 11, "align": "right", "dx": -6},
                    "encoding": at | {"x": x | {"field": "right"}, "text": {"field": "figure"}, "tooltip": hover},
                },
            ],
        },
    )


def _box(x: Chart, y: Chart, to: str, opacity: float, hover: list[Chart]) -> Chart:
    sides = {"x": x, "x2": {"field": to}, "y": y, "y2": {"field": "bottom"}}
    mark = {"type": "rect", "style": "bar", "opacity": opacity}
    return {"mark": mark, "encoding": sides | {"tooltip": hover}}


def _rows(tree: "Tree") -> list[Record]:
    """The records with the places of their boxes; x in levels, y in paths."""
    first: dict[tuple[int, ...], int] = {}
    last: dict[tuple[int, ...], int] = {}
    for row, leaf in enumerate(tree.leaves):
        for level in range(1, leaf.depth + 1):
            first.setdefault(leaf.place[:level], row)
            last[leaf.place[:level]] = row + 1
    found = chart.data(tree.records(), *FIELDS)["values"]
    return [
        one | _place(node, first[node.place], last[node.place]) for one, node in zip(found, tree.nodes, strict=True)
    ]


def _place(node: "Node", top: int, bottom: int) -> Record:
    left, right, gap = node.depth - 1, node.depth - 0.03, 0.05
    return {
        "left": left,
        "right": right,
        "reach": left + (right - left) * math.exp(node.logprob),
        "top": top + gap,
        "bottom": bottom - gap,
        "middle": (top + bottom) / 2,
        "paths": bottom - top,
        "shown": node.shown,
        "figure": probability(node.logprob),
        "path_figure": probability(node.path_logprob),
    }
