"""The picture of train ngram: of each order, how many of its n-grams were seen once, twice, and more often."""

from typing import TYPE_CHECKING

from llmlab.lab import chart
from llmlab.language import later, tr
from llmlab.view import Chart, Record

if TYPE_CHECKING:
    from llmlab.lab.training.ngram import NgramTraining

TIMES = (later("once"), later("twice"), later("3 times"), later("4 times"), later("5 times or more"))
STEP = 34  # px from bar to bar


def counts_of_counts(found: "NgramTraining") -> Chart:
    """A bar an order, in parts by count."""
    rows: list[Record] = [row for record in found.records() for row in _parts(record)]
    across = chart.number("share", tr("share of the order's n-grams"), axis={"format": "%"}, scale={"domain": [0, 1]})
    colour = {
        "field": "seen",
        "type": "ordinal",
        "sort": list(map(tr, TIMES)),
        "title": tr("seen"),
        "legend": {"orient": "top", "titleOrient": "left"},
    }
    hover = [
        *chart.tooltip(shown=tr("n-gram order"), seen=tr("seen"), ngrams=tr("n-grams")),
        chart.exact("share", tr("share"), ".1%"),
    ]
    drawn: Chart = {
        "data": {"values": rows},
        "width": chart.WIDTH,
        "height": {"step": STEP},
        "mark": {"type": "bar", "height": 20},
        "encoding": {
            "y": chart.place("shown", None, axis={"ticks": False, "domain": False}),
            "x": across,
            "color": colour,
            "order": {"field": "place", "type": "quantitative"},
            "tooltip": hover,
        },
    }
    return chart.picture(found.views(), drawn)


def _parts(record: Record) -> list[Record]:
    """The parts of an order's bar."""
    counts = list(record["with_count"].values())
    counts.append(record["ngrams"] - sum(counts))
    shown = tr("{n}-grams ({count:,})", n=record["n"], count=record["ngrams"])
    return [
        {
            "n": record["n"],
            "shown": shown,
            "seen": seen,
            "place": place,
            "ngrams": count,
            "share": count / record["ngrams"],
        }
        for place, (seen, count) in enumerate(zip(map(tr, TIMES), counts, strict=True))
    ]
