"""The pictures of next: the likeliest tokens, characters or words as bars, side by side at each temperature."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from llmlab.lab import chart
from llmlab.lab.probability.parts import NEXT
from llmlab.lab.text import BITS, probability, show
from llmlab.language import later, tr
from llmlab.view import Chart, Record

if TYPE_CHECKING:
    from llmlab.lab.probability.next import Next, Tempered
    from llmlab.lab.probability.next_listed import NextListed
    from llmlab.lab.probability.next_text import Masses, NextText

KEPT = later("top-k, top-p, min-p: how many tokens each would keep by itself (and their mass)")


def tokens(found: "Next") -> Chart:
    """Tokens, with the entropy of each temperature, and what filters keep where they or several T are asked for."""
    filtered = len(found.tempered) > 1 or not found.filters.plain
    views = found.views()
    said = [*views[0].notes, *([tr(KEPT)] if filtered else []), *found.ending, found.origin.line]
    heads = [_tempered(one, filtered) for one in found.tempered]
    parts = _panels(found.records(), "token", list(map(show, found.pieces)), heads)
    return chart.picture(views, *parts, notes=dict.fromkeys(said))


def text(found: "NextText") -> Chart:
    """Characters or words, with the entropy where it is known, and what else may come."""
    shown = [show(part.encode()) for part in found.listed]
    parts = _panels(found.records(), found.by, shown, [_masses(one) for one in found.tempered])
    return chart.picture(found.views(), *parts)


def listed(found: "NextListed") -> Chart:
    """What a server lists."""
    parts = _panels(found.records(), "token", [show(one.piece) for one in found.tokens], [_head(1, None)])
    return chart.picture(found.views(), *parts)


def _panels(records: Sequence[Record], part: str, shown: Sequence[str], heads: Sequence[Sequence[str]]) -> list[Chart]:
    """A ranking for each temperature; its records follow each other."""
    size = len(shown)
    panels = []
    for place, head in enumerate(heads):
        own = records[place * size : (place + 1) * size]
        figure = [probability(-math.inf if one["logprob_nats"] is None else one["logprob_nats"]) for one in own]
        fields = ("temperature", "rank", part, "probability", "cumulative_probability")
        panels.append((head, chart.data(own, *fields, shown=shown, figure=figure)))
    hover = chart.tooltip(
        shown=tr(NEXT[part]), temperature="T", probability="P", cumulative_probability=tr("P of it and those above")
    )
    return chart.multiples(panels, "probability", tr("P({next} | text)", next=tr(NEXT[part])), hover)


def _tempered(one: "Tempered", filtered: bool) -> list[str]:
    cuts = [f"{cut.name.replace('_', '-')} {cut.value:g}: {cut.kept:,} ({cut.mass:.2f})" for cut in one.cuts]
    return [*_head(one.temperature, one.entropy), *(cuts if filtered else [])]


def _masses(one: "Masses") -> list[str]:
    return [*_head(one.temperature, one.entropy), *one.elsewhere()]


def _head(temperature: float, entropy: float | None) -> list[str]:
    """What stands above a ranking; the entropy is in nats."""
    head = f"T = {temperature:g}"
    if entropy is None:
        return [head]
    return [head, tr("entropy {bits:.2f} bits", bits=entropy * BITS), f"exp(H) {math.exp(entropy):,.1f}"]
