"""The pictures of several models beside each other: bars of one unit, a model each."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from llmlab.lab import chart
from llmlab.lab.probability.charts.ranked import LOGPROB, LONG, MOST, PERCENT, brief, cut, noted, ranked, room
from llmlab.lab.probability.parts import NEXT
from llmlab.lab.text import BITS, finite, number, probability, signed
from llmlab.language import later, tr
from llmlab.render.safe import visible
from llmlab.view import Chart, Record

if TYPE_CHECKING:
    from llmlab.lab.probability.beside.compare import CompareBeside
    from llmlab.lab.probability.beside.next import NextBeside
    from llmlab.lab.probability.beside.pairs import PairsBeside
    from llmlab.lab.probability.beside.perplexity import PerplexityBeside
    from llmlab.lab.probability.beside.prob import ProbBeside

UNIT = later("bits a character: the shorter, the likelier")
TEXTS = later("the first {drawn} of {count:,} texts")
TITLES = {
    "logprob_nats": LOGPROB,
    "bits_per_byte": later("bits a byte"),
    "tokens": later("tokens"),
    "perplexity": later("perplexity"),
}


def prob(found: "ProbBeside") -> Chart:
    """Of one text a bar a model; of several a ranking a model, over one scale."""
    if len(found.texts) == 1:
        records, views = found.records(), brief(found.views())
        return chart.picture(views, _bars(found.names, records, ("logprob_nats", "tokens", "perplexity")))
    some = found.texts[:LONG]
    shown = [visible(text[0].scored.text) for text in some]
    panels = []
    for place, name in enumerate(found.names):
        bits = [finite(text[place].bits_per_character) or 0.0 for text in some]
        rows: list[Record] = [
            {"rank": rank, "model": name, "shown": text, "bits_per_character": one, "figure": number(one)}
            for rank, (text, one) in enumerate(zip(shown, bits, strict=True), 1)
        ]
        panels.append(([name], {"values": rows}))
    hover = chart.tooltip(shown=tr("text"), model=tr("model"), bits_per_character=tr("bits a character"))
    parts = chart.multiples(panels, "bits_per_character", tr(UNIT), hover, abreast=2, form="~r")
    return chart.picture(noted(found.views(), cut(len(found.texts), TEXTS, LONG)), *parts)


def perplexity(found: "PerplexityBeside") -> Chart:
    return chart.picture(found.views(), _bars(found.names, found.records(), ("bits_per_byte", "tokens", "perplexity")))


def compare(found: "CompareBeside") -> Chart:
    """Bars to the right where a model finds A likelier, to the left where it finds B."""
    records = found.records()
    figure = [signed(one * BITS, 2) for one in found.differences]
    rows = _rows(found.names, records, "difference_bits", figure, "logprob_a_nats", "logprob_b_nats")
    widest = max((abs(one["difference_bits"] or 0.0) for one in records), default=0.0) or 1.0
    value = chart.number(
        "difference_bits", tr("log2 P(A) - log2 P(B) (bits)"), scale={"domain": [-widest * 1.3, widest * 1.3]}
    )
    hover = chart.tooltip(
        shown=tr("model"), logprob_a_nats="log P(A)", logprob_b_nats="log P(B)", difference_bits=tr("A - B (bits)")
    )
    return chart.picture(brief(found.views()), chart.bars(rows, value, hover, chart.figures(rows, value)))


def pairs(found: "PairsBeside") -> Chart:
    """The share of right pairs of each model with its interval."""
    shares = [dict(one.shares())[""] for one in found.judged]
    figure = [tr("{share:.1%} of {trials:,}", share=share.share, trials=share.trials) for share in shares]
    rows = _rows(found.names, [share.record() for share in shares], "share", figure, "low", "high", "right", "trials")
    title = tr("pairs whose good sentence is the likelier")
    value = chart.number("share", title, scale={"domain": [0, room(rows)], "nice": False}, axis=PERCENT)
    hover = chart.tooltip(shown=tr("model"), share=tr("share right"), low=tr("from"), high=tr("to"))
    hover += chart.tooltip(right=tr("right"), trials=tr("of"))
    end = {"type": "text", "style": "value", "align": "left", "baseline": "middle", "dx": 4, "clip": False}
    said = {"mark": end, "encoding": {"x": value | {"field": "high"}, "text": {"field": "figure"}}}
    drawn = chart.bars(rows, value, hover, chart.interval(rows, value, "low", "high"), said)
    note = tr("a line is where the true share lies, 95 times of 100 (Wilson)")
    views = found.views()
    return chart.picture(noted(views, note), drawn)


def next_(found: "NextBeside") -> Chart:
    """A ranking a model of the same parts, over one scale."""
    from llmlab.lab.probability.beside.next import said

    parts, panels = found.parts[:MOST], []
    for name, one in zip(found.names, found.models, strict=True):
        rows: list[Record] = []
        for rank, part in enumerate(parts, 1):
            mass = one.of(part)
            figure = "-" if mass is None else probability(math.log(mass) if mass > 0 else -math.inf)
            rows.append(
                {"rank": rank, "model": name, "shown": said(part), "probability": mass or 0.0, "figure": figure}
            )
        panels.append(([name], {"values": rows}))
    hover = chart.tooltip(shown=tr(NEXT[found.by]), model=tr("model"), probability="P")
    title = tr("P({next} | text)", next=tr(NEXT[found.by]))
    return chart.picture(found.views(), *chart.multiples(panels, "probability", title, hover, abreast=3))


def _bars(names: Sequence[str], records: Sequence[Record], told: Sequence[str]) -> Chart:
    """Bits a character, a bar a model."""
    figure = [number(one["bits_per_character"] or math.nan) for one in records]
    rows = _rows(names, records, "bits_per_character", figure, *told)
    hover = chart.tooltip(shown=tr("model"), bits_per_character=tr("bits a character"))
    hover += chart.tooltip(**{field: tr(TITLES[field]) for field in told})
    scale = {"domain": [0, room(rows) * max((row["bits_per_character"] or 0.0 for row in rows["values"]), default=1)]}
    return ranked(rows, chart.number("bits_per_character", tr(UNIT), scale=scale | {"nice": False}), hover)


def _rows(names: Sequence[str], records: Sequence[Record], field: str, figure: Sequence[str], *more: str) -> Chart:
    numbered: dict[str, Sequence[Any]] = {"rank": range(1, len(names) + 1), "shown": names, "figure": figure}
    return chart.data([{**one, field: one[field] or 0.0} for one in records], field, *more, **numbered)
