"""The picture of compare: both texts shaded by surprisal, and what each aligned place adds to their difference."""

from typing import TYPE_CHECKING

from llmlab.lab import chart
from llmlab.lab.probability.charts.ranked import MOST, brief, cut, noted
from llmlab.lab.shaded import legend, shaded
from llmlab.lab.text import BITS, finite, raw, show, signed
from llmlab.language import later, tr
from llmlab.render.safe import visible
from llmlab.view import Chart, Record

if TYPE_CHECKING:
    from llmlab.lab.probability.compare import Difference, Part
    from llmlab.lab.probability.scored import Scored

FIELDS = ("position", "tokens_a", "tokens_b", "same", "logprob_a_nats", "logprob_b_nats", "difference_nats")
CUT = later("the first {drawn} of {count:,} places")
TOKENS = 150  # of each text that are drawn


def places(difference: "Difference") -> Chart:
    """Bars to the right where A is likelier, to the left where B is."""
    records, parts = difference.records()[:MOST], difference.parts[:MOST]
    widest = max((abs(one["difference_nats"] or 0.0) for one in records), default=0.0) or 1.0
    rows = chart.data(
        records,
        *FIELDS,
        rank=[one["position"] + 1 for one in records],
        shown=list(map(_label, parts)),
        figure=[signed(part.difference, 2) for part in parts],
        likelier=["A" if part.difference >= 0 else "B" for part in parts],
    )
    value = chart.number(
        "difference_nats", tr("log P(A) - log P(B) (nats)"), scale={"domain": [-widest * 1.2, widest * 1.2]}
    )
    colour = {"field": "likelier", "type": "nominal", "scale": {"domain": ["A", "B"]}, "title": tr("likelier in")}
    hover = chart.tooltip(
        tokens_a="A",
        tokens_b="B",
        logprob_a_nats="log P(A)",
        logprob_b_nats="log P(B)",
        difference_nats=tr("A - B (nats)"),
    )
    bars = chart.bars(rows, value, hover, chart.figures(rows, value))
    bars["layer"][0]["encoding"]["color"] = colour | {"legend": {"orient": "top", "titleOrient": "left"}}
    texts = [_text("A", difference.a), _text("B", difference.b)]
    said = noted(brief(difference.views()), cut(len(difference.parts), CUT), legend())
    return chart.picture(said, *texts, bars)


def _text(name: str, scored: "Scored") -> Chart:
    pieces, logprobs = scored.tokens.pieces[:TOKENS], scored.logprobs[:TOKENS].tolist()
    rows: list[Record] = [
        {"shown": visible(raw(piece), alone=False), "surprisal_bits": finite(-logprob * BITS)}
        for piece, logprob in zip(pieces, logprobs, strict=True)
    ]
    hover = chart.tooltip(shown=tr("token"), surprisal_bits=tr("surprisal (bits)"))
    count, head = len(scored.tokens), f"{name}: "
    if count > TOKENS:
        head = tr("{name} (the first {drawn} of {count:,} tokens): ", name=name, drawn=TOKENS, count=count)
    return shaded({"values": [{"shown": head, "surprisal_bits": None}, *rows]}, hover)


def _label(part: "Part") -> str:
    return show(part.a) if part.same else f"{show(part.a) or '-'} ≠ {show(part.b) or '-'}"
