"""The area of a plot in px: where values fall in it, and the labels that were placed there, told in values again."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from llmlab.arrays import Doubles
from llmlab.lab import chart
from llmlab.lab.vectors.charts import labels
from llmlab.lab.vectors.charts.labels import Label
from llmlab.view import Chart, Record

Pair = tuple[float, float]  # across, and up


@dataclass(frozen=True)
class Frame:
    """So many px, the values at their lower left, and what a px is of them."""

    room: Pair
    start: Pair
    units: Pair

    @classmethod
    def round(cls, values: Doubles, room: Pair, edge: float, *, equal: bool = False) -> "Frame":
        """About values [N, 2] in the middle, so many px from the edge; `equal`: a px is as much on both axes."""
        low, high = values.min(axis=0), values.max(axis=0)
        units = (high - low) / (np.array(room) - 2 * edge)
        units = np.where(units > 0, units, units.max() or 1.0)
        if equal:
            units = np.full(2, units.max())
        start = (low + high) / 2 - np.array(room) / 2 * units
        return cls(room, (float(start[0]), float(start[1])), (float(units[0]), float(units[1])))

    @property
    def domains(self) -> tuple[list[float], list[float]]:
        """The values at the ends of both axes."""
        ends = [[at, at + px * unit] for at, px, unit in zip(self.start, self.room, self.units, strict=True)]
        return ends[0], ends[1]

    def pixels(self, values: Doubles) -> Doubles:
        """Where values [N, 2] are, from the left and from above."""
        found = (values - self.start) / self.units
        found[:, 1] = self.room[1] - found[:, 1]
        return np.asarray(found)

    def values(self, x: float, y: float) -> Pair:
        """The values at a place in px."""
        return self.start[0] + x * self.units[0], self.start[1] + (self.room[1] - y) * self.units[1]

    def fields(self, label: Label | None) -> Record:
        """What a row says of its label, in values: where it stands, and where the line from its point ends."""
        if label is None:
            return {}
        x, y = self.values(label.x, label.middle)
        found: Record = {"label_x": x, "label_y": y, "align": label.align}
        if label.lead is not None:
            found["lead_x"], found["lead_y"] = self.values(*label.lead)
        return found

    def axes(self, fields: tuple[str, str], titles: Sequence[str]) -> Chart:
        """Both channels of a place, with the ends of this frame."""
        both = zip("xy", fields, titles, self.domains, strict=True)
        return {
            channel: chart.number(field, title, scale=_scale(ends), axis={"tickCount": 5})
            for channel, field, title, ends in both
        }


def plotted(rows: Sequence[Record], frame: Frame, here: Chart, points: Sequence[Chart], of: str = "") -> Chart:
    """Points with their labels and lines; `of` is a test of rows whose label stands out."""
    line = {**here, "x2": {"field": "lead_x"}, "y2": {"field": "lead_y"}}
    at = {channel: {**axis, "field": f"label_{channel}"} for channel, axis in here.items()}
    styles = {"label": f" && !({of})", "asked-label": f" && {of}"} if of else {"label": ""}
    return {
        "data": {"values": list(rows)},
        "width": frame.room[0],
        "height": frame.room[1],
        "layer": [
            chart.only("isValid(datum.lead_x)", {"mark": {"type": "rule", "style": "leader"}, "encoding": line}),
            *points,
            *(_labels(align, style, test, at) for style, test in styles.items() for align in labels.ALIGNS),
        ],
    }


def _labels(align: str, style: str, test: str, at: Chart) -> Chart:
    text = {"type": "text", "align": align, "baseline": "middle", "limit": labels.LIMIT + 2, "style": style}
    layer = {"mark": text, "encoding": {**at, "text": {"field": "shown"}}}
    return chart.only(f"datum.align == '{align}'{test}", layer)


def _scale(ends: list[float]) -> Chart:
    return {"domain": ends, "nice": False, "zero": False}
