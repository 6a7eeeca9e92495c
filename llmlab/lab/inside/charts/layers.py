"""The picture of layers: how likely tracked tokens are from layer to layer, and which token each layer puts first."""

import math
from typing import TYPE_CHECKING

from llmlab.lab import chart
from llmlab.lab.text import probability, show
from llmlab.language import tr
from llmlab.view import Chart

if TYPE_CHECKING:
    from llmlab.lab.inside.layers import Layers


def layers(found: "Layers") -> Chart:
    """A line a tracked token over the layers, and a bar a layer for its likeliest token."""
    return chart.picture(found.views(), _tracked(found), _likeliest(found))


def _tracked(found: "Layers") -> Chart:
    records, pieces = found.records(), [show(piece) for _ in found.layers for piece in found.pieces]
    figures = [probability(logprob) for layer in found.layers for logprob in layer.logprobs]
    rows = chart.data(records, "layer", "token", "probability", "rank", "entropy_bits", shown=pieces, figure=figures)
    names = list(dict.fromkeys(pieces))
    told = {"shown": tr("token"), "layer": tr("layer"), "figure": "P", "rank": tr("rank")}
    colour = {"field": "shown", "type": "nominal", "scale": {"domain": names}}
    colour["legend"] = {"orient": "top", "title": None, "symbolType": "stroke", "columns": 5}
    axis = {"labelAngle": 0, "labelOverlap": "greedy"}
    return {
        "data": rows,
        "width": chart.WIDTH,
        "height": 200,
        "mark": {"type": "line", "point": True},
        "encoding": {
            "x": chart.place("layer", tr("layer (0 is the embedding)"), axis=axis),
            "y": chart.number("probability", tr("P by the layer's state"), scale={"domain": [0, 1]}),
            "color": colour,
            "tooltip": chart.tooltip(**told, entropy_bits=tr("entropy (bits)")),
        },
    }


def _likeliest(found: "Layers") -> Chart:
    first = [layer.likeliest[0] for layer in found.layers]
    numbers = [{"layer": layer.number, "rank": layer.number + 1} for layer in found.layers]
    rows = chart.data(
        numbers,
        "layer",
        "rank",
        shown=[f"{layer.number}  {show(piece)}" for layer, (piece, _) in zip(found.layers, first, strict=True)],
        likelihood=[math.exp(logprob) for _, logprob in first],
        figure=[probability(logprob) for _, logprob in first],
    )
    room = chart.WIDTH - chart.FIGURE - min(chart.widest(rows), chart.LABEL) * chart.CELL
    value = chart.number(
        "likelihood", tr("P of each layer's likeliest token"), scale={"domain": [0, 1], "range": [0, room]}
    )
    hover = chart.tooltip(shown=tr("layer and its likeliest token"), figure="P")
    return chart.bars(rows, value, hover, chart.figures(rows, value))
