"""The picture of trace: how surprising each token was to the model itself, and how uncertain the choice."""

from typing import TYPE_CHECKING

from llmlab.lab import chart
from llmlab.lab.text import BITS, probability, show
from llmlab.language import later, tr
from llmlab.view import Chart

if TYPE_CHECKING:
    from llmlab.lab.temperature.drawn import Step
    from llmlab.lab.temperature.trace import Trace

FIELDS = ("step", "token", "logprob_nats", "rank", "entropy_bits", "drawn_entropy_bits")
HOVER = {
    "shown": later("token"),
    "step": later("step (from 0)"),
    "probability": later("P to the model itself"),
    "drawn_probability": later("P when it was drawn"),
    "rank": later("rank"),
    "entropy_bits": later("entropy (bits)"),
    "drawn_entropy_bits": later("entropy when it was drawn (bits)"),
    "others": later("what else might have come"),
}
SURPRISAL, ENTROPY = later("surprisal of the token"), later("entropy of the choice")


def steps(trace: "Trace") -> Chart:
    """A bar a token, and the entropy over them as a line; lines of tokens below each other share a scale."""
    records, taken = trace.records(), trace.sample.steps
    rows = chart.data(
        records,
        *FIELDS,
        position=[record["step"] + 1 for record in records],
        shown=[show(step.piece) for step in taken],
        surprisal_bits=[-step.logprob * BITS + 0.0 for step in taken],
        probability=[probability(step.logprob) for step in taken],
        drawn_probability=[probability(step.drawn_logprob) for step in taken],
        others=[_others(step) for step in taken],
        bar=[tr(SURPRISAL)] * len(taken),
        line=[tr(ENTROPY)] * len(taken),
    )
    most = max(max(row["surprisal_bits"], row["entropy_bits"]) for row in rows["values"])
    scale = {"domain": [0, max(most, 1)], "nice": True}
    bits = chart.number("surprisal_bits", tr("to the model itself (bits)"), scale=scale)
    hover = chart.tooltip(**{field: tr(title) for field, title in HOVER.items()})
    curve = {
        "mark": {"type": "line", "point": True},
        "encoding": {"y": bits | {"field": "entropy_bits"}, "color": _named("line"), "tooltip": hover},
    }
    first, *rest = chart.sequences(rows, bits, hover, curve, color=_named("bar"))
    first["title"] = chart.heading(f"T = {trace.sample.temperature:g}")
    return chart.picture(trace.views(), first, *rest)


def _named(field: str) -> Chart:
    """The colour of a mark by what it is called, which the legend says."""
    scale = {"domain": [tr(SURPRISAL), tr(ENTROPY)]}
    return {"field": field, "type": "nominal", "scale": scale, "legend": {"orient": "top", "title": None}}


def _others(step: "Step") -> str:
    return ",  ".join(f"{show(piece)} {probability(logprob)}" for piece, logprob in step.alternatives)
