"""The picture of generate by several models: measures of the answers against temperature, a line a model."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from llmlab.lab import chart
from llmlab.lab.temperature.charts.generate import HEIGHT, temperature
from llmlab.language import later, tr
from llmlab.view import Chart, Record

if TYPE_CHECKING:
    from llmlab.lab.temperature.beside import SamplesBeside

MEASURES = {
    "right_share": later("right answers (share)"),
    "distinct_answers": later("different answers"),
    "first_entropy_bits": later("entropy of the first token, exact (bits)"),
    "surprisal_bits_per_token": later("surprisal to the model itself (bits/token)"),
}


def against(found: "SamplesBeside") -> Chart:
    """Several temperatures: a line a model. One: a bar a model; of each measure that is known."""
    rows = [
        {**_flat(row), "model": name}
        for name, one in zip(found.names, found.models, strict=True)
        for row in one.measures()
    ]
    fields = [field for field in MEASURES if field in rows[0]]
    if len({row["temperature"] for row in rows}) == 1:
        return chart.picture(found.views(), *(_bars(rows, field) for field in fields))
    parts = [_lines(rows, field, found.names, named=field == fields[-1]) for field in fields]
    return chart.picture(found.views(), *parts)


def _flat(row: Record) -> Record:
    shown = {name: row[name] for name in ("temperature", "samples", *MEASURES) if name in row}
    return shown | ({"right_share": row["right"]["share"]} if "right" in row else {})


def _lines(rows: Sequence[Record], field: str, names: Sequence[str], named: bool) -> Chart:
    data: Chart = {"values": list(rows)}
    scale = {"scale": {"domain": [0, 1]}} if field == "right_share" else {}
    colour = {"field": "model", "type": "nominal", "title": None, "scale": {"domain": list(names)}}
    return {
        "data": data,
        "width": chart.WIDTH,
        "height": HEIGHT,
        "mark": {"type": "line", "point": True},
        "encoding": {
            "x": temperature(data, named),
            "y": chart.number(field, tr(MEASURES[field]), axis=chart.ABOVE, **scale),
            "color": colour | {"legend": {"orient": "right"}},
            "tooltip": _hover("model", field),
        },
    }


def _bars(rows: Sequence[Record], field: str) -> Chart:
    own = [
        row | {"rank": rank, "shown": row["model"], "figure": f"{row[field]:.3g}"} for rank, row in enumerate(rows, 1)
    ]
    data: Chart = {"values": own}
    scale = {"scale": {"domain": [0, 1]}} if field == "right_share" else {}
    value = chart.number(field, tr(MEASURES[field]), **scale)
    return chart.bars(data, value, _hover("shown", field), chart.figures(data, value))


def _hover(model: str, field: str) -> list[Chart]:
    """What is told of a model, whose name is in the field `model`."""
    told = {model: tr("model"), "temperature": "T", "samples": tr("samples"), field: tr(MEASURES[field])}
    return chart.tooltip(**told)
