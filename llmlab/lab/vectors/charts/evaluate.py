"""The pictures of space eval: how many questions are answered right, and cosines against people's scores."""

from typing import TYPE_CHECKING

import numpy as np

from llmlab.arrays import Doubles
from llmlab.lab import chart
from llmlab.lab.shares import INTERVAL, Share
from llmlab.lab.vectors.charts import labels
from llmlab.lab.vectors.charts.frame import Frame, plotted
from llmlab.language import later, tr
from llmlab.render.safe import visible
from llmlab.view import Chart, Record

SHARES = (("accuracy", later("accuracy")), ("low", later("95 % from")), ("high", later("to")))

NAMED = 30  # pairs with a label
ROOM = (640.0, 420.0)  # px of the scatter
EDGE = 24  # px round its points

if TYPE_CHECKING:
    from llmlab.lab.vectors.evaluate import SimilarityScore
    from llmlab.lab.vectors.sections import SectionScores


def right_by_section(scores: "SectionScores") -> Chart:
    """A bar a section with its interval, and one of all questions, which stands out."""
    records = [one for one in scores.records() if one["known"]]
    shares = [Share(one["right"], one["known"]) for one in records]
    rows = chart.data(
        records,
        *("section", "questions", "known", "right", "accuracy"),
        rank=list(range(1, len(records) + 1)),
        shown=[one.shown or tr("all questions") for one in (*scores.sections, scores.total) if one.known],
        figure=[tr("{right:,} of {known:,}", right=one["right"], known=one["known"]) for one in records],
        low=[share.interval[0] for share in shares],
        high=[share.interval[1] for share in shares],
        most=[1] * len(records),  # where the figures stand
        whole=[place == len(records) for place in range(1, len(records) + 1)],
    )
    told = {"section": tr("section"), "questions": tr("questions"), "known": tr("known"), "right": tr("right")}
    hover = [*chart.tooltip(**told), *(chart.exact(field, tr(title), ".1%") for field, title in SHARES)]
    value = chart.number("accuracy", tr("right / known"), axis={"format": "%"}, scale={"domain": [0, 1]})
    layers = [chart.standing_out(rows, value, hover, "whole"), chart.interval(rows, value, "low", "high")]
    bars = chart.bars(rows, value, hover, *layers, chart.figures(rows, {**value, "field": "most"}))
    notes = [tr("lines: {meaning}", meaning=tr(INTERVAL)), *(note for view in scores.views() for note in view.notes)]
    return chart.picture(scores.views(), bars, notes=notes)


def people_and_cosines(score: "SimilarityScore") -> Chart:
    """A point a pair. Those have a label whose places in the two orders are farthest apart, where there is room."""
    if not score.judged:
        return chart.picture(score.views())
    rows: list[Record] = score.document()["judged"]
    for row in rows:
        row["shown"] = f"{visible(row['a'])}, {visible(row['b'])}"
    values = np.array([[row["score"], row["cosine"]] for row in rows], np.float64)
    frame, order = Frame.round(values, ROOM, EDGE), _farthest_apart(values)
    widths = [labels.width(rows[place]["shown"]) for place in order[:NAMED]]
    placed = labels.place(frame.pixels(values[order]), widths, frame.room)
    for place, label in zip(order, placed, strict=False):
        rows[place] |= frame.fields(label)
    here = frame.axes(("score", "cosine"), (tr("people's score"), "cosine"))
    hover = [*chart.tooltip(shown=tr("pair"), score=tr("people's score")), chart.exact("cosine", "cosine", ".6f")]
    points = [{"mark": "point", "encoding": {**here, "tooltip": hover}}]
    return chart.picture(score.views(), plotted(rows, frame, here, points), notes=_told(score, len(widths)))


def _farthest_apart(values: Doubles) -> list[int]:
    """The pairs by how far their ranks [N, 2] are apart, the farthest first."""
    from scipy import stats

    ranks = stats.rankdata(values, axis=0)
    return list(map(int, np.argsort(-np.abs(ranks[:, 0] - ranks[:, 1]), kind="stable")))


def _told(score: "SimilarityScore", named: int) -> list[str]:
    """The correlations, how much of the file they are of, and which pairs have a label."""
    notes = []
    if score.spearman is not None:
        both = {"spearman": f"{score.spearman:z.4f}", "pearson": f"{score.pearson:z.4f}"}
        notes.append(tr("Spearman's correlation {spearman}, Pearson's {pearson}", **both))
    told = {"known": score.known, "pairs": score.pairs, "named": named}
    if named < score.known:
        some = tr(
            "{known:,} of {pairs:,} pairs are known; they have a name where there is room: "
            "the {named} whose places in the two orders are farthest apart",
            **told,
        )
        notes.append(some)
    else:
        notes.append(tr("{known:,} of {pairs:,} pairs are known; they have a name where there is room", **told))
    return [*notes, *(note for view in score.views() for note in view.notes)]
