"""What temperature makes of the next token: the exact distribution, and draws from it, one after the other.

The picture is molecules: hot ones move wildly, cold ones sit still. A listed token jumps when it is drawn.
"""

from dataclasses import dataclass, field

import numpy as np

from llmlab.arrays import Floats
from llmlab.backends import sampling
from llmlab.backends.base import CausalLM

COLDEST, HOTTEST, STEP = 0.0, 3.0, 0.1


@dataclass(frozen=True)
class Heated:
    """The likeliest next tokens at T = 1, and what a temperature makes of them."""

    temperature: float
    ids: tuple[int, ...]
    pieces: tuple[bytes, ...]
    logprobs: tuple[float, ...]  # nats, at the temperature
    rest: float  # probability of all tokens that are not listed
    entropy: float  # nats, of the whole distribution


def heated(model: CausalLM, following: Floats, k: int, temperature: float) -> Heated:
    """softmax(z / T) of the next token, `following` [V] its log-probabilities at T = 1; the k likeliest there."""
    ids = sampling.top(following, k)
    # softmax does not mind the constant log sum exp z that log-probabilities lack
    tempered = following if temperature == 1 else sampling.temper(following, temperature)
    logprobs = tempered[ids].astype(np.float64)
    rest = max(1.0 - float(np.exp(logprobs).sum()), 0.0)
    pieces = tuple(map(model.piece, ids.tolist()))
    return Heated(temperature, tuple(ids.tolist()), pieces, tuple(logprobs.tolist()), rest, sampling.entropy(tempered))


def step(temperature: float, by: int) -> float:
    """The temperature so many steps hotter or colder, within the scale."""
    return min(max(round(temperature + by * STEP, 6), COLDEST), HOTTEST)


def draw(following: Floats, temperature: float, seed: int, sample: int, place: int) -> int:
    """The token that `llmlab generate` draws at one place of one sample of a seed; at T = 0 the likeliest."""
    if temperature == 0:
        return int(following.argmax())
    return sampling.draw_plain(following, temperature, sampling.noise(seed, sample, place, temperature))[0]


@dataclass
class Jumps:
    """Draws of one next token, over and over: how often each listed token came, and what came last."""

    following: Floats = field(repr=False)  # [V] nats at T = 1
    heated: Heated
    seed: int
    drawn: int = 0
    last: int = -1  # the place in the list that came last; len(ids) for any other token, -1 before the first
    counts: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.counts = [0] * (len(self.heated.ids) + 1)

    def jump(self) -> int:
        """Draw once more: sample number `drawn` of the seed. Which place jumps."""
        token = draw(self.following, self.heated.temperature, self.seed, self.drawn, 0)
        ids = self.heated.ids
        self.last = ids.index(token) if token in ids else len(ids)
        self.counts[self.last] += 1
        self.drawn += 1
        return self.last
