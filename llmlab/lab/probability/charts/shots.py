"""The picture of choose FILE --shots: right answers by number of examples, a line a wording, with 95 % intervals."""

from typing import TYPE_CHECKING

from llmlab.lab import chart
from llmlab.lab.probability.charts.ranked import PERCENT, noted
from llmlab.language import later, tr
from llmlab.render.safe import visible
from llmlab.view import Chart

if TYPE_CHECKING:
    from llmlab.lab.probability.shots import Shots

FIELDS = ("template", "shots", "questions", "draws", "share", "low", "high", "worst_draw", "best_draw")
INTERVAL = later("a line up and down is where the true share lies, 95 times of 100")
HEIGHT = 300  # px
NEAR = {"paddingInner": 0.85, "paddingOuter": 0.5}  # wordings stand close to each other


def curves(found: "Shots") -> Chart:
    """A point a number of examples, in equal steps: each is about twice the one before."""
    records = found.document()["points"]
    names = list(dict.fromkeys(visible(one["template"]) for one in records))
    rows = chart.data(records, *FIELDS, wording=[visible(one["template"]) for one in records])
    return chart.picture(noted(found.views(), tr(INTERVAL)), _drawn(rows, names))


def _told(several: bool) -> list[Chart]:
    """What is told under the pointer."""
    shares = {
        "share": tr("share right"),
        "low": tr("from"),
        "high": tr("to"),
        "worst_draw": tr("worst draw"),
        "best_draw": tr("best draw"),
    }
    told = [chart.exact(field, title, ".1%") for field, title in shares.items()]
    told += chart.tooltip(questions=tr("questions"), draws=tr("draws"))
    return told + (chart.tooltip(wording=tr("wording")) if several else [])


def _drawn(rows: Chart, names: list[str]) -> Chart:
    several = len(names) > 1
    by = {"field": "wording", "type": "nominal", "sort": None, "scale": {"domain": names}}
    legend = {"orient": "top", "columns": 1, "labelLimit": chart.WIDTH}
    colour = {"color": by | {"title": None, "legend": legend}} if several else {}
    beside = {"xOffset": by} if several else {}
    x = chart.place("shots", tr("examples in the prompt"), axis={"labelAngle": 0}, scale=NEAR)
    title = tr("questions whose right choice is the likeliest")
    y = chart.number("share", title, scale={"domain": [0, 1]}, axis=PERCENT)
    hover = _told(several)
    span = y | {"field": "low"}
    return {
        "data": rows,
        "width": chart.WIDTH,
        "height": HEIGHT,
        "encoding": {"x": x, **beside, **colour},
        "layer": [
            {"mark": {"type": "line", "strokeWidth": 1.5}, "encoding": {"y": y}},
            {"mark": {"type": "rule", "strokeWidth": 1.4}, "encoding": {"y": span, "y2": {"field": "high"}}},
            {
                "mark": {"type": "point", "filled": True, "size": 60, "opacity": 1},
                "encoding": {"y": y, "tooltip": hover},
            },
        ],
    }
