"""The pictures of generate: what the answers are like against temperature; at one temperature, the answers."""

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from llmlab.lab import chart
from llmlab.lab.temperature.charts import beginnings
from llmlab.lab.text import edged, number
from llmlab.language import tr
from llmlab.view import Chart, Record

if TYPE_CHECKING:
    from llmlab.lab.temperature.samples import Samples

MOST = 40  # answers that are drawn
HEIGHT = 110  # px of a measure
TICKS = 12  # temperatures that are each named on the axis
COMMON = 3  # answers that are told of a temperature


def picture(samples: "Samples") -> Chart:
    """Several temperatures: measures below each other over one axis. One, or one sample of each: the answers."""
    views, measures = samples.views(every=True), samples.measures()
    if max(one["samples"] for one in measures) == 1:
        return chart.picture(views, _one_each(samples, measures))
    if len(measures) > 1:
        return chart.picture(views, *_against(samples, measures))
    counts = Counter((one.text, one.finish) for one in samples.samples).most_common()
    left = len(counts) - MOST
    more = [tr("{count:,} more answers are not drawn", count=left)] if left > 0 else []
    notes = dict.fromkeys([*more, *(note for view in views for note in view.notes)])
    parts = [_answers(samples, measures[0], counts[:MOST])]
    parts += [beginnings.ranking(beginnings.rows(samples))] if samples.firsts else []
    return chart.picture(views, *parts, notes=notes)


def _one_each(samples: "Samples", measures: Sequence[Record]) -> Chart:
    """A sample a temperature: how surprising each is."""
    texts = [samples.of(one["temperature"])[0].text for one in measures]
    shown = [f"T = {one['temperature']:g}: {_said(text)}" for one, text in zip(measures, texts, strict=True)]
    figure = [number(one["surprisal_bits_per_token"], 2) for one in measures]
    fields = ("temperature", "surprisal_bits_per_token", "mean_tokens")
    rows = chart.data(measures, *fields, rank=range(1, len(measures) + 1), shown=shown, figure=figure)
    hover = chart.tooltip(shown=tr("answer"), surprisal_bits_per_token=tr("bits/token"), mean_tokens=tr("tokens"))
    value = chart.number("surprisal_bits_per_token", tr("surprisal to the model itself (bits/token)"))
    return chart.bars(rows, value, hover, chart.figures(rows, value))


def _answers(samples: "Samples", measured: Record, counts: Sequence[tuple[tuple[str, str], int]]) -> Chart:
    """The answers of the only temperature, the commonest first, coloured by whether they are right."""
    rows: list[Record] = []
    judged = [tr("right"), tr("not right")]
    alone = {text: count == 1 for text, count in Counter(text for (text, _), _ in counts).items()}
    for rank, ((text, finish), times) in enumerate(counts, 1):
        row = {"rank": rank, "text": text, "finish": tr(finish), "times": times, "figure": str(times)}
        told = _said(text)
        row["shown"] = told if alone[text] else tr("{text} ({finish})", text=told, finish=row["finish"])
        known = {"judged": judged[not samples.right(text)]} if samples.expected else {}
        rows.append(row | known)
    title = tr("times, of {count:,} samples", count=measured["samples"])
    value = chart.number("times", title, axis=_whole(counts[0][1]))
    hover = chart.tooltip(shown=tr("answer"), times=tr("times"), finish=tr("ended by"))
    data: Chart = {"values": rows}
    drawn = chart.bars(data, value, hover, chart.figures(data, value))
    if samples.expected:
        colour = {"field": "judged", "type": "nominal", "title": None, "scale": {"domain": judged}}
        drawn["layer"][0]["encoding"]["color"] = colour | {"legend": {"orient": "top"}}
    return drawn | {"title": chart.heading(f"T = {measured['temperature']:g}", [_measured(measured)])}


def _measured(one: Record) -> str:
    """The measures of a temperature in a line."""
    parts = [tr("different answers {count:,}", count=one["distinct_answers"])]
    if share := one.get("right"):
        told = {name: share[name] for name in ("share", "low", "high")}
        parts.append(tr("right {share:.1%} (95 %: {low:.1%} - {high:.1%})", **told))
    parts.append(tr("surprisal {bits:.2f} bits/token", bits=one["surprisal_bits_per_token"]))
    parts.append(tr("entropy of the first token {bits:.2f} bits", bits=one["first_entropy_bits"]))
    return tr(", ").join(parts)


def _against(samples: "Samples", measures: Sequence[Record]) -> list[Chart]:
    """Measures of the answers, each against the temperature; the axis is named below the last."""
    most = max(one["samples"] for one in measures)
    common = [Counter(one.text for one in samples.of(m["temperature"])).most_common(COMMON) for m in measures]
    said = ["; ".join(f"{_said(text)} ({times})" for text, times in some) for some in common]
    flat = [one | {f"right_{name}": value for name, value in one.get("right", {}).items()} for one in measures]
    fields = ["temperature", "samples", "distinct_answers", "surprisal_bits_per_token"]
    fields += ["first_entropy_bits"] if samples.firsts else []
    spans = ["right_share", "right_low", "right_high"] if samples.expected else []
    rows = chart.data(flat, *fields, *spans, commonest=said)
    whole, told = {"domain": [0, most]}, {"commonest": tr("commonest")}
    parts = [
        _measure(rows, "distinct_answers", tr("different answers (of {most:,})", most=most), whole, **told),
        _measure(rows, "surprisal_bits_per_token", tr("surprisal to the model itself (bits/token)")),
    ]
    if samples.firsts:
        parts.append(_measure(rows, "first_entropy_bits", tr("entropy of the first token, exact (bits)")))
    if samples.expected:
        parts.insert(0, _rightness(rows))
    if samples.firsts:
        parts.append(beginnings.lines(beginnings.rows(samples), temperature(rows, named=True), 2 * HEIGHT))
    return parts


def _measure(rows: Chart, field: str, title: str, scale: Chart | None = None, **told: str) -> Chart:
    axis = chart.ABOVE | (_whole(scale["domain"][1]) if scale and field == "distinct_answers" else {})
    y = chart.number(field, title, axis=axis, **({"scale": scale} if scale else {}))
    hover = chart.tooltip(**{"temperature": "T", "samples": tr("samples"), field: title}, **told)
    return {
        "data": rows,
        "width": chart.WIDTH,
        "height": HEIGHT,
        "mark": {"type": "line", "point": True},
        "encoding": {"x": temperature(rows), "y": y, "tooltip": hover},
    }


def _rightness(rows: Chart) -> Chart:
    """The share of right answers with its interval."""
    told = {"right_low": tr("95 %: from"), "right_high": tr("to")}
    drawn = _measure(rows, "right_share", tr("right answers (share, 95 % intervals)"), {"domain": [0, 1]}, **told)
    mark, encoding = drawn.pop("mark"), drawn.pop("encoding")
    encoding["y"]["axis"] = chart.ABOVE | {"format": "%"}
    span = {"x": encoding["x"], "y": encoding["y"] | {"field": "right_low"}, "y2": {"field": "right_high"}}
    interval = {"mark": {"type": "rule", "style": "interval"}, "encoding": span}
    return drawn | {"layer": [interval, {"mark": mark, "encoding": encoding}]}


def temperature(rows: Chart, named: bool = False) -> Chart:
    """The axis that all measures share; each temperature has a tick unless they are many."""
    heats = sorted({row["temperature"] for row in rows["values"]})
    ends = {"domain": [heats[0], heats[-1]], "nice": False, "padding": 16}
    axis: Chart = {"values": heats} if len(heats) <= TICKS else {}
    if named:
        return chart.number("temperature", tr("temperature T"), scale=ends, axis=axis | {"format": "~g"})
    return chart.number("temperature", None, scale=ends, axis=axis | {"labels": False, "ticks": False})


def _whole(most: int) -> Chart:
    """An axis of counts: Vega's smallest step between ticks lets halves through."""
    return {"format": "d"} | ({"values": list(range(most + 1))} if most <= TICKS else {})


def _said(text: str) -> str:
    """An answer for the eye, an empty one too."""
    return edged(text) or tr("(nothing)")
