"""The picture of attention: a heat map, a row a layer or head, a column a token."""

from typing import TYPE_CHECKING

from llmlab.lab import chart
from llmlab.language import tr
from llmlab.view import Chart, Record

if TYPE_CHECKING:
    from llmlab.lab.inside.attention import Attention

MOST = 60  # tokens that are drawn: the first, and the last
CELL, ROW = 40, 20  # px at most, and of a row


def weights(found: "Attention") -> Chart:
    """The share of each token, as a colour."""
    kept = _kept(len(found.pieces))
    records = [one for one in found.records() if one["position"] in kept]
    by, shown = "layer" if found.layer is None else "head", found.shown
    rows = chart.data(
        records, "layer", "head", "position", "token", "weight", shown=[shown[one["position"]] for one in records]
    )
    view = found.views()[0]
    left = len(found.pieces) - len(kept)
    more = tr(
        "the first token and the last {count} are drawn; {left:,} between them are not", count=len(kept) - 1, left=left
    )
    return chart.picture([view], _map(rows, by, len(kept)), notes=[*([more] if left else []), *view.notes])


def _kept(count: int) -> set[int]:
    return {0, *range(max(count - MOST + 1, 0), count)}


def _map(rows: Chart, by: str, across: int) -> Chart:
    px = min(CELL, chart.WIDTH // across)  # whole ones leave no seams
    upright = chart.widest(rows) * chart.CELL <= px
    label: Chart = {"type": "text", "style": "label", "fontSize": min(12, max(px - 1, 8)), "limit": 120, "clip": False}
    label |= {"align": "center", "baseline": "bottom"} if upright else {"align": "left", "baseline": "middle"}
    label |= {} if upright else {"angle": 270}
    legend: Chart = {"orient": "bottom", "direction": "horizontal", "gradientLength": 180, "gradientThickness": 10}
    scale = {"type": "sqrt", "domain": [0, 1], "range": "heatmap"}  # the first token's share would hide the others
    row = tr("layer") if by == "layer" else tr("head")
    told = {"shown": tr("token"), "position": tr("position"), by: row}
    hover = [*chart.tooltip(**told), chart.exact("weight", tr("share"))]
    return {
        "data": rows,
        "width": {"step": px},
        "height": {"step": ROW},
        "encoding": {
            "x": chart.place("position", axis=None, scale={"padding": 0}),
            "y": chart.place(by, row, scale={"padding": 0}, axis={"labelOverlap": "greedy"}),
        },
        "layer": [
            {
                "mark": "rect",
                "encoding": {
                    "color": chart.number("weight", tr("share of the attention"), scale=scale, legend=legend),
                    "tooltip": hover,
                },
            },
            chart.only(
                f"datum.{by} == {_first(rows['values'], by)}",
                {"mark": label, "encoding": {"y": {"value": -5}, "text": {"field": "shown"}}},
            ),
        ],
    }


def _first(rows: list[Record], by: str) -> int:
    return int(rows[0][by])
