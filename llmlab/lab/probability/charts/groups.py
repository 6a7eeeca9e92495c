"""The pictures of choose FILE and of pairs: the share of right answers by group, with 95 % intervals."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from llmlab.lab import chart
from llmlab.lab.probability.charts.ranked import MOST, PERCENT, noted
from llmlab.language import later, tr
from llmlab.render.fold import cells
from llmlab.render.safe import visible
from llmlab.view import Chart, Picture, Record

if TYPE_CHECKING:
    from llmlab.lab.probability.pairs import Pairs
    from llmlab.lab.probability.quiz import Quiz

FIELDS = ("group", "right", "trials", "share", "low", "high")
INTERVAL = later("a line is where the true share lies, 95 times of 100 (Wilson)")
NAMES = {
    "sum": later("the sum"),
    "per_character": later("mean a character"),
    "per_token": later("mean a token"),
}
NAME = 34  # cells of a group's name


def of_pairs(pairs: "Pairs") -> Chart:
    """How often the good sentence is the likelier one."""
    rows = _rows(pairs.document()["groups"], 1)
    return _picture(
        pairs.views(), len(pairs.document()["groups"]), rows, tr("pairs whose good sentence is the likelier")
    )


def of_quiz(quiz: "Quiz") -> Chart:
    """How often the right choice is the likeliest, by each of the scores."""
    groups = quiz.document()["groups"]
    rows = _rows(groups, len(NAMES), score=[tr(NAMES[one["by"]]) for one in groups])
    by = {"field": "score", "type": "nominal", "sort": None, "scale": {"domain": list(map(tr, NAMES.values()))}}
    colour = {"color": by | {"title": tr("the likeliest by"), "legend": {"orient": "top", "titleOrient": "left"}}}
    title = tr("questions whose right choice is the likeliest")
    return _picture(quiz.views(), len(groups) // len(NAMES), rows, title, shape=by | {"legend": None}, **colour)


def _rows(groups: Sequence[Record], each: int, **more: Sequence[Any]) -> Chart:
    """A row a point, in its place from above; of very many groups the first, and all together, which comes last."""
    place = [i // each for i in range(len(groups))]
    shown = [*(visible(one["group"]) for one in groups[:-each]), *[tr("all")] * each]
    label = [text if i % each == 0 else "" for i, text in enumerate(shown)]  # once a group
    figure = [tr("{share:.1%} of {trials:,}", share=one["share"], trials=one["trials"]) for one in groups]
    fields = [*FIELDS, "by"] if "by" in groups[0] else FIELDS
    rows = chart.data(groups, *fields, rank=place, shown=shown, label=label, figure=figure, **more)["values"]
    last = len(groups) // each - 1
    return {"values": [row for row in rows if row["rank"] < MOST - 1 or row["rank"] == last]}


def _picture(views: Sequence[Picture], groups: int, rows: Chart, title: str, **channels: Chart) -> Chart:
    several = bool(channels)
    longest = min(max(cells(row["shown"]) for row in rows["values"]), NAME)
    y = chart.place("rank", axis=None, scale={"paddingInner": 0.3, "paddingOuter": 0.15})
    beside = {"yOffset": {"field": "score", "sort": list(map(tr, NAMES.values()))}} if several else {}
    value = chart.number("share", title, scale={"domain": [0, 1]}, axis=PERCENT)
    hover = chart.tooltip(shown=tr("group"), share=tr("share right"), low=tr("from"), high=tr("to"))
    hover += chart.tooltip(right=tr("right"), trials=tr("of"))
    hover += chart.tooltip(score=tr("the likeliest by")) if several else []
    label = {"type": "text", "style": "label", "align": "right", "baseline": "middle", "x": -8, "clip": False}
    label |= {"limit": round(NAME * chart.CELL)}
    end = {
        "type": "text",
        "style": "value",
        "align": "left",
        "baseline": "middle",
        "x": "width",
        "dx": 8,
        "clip": False,
    }
    width = chart.WIDTH - round(longest * chart.CELL) - 60
    drawn: Chart = {
        "data": rows,
        "width": width,
        "height": {"step": 3 * chart.GAP if several else chart.GAP, "for": "position"},
        "encoding": {"y": y},
        "layer": [
            {"mark": label, "encoding": {"text": {"field": "label"}}},
            {
                "mark": {"type": "rule", "style": "interval"},
                "encoding": {"x": value | {"field": "low"}, "x2": {"field": "high"}, **beside},
            },
            {
                "mark": {"type": "point", "filled": True, "size": 60, "opacity": 1},
                "encoding": {"x": value, "tooltip": hover, **beside, **channels},
            },
            {"mark": end, "encoding": {"text": {"field": "figure"}, **beside}},
        ],
    }
    return chart.picture(noted(views, _cut(groups), tr(INTERVAL)), drawn)


def _cut(groups: int) -> str:
    if groups <= MOST:
        return ""
    return tr("the first {drawn} of {count:,} groups, and all", drawn=MOST - 1, count=groups - 1)
