"""A result's picture as a slide has it: without the title, which the slide says, and as wide as a slide is."""

import re
from dataclasses import dataclass
from typing import Any

from llmlab.render import plot
from llmlab.view import Chart, Pictured

WIDTH, HEIGHT = 1168, 440  # pixels that a slide has for it
SIZE = re.compile(r'<svg[^>]* width="([\d.]+)" height="([\d.]+)"')


@dataclass(frozen=True)
class Drawing:
    """A picture as SVG, and what it says to those who do not see it."""

    svg: str
    said: str


def drawing(result: Pictured) -> Drawing:
    """The picture, its charts below each other or in two columns, whichever is larger on a slide."""
    first = result.views()[0]
    spec = plot.specification(result)
    spec.pop("title", None)
    drawn = [plot.svg(one) for one in (spec, *_columns(spec))]
    return Drawing(max(drawn, key=_scale), " — ".join(filter(None, (first.title, first.conclusion))))


def _columns(spec: Chart) -> list[Chart]:
    """The same charts in two columns, where there are several below each other."""
    if len(spec.get("vconcat", ())) < 3:
        return []
    rest = {name: value for name, value in spec.items() if name != "vconcat"}
    return [{**rest, "concat": list(map(_labelled, spec["vconcat"])), "columns": 2}]


def _labelled(part: Chart) -> Chart:
    """A chart with the labels of its x axis, which it left to the one below it."""
    x: dict[str, Any] = part.get("encoding", {}).get("x", {})
    axis = x.get("axis") or {}
    if x.get("title", "") is not None or axis.get("labels", True):
        return part
    return {**part, "encoding": {**part["encoding"], "x": {**x, "axis": {**axis, "labels": True, "ticks": True}}}}


def _scale(svg: str) -> float:
    """How large a picture is on a slide that it fills."""
    found = SIZE.search(svg)
    return min(WIDTH / float(found[1]), HEIGHT / float(found[2])) if found else 0.0
