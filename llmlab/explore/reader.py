"""What a model says of a text while it is typed: the log-probability of each token, and of all that may come next."""

from collections import OrderedDict
from dataclasses import dataclass, field

import numpy as np

from llmlab.arrays import Doubles, Floats
from llmlab.backends.base import CausalLM, ScoreRequest, Tokens

HELD = 48  # distributions that are remembered, of 1 MiB each on the default model


@dataclass(frozen=True)
class ReadText:
    """One text as a model reads it."""

    tokens: Tokens
    logprobs: Doubles  # [T] nats, of each token; nan where nothing stands before it
    following: Floats = field(compare=False, repr=False)  # [V] nats, of the next token at T = 1


class TextReader:
    """Reads texts that are mostly the last one and a little more; what was read before is not computed again."""

    def __init__(self, model: CausalLM) -> None:
        self.model = model
        self._held: OrderedDict[tuple[int, ...], Floats] = OrderedDict()  # by the tokens before
        self._last = Tokens((), ()), np.empty(0)

    def read(self, tokens: Tokens) -> ReadText:
        """The text's tokens, and what may follow. Raises MisuseError for no token where there is no BOS either."""
        logprobs = self._logprobs(tokens)
        following = self._following(tokens)
        self._last = tokens, logprobs
        return ReadText(tokens, logprobs, following)

    def _logprobs(self, tokens: Tokens) -> Doubles:
        """[T] nats: those of the last text where it begins alike, then by what is held, else scored anew."""
        before, known = self._last
        same = _alike(before.ids, tokens.ids)
        found = np.full(len(tokens), np.nan)
        found[:same] = known[:same]
        for place in range(same, len(tokens)):
            held = self._held.get(tokens.ids[:place])
            if held is None:
                found[place:] = self.model.score([ScoreRequest(tokens, place)])[0].logprobs
                break
            found[place] = held[tokens.ids[place]]
        return found

    def _following(self, tokens: Tokens) -> Floats:
        """[V] nats, read as a whole: a step from what was read before would differ in the last digits from `next`."""
        held = self._held.get(tokens.ids)
        if held is None:
            held = self._held[tokens.ids] = self.model.next([tokens])[0]
        self._held.move_to_end(tokens.ids)
        if len(self._held) > HELD:
            self._held.popitem(last=False)
        return held


def _alike(one: tuple[int, ...], other: tuple[int, ...]) -> int:
    """How many tokens two texts begin with alike."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((place for place, (a, b) in pairs if a != b), min(len(one), len(other)))
