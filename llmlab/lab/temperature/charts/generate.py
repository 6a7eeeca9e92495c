"""The picture of generate: what the samples of a prompt are like, against temperature."""

from typing import TYPE_CHECKING

from llmlab.lab import chart as blocks
from llmlab.view import Chart

if TYPE_CHECKING:
    from llmlab.lab.temperature.samples import Samples

MEASURES = {"distinct_answers": "different answers", "surprisal_bits_per_token": "surprisal (bits/token)"}


def chart(samples: "Samples") -> Chart:
    """Measures of the answers below each other, with the temperature across."""
    rows = blocks.data(samples.document()["temperatures"], "temperature", *MEASURES)
    parts = [_against(rows, field, title) for field, title in MEASURES.items()]
    return blocks.picture(samples.views(every=True), *parts)


def _against(rows: Chart, field: str, title: str) -> Chart:
    return {
        "data": rows,
        "width": blocks.WIDTH,
        "height": 130,
        "mark": {"type": "line", "point": True},
        "encoding": {
            "x": blocks.number("temperature", "temperature"),
            "y": blocks.number(field, title),
            "tooltip": blocks.tooltip(temperature="T", **{field: title}),
        },
    }
