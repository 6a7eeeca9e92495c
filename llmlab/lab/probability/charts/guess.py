"""The picture of guess: how many guesses each symbol took the player, and below it the model's bits."""

from typing import TYPE_CHECKING, Any

from llmlab.lab import chart
from llmlab.lab.probability.charts.ranked import brief, cut, noted
from llmlab.lab.probability.parts import PART
from llmlab.lab.text import show
from llmlab.language import later, tr
from llmlab.view import Chart

if TYPE_CHECKING:
    from llmlab.lab.probability.guess import GuessingGame

MOST = 200  # symbols drawn
GIVEN_UP = later("what was given up stands out, one bar higher than what was tried")
CUT = later("the first {drawn} of {count:,} symbols")


def symbols(game: "GuessingGame") -> Chart:
    """Two bars a symbol, one below the other."""
    views = brief(game.views())
    settled = game.settled[:MOST]
    if not settled:
        return chart.picture(views)
    beside: dict[str, list[Any]] = {
        "shown": [show(one.text.encode()) for one in settled],
        "tries": [len(one.wrong) + 1 for one in settled],
        "given_up": [one.given_up for one in settled],
        "tried": [" ".join(one.wrong) for one in settled],
    }
    rows = chart.data(game.records()[:MOST], "position", "guesses", "model_rank", "model_bits", **beside)
    hover = [
        *chart.tooltip(shown=tr(PART[game.passage.excerpt.by]), guesses=tr("your guesses"), tried=tr("you tried")),
        *chart.tooltip(model_rank=tr("place among the model's")),
        chart.exact("model_bits", tr("the model's bits"), ".2f"),
    ]
    parts = [*_yours(rows, hover), *_models(rows, hover)]
    told = tr(GIVEN_UP) if any(beside["given_up"]) else ""
    return chart.picture(noted(views, cut(len(game.settled), CUT, MOST), told), *parts)


def _yours(rows: Chart, hover: list[Chart]) -> list[Chart]:
    highest = max(row["tries"] for row in rows["values"])
    value = chart.number(
        "tries", tr("your guesses"), scale={"domain": [0, highest]}, axis={"tickMinStep": 1, "format": "d"}
    )
    mark = {"type": "bar", "width": {"band": 1}, "style": "asked"}
    marked = chart.only("datum.given_up", {"mark": mark, "encoding": {"y": value, "tooltip": hover}})
    return chart.sequences(rows, value, hover, marked)


def _models(rows: Chart, hover: list[Chart]) -> list[Chart]:
    highest = max(row["model_bits"] for row in rows["values"])
    return chart.sequences(
        rows, chart.number("model_bits", tr("the model's bits"), scale={"domain": [0, highest]}), hover
    )
