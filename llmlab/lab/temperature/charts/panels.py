"""What a page lets its reader play with of the temperature lab."""

from collections import Counter
from typing import TYPE_CHECKING

from llmlab.backends import sampling
from llmlab.lab.panels import part, shading, slider
from llmlab.lab.text import BITS
from llmlab.language import tr
from llmlab.view import Seen, Shading, TemperatureSlider

if TYPE_CHECKING:
    from llmlab.lab.temperature.samples import Samples
    from llmlab.lab.temperature.trace import Trace


def of_samples(found: "Samples") -> list[TemperatureSlider]:
    """What temperature makes of the first token, beside how often samples began with it; none of one sample."""
    logprobs = found.first_logprobs
    if logprobs is None:
        return []
    known = {one.token: one.piece for one in found.firsts}
    likeliest = sampling.top(logprobs, len(known)).tolist()
    tokens = likeliest[: next((place for place, token in enumerate(likeliest) if token not in known), len(known))]
    seen = []
    for t in dict.fromkeys(one.temperature for one in found.firsts):
        begins = Counter(one.ids[0] for one in found.of(t))
        if draws := begins.total():
            seen.append(Seen(t, draws, [begins[token] / draws for token in tokens]))
    heats, pieces = found.plan.temperatures, [known[token] for token in tokens]
    return [slider(found.prompt.text, pieces, logprobs, heats, found.plan.settings(1.0), seen)]


def of_trace(found: "Trace") -> Shading:
    """What was drawn, shaded by how surprising it is to the model itself, with what might have been drawn instead."""
    parts = [
        part(step.piece, step.logprob, step.rank, step.alternatives, **{tr("entropy"): step.entropy * BITS})
        for step in found.sample.steps
    ]
    drawn = tr("instead, at T = {heat:g}", heat=found.sample.temperature)
    return shading(tr("What was drawn, shaded by surprisal to the model itself"), parts, drawn)
