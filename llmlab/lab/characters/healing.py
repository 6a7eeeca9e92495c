"""A prompt that ends in the middle of a token, healed: the first token drawn is one that covers what was backed off.

今天天气很 ends in the middle of the token 很好, which the model learned to put there; asked for the token after 很, it
answers a question that it never saw. So the context ends before the last token, or earlier where a longer token
covers more, and the first token is drawn from those that begin with the rest (token healing, Lundberg 2023; Vieira et
al. 2024). Of a text that ends where a token does nothing is backed off.
"""

from dataclasses import dataclass

import numpy as np

from llmlab.arrays import Floats, Ints
from llmlab.backends.base import CausalLM, Tokens
from llmlab.backends.spellings import Spellings
from llmlab.lab.characters.covers import OWN_TOKENS, cover
from llmlab.lab.characters.following import BEYOND, beyond, endings
from llmlab.lab.characters.reading import tail

LOOKED_AT = 8  # last tokens of a prompt


@dataclass(frozen=True)
class Healed:
    """Where a prompt was cut, and what covers the rest of it."""

    tokens: Tokens  # the context, without BOS
    rest: bytes  # of the prompt, which the first token begins with
    covering: Ints  # those tokens
    beyond: float  # share of the mass covering the prompt's end on tokens that go beyond it

    def only(self, logits: Floats) -> Floats:
        """The logits [V] of the covering tokens alone; -inf for the others."""
        found: Floats = np.full_like(logits, -np.inf)
        found[self.covering] = logits[self.covering]
        return found


def heal(model: CausalLM, spellings: Spellings, tokens: Tokens, wanted: bool = False) -> Healed | None:
    """A prompt's healed ending; None where it ends with a token, unless it is `wanted` even there."""
    request = tail(model, spellings, tokens, LOOKED_AT)
    if not len(request.own):
        return None
    covers = cover(model, spellings, request, OWN_TOKENS)
    mass = beyond(spellings, covers)
    if not wanted and mass <= BEYOND:
        return None
    best = max((one for one in endings(spellings, covers) if one.rest), key=lambda one: one.share)
    return Healed(best.tokens, best.rest, spellings.ids[best.places.start : best.places.stop], mass)
