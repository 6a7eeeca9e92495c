"""The picture of generate over many prompts: measures of each, and their mean."""

from collections.abc import Sequence

from llmlab.lab import chart
from llmlab.lab.temperature.charts.generate import HEIGHT, MOST, temperature
from llmlab.lab.temperature.samples import Samples, how
from llmlab.render.safe import visible
from llmlab.view import Chart, Record

MEASURES = {
    "right_share": "right answers (share)",
    "distinct_answers": "different answers",
    "surprisal_bits_per_token": "surprisal to the model itself (bits/token)",
    "first_entropy_bits": "entropy of the first token, exact (bits)",
}
SHARES = ("right_share",)
ONE = ("distinct_answers",)  # measures that say nothing of one sample


def together(results: Sequence[Samples]) -> Chart:
    """Several temperatures: a thin line a prompt, a thick one their mean. One: a ranking of prompts by each measure."""
    rows = [row for place, one in enumerate(results, 1) for row in _rows(place, one)]
    several = max(one["samples"] for one in rows) > 1
    fields = [field for field in MEASURES if field in rows[0] and (several or field not in ONE)]
    healed = sum(bool(one.prompt.cuts) for one in results)
    said = [f"{healed:,} of the prompts end inside a token, which the first one drawn completes"] if healed else []
    notes = [*said, *(note for one in results for note in (*how(one.plan), one.origin.line))]
    heats = {one["temperature"] for one in rows}
    parts = _lines(rows, fields) if len(heats) > 1 else [_bars(rows[:MOST], field) for field in fields]
    left = len(results) - MOST
    more = [f"{left:,} more prompts are not drawn"] if left > 0 and len(heats) == 1 else []
    at = "against temperature" if len(heats) > 1 else f"at T = {heats.pop():g}"
    return chart.titled(f"answers to {len(results):,} prompts {at}", *parts, notes=[*more, *notes])


def _rows(place: int, one: Samples) -> list[Record]:
    """The measures of a prompt at each temperature."""
    fields = ("temperature", "samples", *MEASURES)
    known = {"number": place, "prompt": one.prompt.asked, "shown": visible(one.prompt.asked)}
    return [known | {field: row[field] for field in fields if field in row} for row in map(_flat, one.measures())]


def _flat(row: Record) -> Record:
    return row | {f"right_{name}": value for name, value in row.get("right", {}).items()}


def _lines(rows: list[Record], fields: Sequence[str]) -> list[Chart]:
    data: Chart = {"values": rows}
    return [_against(data, field, named=field == fields[-1]) for field in fields]


def _against(data: Chart, field: str, named: bool) -> Chart:
    x = temperature(data, named)
    scale = {"domain": [0, 1]} if field in SHARES else {"zero": True}
    y = chart.number(field, f"{MEASURES[field]}: of each prompt, and their mean", axis=chart.ABOVE, scale=scale)
    hover = chart.tooltip(shown="prompt", temperature="T", samples="samples", **{field: MEASURES[field]})
    each = {"y": y, "detail": {"field": "number", "type": "nominal"}, "tooltip": hover}
    mean = {"mark": {"type": "line", "style": "asked", "strokeWidth": 4}, "encoding": {"y": y | {"aggregate": "mean"}}}
    thin = {"mark": {"type": "line", "point": True, "opacity": 0.35, "strokeWidth": 1}, "encoding": each}
    return {
        "data": data,
        "width": chart.WIDTH,
        "height": HEIGHT * 1.4,
        "encoding": {"x": x},
        "layer": [thin, mean],
    }


def _bars(rows: list[Record], field: str) -> Chart:
    ranked = sorted(rows, key=lambda row: -row[field])
    data: Chart = {
        "values": [row | {"rank": rank, "figure": f"{row[field]:.3g}"} for rank, row in enumerate(ranked, 1)]
    }
    value = chart.number(field, MEASURES[field])
    hover = chart.tooltip(shown="prompt", samples="samples", **{field: MEASURES[field]})
    return chart.bars(data, value, hover, chart.figures(data, value))
