"""The pictures of space eval: how many questions are answered right, and cosines against people's scores."""

from typing import TYPE_CHECKING

from llmlab.lab import chart
from llmlab.lab.shares import INTERVAL, Share
from llmlab.render.safe import visible
from llmlab.view import Chart

SHARES = (("accuracy", "accuracy"), ("low", "95 % from"), ("high", "to"))

if TYPE_CHECKING:
    from llmlab.lab.vectors.sections import SectionScores


def right_by_section(scores: "SectionScores") -> Chart:
    """A bar a section with its interval, and one of all questions, which stands out."""
    records = [one for one in scores.records() if one["known"]]
    shares = [Share(one["right"], one["known"]) for one in records]
    rows = chart.data(
        records,
        *("section", "questions", "known", "right", "accuracy"),
        rank=list(range(1, len(records) + 1)),
        shown=[visible(one["section"]) or "all questions" for one in records],
        figure=[f"{one['right']:,} of {one['known']:,}" for one in records],
        low=[share.interval[0] for share in shares],
        high=[share.interval[1] for share in shares],
        most=[1] * len(records),  # where the figures stand
        whole=[place == len(records) for place in range(1, len(records) + 1)],
    )
    hover = chart.tooltip(section="section", questions="questions", known="known", right="right")
    hover += [chart.exact(field, title, ".1%") for field, title in SHARES]
    value = chart.number("accuracy", "right / known", axis={"format": "%"}, scale={"domain": [0, 1]})
    layers = [chart.standing_out(rows, value, hover, "whole"), chart.interval(rows, value, "low", "high")]
    bars = chart.bars(rows, value, hover, *layers, chart.figures(rows, {**value, "field": "most"}))
    notes = [f"lines: {INTERVAL}", *(note for view in scores.views() for note in view.notes)]
    return chart.picture(scores.views(), bars, notes=notes)
