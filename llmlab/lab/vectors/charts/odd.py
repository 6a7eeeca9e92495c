"""The picture of odd: each word's similarity to the mean of all, the least first."""

from typing import TYPE_CHECKING

from llmlab.lab import chart
from llmlab.language import tr
from llmlab.render.safe import visible
from llmlab.view import Chart

if TYPE_CHECKING:
    from llmlab.lab.vectors.odd import Odd


def similarities_to_the_mean(odd: "Odd") -> Chart:
    """A bar a word; the one that does not belong stands out."""
    records = odd.records()
    shown = [visible(one["text"]) for one in records]
    figure = [f"{one['cosine_to_mean']:z.4f}" for one in records]
    rows = chart.data(records, "rank", "text", "cosine_to_mean", "odd", shown=shown, figure=figure)
    hover = [*chart.tooltip(shown=tr("word")), chart.exact("cosine_to_mean", tr("cosine to the mean"), ".6f")]
    value = chart.number("cosine_to_mean", tr("cosine to the mean of all words"))
    marked = chart.standing_out(rows, value, hover, "odd")
    return chart.picture(odd.views(), chart.bars(rows, value, hover, marked, chart.figures(rows, value)))
