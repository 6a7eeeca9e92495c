"""The picture of secret: how near each guess was to the hidden word, in the order they were made."""

from typing import TYPE_CHECKING

from llmlab.lab import chart
from llmlab.render.safe import visible
from llmlab.view import Chart

if TYPE_CHECKING:
    from llmlab.lab.vectors.secret import SecretGame

MOST = 60  # guesses drawn: the last of them


def path(game: "SecretGame") -> Chart:
    """A bar a guess, the first above; the word itself stands out."""
    views, records = game.views(), game.records()[-MOST:]
    if not records:
        return chart.picture(views)
    shown = [f"{visible(one['word'])}{' (hint)' if one['hint'] else ''}" for one in records]
    figure = ["found" if one["place"] == 0 else f"place {one['place']:,}" for one in records]
    ranks = [one["guess"] for one in records]
    found = [one["place"] == 0 for one in records]
    rows = chart.data(
        records, "guess", "word", "cosine", "place", "hint", shown=shown, figure=figure, rank=ranks, found=found
    )
    hover = [*chart.tooltip(guess="guess", word="word", place="place"), chart.exact("cosine", "cosine", ".6f")]
    value = chart.number("cosine", "cosine to the hidden word")
    marked = chart.standing_out(rows, value, hover, "found")
    left = len(game.guesses) - MOST
    cut = [f"the last {MOST} of {len(game.guesses):,} guesses"] if left > 0 else []
    notes = [*cut, *(note for view in views for note in view.notes)]
    return chart.picture(views, chart.bars(rows, value, hover, marked, chart.figures(rows, value)), notes=notes)
