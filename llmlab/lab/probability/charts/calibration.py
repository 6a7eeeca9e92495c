"""The picture of calibration: the reliability diagram, and below it what was expected and seen by decade of P.

A bin is right where its line crosses the diagonal (DeGroot and Fienberg 1983; Bröcker and Smith 2007).
"""

import math
from typing import TYPE_CHECKING

from llmlab.lab import chart
from llmlab.lab.probability.charts.ranked import PERCENT, noted
from llmlab.language import later, tr
from llmlab.view import Chart, Record

if TYPE_CHECKING:
    from llmlab.lab.probability.calibration import Calibration

SIDE = 360  # px of the diagram, which is square
UNIT = {"scale": {"domain": [0, 1]}, "axis": PERCENT}
SAID = later(
    "a point is a bin of as many positions, its line where the true share lies, 95 times of 100; "
    "on the diagonal P comes true"
)
FIELDS = ("probability_from", "probability_to", "positions", "expected", "seen", "mean_probability", "share")
COUNTS = {"expected": later("expected: the sum of P"), "seen": later("seen")}


def diagram(found: "Calibration") -> Chart:
    """Share that came against mean P; counts expected and seen, in tenfold steps."""
    records = found.records()
    top = [one for one in records if one["of"] == "likeliest"]
    decades = [one for one in records if one["of"] == "all"]
    spans = [one.span for one in found.found.decades]
    return chart.picture(noted(found.views(), tr(SAID)), _bins(top), _counts(decades, spans))


def _bins(records: list[Record]) -> Chart:
    rows = chart.data(records, *FIELDS, "low", "high")
    x = chart.number("mean_probability", tr("P of the likeliest token (mean of a bin)"), **UNIT)
    y = chart.number("share", tr("share of the positions at which it came"), **UNIT)
    hover = [chart.exact("mean_probability", tr("mean P")), chart.exact("share", tr("share that came"))]
    hover += [chart.exact("low", tr("from")), chart.exact("high", tr("to"))]
    hover += chart.tooltip(positions=tr("positions"))
    ends = {"values": [{"mean_probability": end, "share": end} for end in (0, 1)]}
    line = {"type": "line", "style": "rest", "strokeDash": [4, 3]}
    return {
        "width": SIDE,
        "height": SIDE,
        "layer": [
            {"data": ends, "mark": line, "encoding": {"x": x, "y": y}},
            {
                "data": rows,
                "mark": {"type": "rule", "style": "interval"},
                "encoding": {"x": x, "y": y | {"field": "low"}, "y2": {"field": "high"}},
            },
            {
                "data": rows,
                "mark": {"type": "point", "filled": True, "size": 60, "opacity": 1},
                "encoding": {"x": x, "y": y, "tooltip": hover},
            },
        ],
    }


def _counts(records: list[Record], spans: list[str]) -> Chart:
    """Two bars a decade, on a scale of tenfold steps; what is below its beginning has none."""
    rows = [
        {**{field: one[field] for field in FIELDS}, "decade": span, "count": one[kind], "counted": tr(COUNTS[kind])}
        for one, span in zip(records, spans, strict=True)
        for kind in COUNTS
    ]
    steps = [10.0**step for step in range(-1, 1 + max(math.ceil(math.log10(records[0]["positions"])), 1))]
    scale = {"type": "log", "domain": [steps[0], steps[-1]], "clamp": True}
    of: Chart = {"field": "counted", "type": "nominal", "sort": None, "title": None}
    of |= {"scale": {"domain": list(map(tr, COUNTS.values()))}}
    hover = [*chart.tooltip(decade="P", counted=tr("which")), chart.exact("count", tr("tokens"), ",.1f")]
    return {
        "title": chart.heading(tr("every token of the vocabulary at every position, by decade of its P")),
        "data": {"values": rows},
        "width": chart.WIDTH,
        "height": 200,
        "mark": {"type": "bar"},
        "encoding": {
            "x": chart.place("decade", "P", axis={"labelAngle": 0}),
            "xOffset": of,
            "y": chart.number(
                "count", tr("tokens (tenfold steps)"), scale=scale, axis={"values": steps, "format": ",~g"}
            ),
            "y2": {"datum": steps[0]},
            "color": of | {"legend": {"orient": "top"}},
            "tooltip": hover,
        },
    }
