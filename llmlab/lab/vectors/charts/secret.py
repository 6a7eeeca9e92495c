"""The picture of secret: how near each guess was to the hidden word, in the order they were made."""

from typing import TYPE_CHECKING

from llmlab.lab import chart
from llmlab.language import tr
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
    words = [visible(one["word"]) for one in records]
    shown = [tr("{word} (hint)", word=word) if one["hint"] else word for word, one in zip(words, records, strict=True)]
    figure = [tr("found") if one["place"] == 0 else tr("place {place:,}", place=one["place"]) for one in records]
    ranks = [one["guess"] for one in records]
    found = [one["place"] == 0 for one in records]
    rows = chart.data(
        records, "guess", "word", "cosine", "place", "hint", shown=shown, figure=figure, rank=ranks, found=found
    )
    told = chart.tooltip(guess=tr("guess"), word=tr("word"), place=tr("place"))
    hover = [*told, chart.exact("cosine", "cosine", ".6f")]
    value = chart.number("cosine", tr("cosine to the hidden word"))
    marked = chart.standing_out(rows, value, hover, "found")
    left = len(game.guesses) - MOST
    cut = [tr("the last {most} of {count:,} guesses", most=MOST, count=len(game.guesses))] if left > 0 else []
    notes = [*cut, *(note for view in views for note in view.notes)]
    return chart.picture(views, chart.bars(rows, value, hover, marked, chart.figures(rows, value)), notes=notes)
