"""A prompt that ends in the middle of a token, healed: the first token drawn is one that covers what was backed off.

今天天气很 ends in the middle of the token 很好, which the model learned to put there; asked for the token after 很, it
answers a question that it never saw. So the context ends before the last token, or wherever longer tokens cover the
end, and the first token is drawn from those that begin with the rest (token healing, Lundberg 2023; Vieira et al.
2024). Where there are several such cuts each is taken as often as it holds the mass that covers the prompt's end. Of a
text that ends where a token does nothing is backed off.
"""

from dataclasses import dataclass

import numpy as np

from llmlab.arrays import Floats, Ints
from llmlab.backends.base import CausalLM, Tokens
from llmlab.backends.spellings import Spellings
from llmlab.lab.characters.covers import Effort, cover
from llmlab.lab.characters.following import BEYOND, beyond, endings
from llmlab.lab.characters.reading import tail

LOOKED_AT = 6  # last tokens of a prompt
QUICK = Effort(per_token=1, beside=8, rounds=2, exact=False)
LEAST = 1e-3  # share of a cut that is worth a context of its own


@dataclass(frozen=True)
class Backoff:
    """Where a prompt may be cut, and what covers the rest of it."""

    tokens: Tokens  # the context, without BOS
    rest: bytes  # of the prompt, which the first token begins with
    covering: Ints  # those tokens
    share: float  # of the mass that covers the prompt's end; those of all cuts sum to 1

    def only(self, logits: Floats) -> Floats:
        """The logits [V] of the covering tokens alone; -inf for the others."""
        found: Floats = np.full_like(logits, -np.inf)
        found[self.covering] = logits[self.covering]
        return found


def heal(model: CausalLM, spellings: Spellings, tokens: Tokens, wanted: bool = False) -> tuple[Backoff, ...]:
    """The cuts of a prompt, the likeliest first; none where it ends with a token, unless `wanted` even there."""
    request = tail(model, spellings, tokens, LOOKED_AT, through=False)
    if not len(request.own):
        return ()
    covers = cover(model, spellings, request, QUICK)
    if not wanted and beyond(spellings, covers) <= BEYOND:
        return ()
    worth = sorted((one for one in endings(spellings, covers) if one.share >= LEAST), key=lambda one: -one.share)
    mass = sum(one.share for one in worth)
    return tuple(
        Backoff(one.tokens, one.rest, spellings.ids[one.places.start : one.places.stop], one.share / mass)
        for one in worth
    )
