"""The first token of samples: its exact probability at each temperature, beside how often samples begin with it."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from llmlab.arrays import Floats
from llmlab.backends import sampling
from llmlab.backends.base import CausalLM
from llmlab.backends.settings import Settings
from llmlab.lab.prompt import Prompt
from llmlab.lab.temperature.drawn import First, Firsts, Plan, Sample

FIRSTS = 5  # first tokens whose frequency is set beside their probability


def firsts(model: CausalLM, prompt: Prompt, plan: Plan, samples: Sequence[Sample]) -> Firsts:
    """The first tokens of a plan's samples.

    The log-probabilities of all are after the repetition penalty, before temperature and filters. A prompt that is cut
    at one of several places has none: what is drawn then is a mixture, and of no logits softmax(z / T) at every T.
    """
    parts = [prompt.at(cut) for cut in range(len(prompt.cuts))] or [prompt]
    logits = [part.first(model.decoder(part.tokens, 1, 1).first.copy()) for part in parts]
    found: list[First] = []
    entropies: list[float] = []
    untempered = _masses(parts, logits, Settings(repetition_penalty=plan.repetition_penalty))
    for t in plan.temperatures:
        masses = _masses(parts, logits, plan.settings(t))
        entropies.append(_entropy(masses))
        begins = Counter(one.ids[0] for one in samples if one.temperature == t)
        for token in _likeliest(masses, untempered):
            seen = begins[token] / max(begins.total(), 1)
            found.append(First(t, token, model.piece(token), float(masses[token]), seen))
    return Firsts(tuple(found), tuple(entropies), _all(parts, logits, plan.repetition_penalty))


def _likeliest(masses: Floats, untempered: Floats) -> list[int]:
    """FIRSTS tokens by their masses [V]; those that T = 0 or a filter rules out by what they are without."""
    possible = [token for token in sampling.top(masses, FIRSTS).tolist() if masses[token] > 0]
    others = [token for token in sampling.top(untempered, 2 * FIRSTS).tolist() if token not in possible]
    return (possible + others)[:FIRSTS]


def _entropy(masses: Floats) -> float:
    """H = -sum p log p in nats, of masses [V]."""
    possible = masses[masses > 0].astype(np.float64)
    return float(-(possible * np.log(possible)).sum()) + 0.0  # not -0


def _all(parts: Sequence[Prompt], logits: Sequence[Floats], penalty: float) -> Floats | None:
    if len(parts) > 1:
        return None
    return sampling.log_softmax(sampling.penalise(logits[0], parts[0].tokens.ids, penalty))


def _masses(parts: Sequence[Prompt], logits: Sequence[Floats], settings: Settings) -> Floats:
    """P of each first token, [V], over the cuts of a prompt."""
    drawn = [
        np.exp(sampling.drawn_from(one, part.tokens.ids, settings)) * (part.cuts[0].share if part.cuts else 1.0)
        for part, one in zip(parts, logits, strict=True)
    ]
    found: Floats = drawn[0] / drawn[0].sum() if settings.temperature == 0 else np.sum(drawn, axis=0)
    return found
