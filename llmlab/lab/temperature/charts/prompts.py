"""The picture of generate over many prompts: measures of each, and their mean."""

from collections.abc import Sequence

from llmlab.lab import chart
from llmlab.lab.temperature.charts.generate import HEIGHT, MOST, temperature
from llmlab.lab.temperature.samples import Samples, how
from llmlab.language import later, tr
from llmlab.render.safe import visible
from llmlab.view import Chart, Record

MEASURES = {
    "right_share": later("right answers (share)"),
    "distinct_answers": later("different answers"),
    "surprisal_bits_per_token": later("surprisal to the model itself (bits/token)"),
    "first_entropy_bits": later("entropy of the first token, exact (bits)"),
}
SHARES = ("right_share",)
ONE = ("distinct_answers",)  # measures that say nothing of one sample


def together(results: Sequence[Samples]) -> Chart:
    """Several temperatures: a thin line a prompt, a thick one their mean. One: a ranking of prompts by each measure."""
    rows = [row for place, one in enumerate(results, 1) for row in _rows(place, one)]
    several = max(one["samples"] for one in rows) > 1
    fields = [field for field in MEASURES if field in rows[0] and (several or field not in ONE)]
    healed = sum(bool(one.prompt.cuts) for one in results)
    ends = tr("{count:,} of the prompts end inside a token, which the first one drawn completes", count=healed)
    notes = [*([ends] if healed else []), *(note for one in results for note in (*how(one.plan), one.origin.line))]
    heats = {one["temperature"] for one in rows}
    parts = _lines(rows, fields) if len(heats) > 1 else [_bars(rows[:MOST], field) for field in fields]
    left = len(results) - MOST
    more = [tr("{count:,} more prompts are not drawn", count=left)] if left > 0 and len(heats) == 1 else []
    return chart.titled(_title(len(results), heats), *parts, notes=[*more, *notes])


def _title(count: int, heats: set[float]) -> str:
    if len(heats) > 1:
        return tr("answers to {count:,} prompts against temperature", count=count)
    (heat,) = heats
    return tr("answers to {count:,} prompts at T = {heat:g}", count=count, heat=heat)


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
    measure = tr(MEASURES[field])
    title = tr("{measure}: of each prompt, and their mean", measure=measure)
    y = chart.number(field, title, axis=chart.ABOVE, scale=scale)
    told = {"shown": tr("prompt"), "temperature": "T", "samples": tr("samples"), field: measure}
    hover = chart.tooltip(**told)
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
    value = chart.number(field, tr(MEASURES[field]))
    hover = chart.tooltip(**{"shown": tr("prompt"), "samples": tr("samples"), field: tr(MEASURES[field])})
    return chart.bars(data, value, hover, chart.figures(data, value))
