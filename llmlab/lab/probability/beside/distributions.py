"""What one model expects next, by the bytes of it, so that models of other tokens can be asked for the same.

Total variation is half the sum of |p - q|, the most by which the two differ on any set of tokens; KL(p || q) is the sum
of p log2(p / q), the bits that are lost a token when q is taken for p (Kullback and Leibler 1951).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from llmlab.arrays import Doubles, Floats
from llmlab.backends import sampling
from llmlab.backends.base import CausalLM
from llmlab.backends.spellings import Spellings
from llmlab.lab.probability.next_text import By, Masses, Part, next_text
from llmlab.lab.prompt import Prompt
from llmlab.lab.provenance import Provenance, of_text
from llmlab.lab.text import BITS

END = b""  # the bytes of what ends the text


@dataclass(frozen=True)
class Distances:
    """How far one model's distribution is from another's; None where they are not over the same."""

    total_variation: float | None
    kl: float | None  # KL(first || second), bits
    kl_back: float | None  # KL(second || first), bits


class NextOfOne(Protocol):
    """A distribution over what comes next."""

    @property
    def context(self) -> Prompt: ...
    @property
    def by(self) -> By: ...
    @property
    def listed(self) -> tuple[bytes, ...]: ...  # the likeliest first
    @property
    def origin(self) -> Provenance: ...

    def of(self, part: bytes) -> float | None:
        """Its probability; None where the model does not know it."""
        ...


@dataclass(frozen=True)
class TokensOfOne:
    """Over one model's tokens."""

    context: Prompt
    listed: tuple[bytes, ...]
    logprobs: Floats = field(compare=False, repr=False)  # [V] nats, at the temperature
    ends: tuple[int, ...]  # tokens that end the text
    spellings: Spellings = field(compare=False, repr=False)
    origin: Provenance
    by: By = "token"

    def of(self, part: bytes) -> float | None:
        """The mass of all tokens of these bytes: a letter may have one of its own and one of its byte."""
        ids: Sequence[int] = (
            self.ends if part == END else [int(self.spellings.ids[place]) for place in self.spellings.exact(part)]
        )
        return min(float(np.exp(self.logprobs[list(ids)].astype(np.float64)).sum()), 1.0) if ids else None


@dataclass(frozen=True)
class TextOfOne:
    """Over characters, or the words that were found."""

    context: Prompt
    by: Part
    listed: tuple[bytes, ...]
    masses: Masses
    origin: Provenance

    def of(self, part: bytes) -> float | None:
        if part == END:
            return self.masses.others["end of text"]
        return self.masses.masses.get(part.decode(), 0.0 if self.by == "character" else None)


def tokens_of(model: CausalLM, spellings: Spellings, context: Prompt, k: int, temperature: float) -> TokensOfOne:
    """The k likeliest next tokens and all of the distribution. Control tokens that end nothing are not listed."""
    logprobs: Floats = model.next([context.tokens])[0]
    if temperature != 1:
        logprobs = sampling.temper(logprobs, temperature)
    silent = set(spellings.silent(model.info.vocabulary).tolist())
    ends = tuple(sorted(token for token in silent if model.is_end(token)))
    listed = [END if token in ends else model.piece(token) for token in sampling.top(logprobs, k).tolist()]
    found = TokensOfOne(context, (), logprobs, ends, spellings, of_text(model.info))
    known = tuple(piece for piece in dict.fromkeys(listed) if found.of(piece) is not None)
    return TokensOfOne(context, known, logprobs, ends, spellings, found.origin)


def text_of(model: CausalLM, spellings: Spellings, context: Prompt, by: Part, k: int, temperature: float) -> TextOfOne:
    """The same by character or word. Raises MisuseError for a tokenizer that changes the text."""
    found = next_text(model, spellings, context, by, k, (temperature,))
    masses = found.tempered[0]
    listed = [one.encode() for one in found.listed]
    return TextOfOne(context, by, (*listed, END), masses, found.origin)


def distances(one: NextOfOne, other: NextOfOne) -> Distances:
    """Of tokens where the vocabularies are the same, of characters always; none of words, which are not all found."""
    if isinstance(one, TokensOfOne) and isinstance(other, TokensOfOne):
        if len(one.logprobs) != len(other.logprobs) or not one.spellings.same(other.spellings):
            return Distances(None, None, None)
        a, b = one.logprobs.astype(np.float64), other.logprobs.astype(np.float64)
        return Distances(_variation(np.exp(a), np.exp(b)), _divergence(a, b), _divergence(b, a))
    if isinstance(one, TextOfOne) and isinstance(other, TextOfOne) and one.by == other.by == "character":
        return Distances(_variation(*_aligned(one.masses, other.masses)), None, None)
    return Distances(None, None, None)


def _aligned(one: Masses, other: Masses) -> tuple[Doubles, Doubles]:
    """Masses of the same characters and other outcomes, what was not followed among them."""
    characters, others = sorted({*one.masses, *other.masses}), sorted({*one.others, *other.others})
    a, b = (
        np.array([*(of.masses.get(part, 0.0) for part in characters), *(of.others.get(name, 0.0) for name in others)])
        for of in (one, other)
    )
    return a, b


def _variation(p: Doubles, q: Doubles) -> float:
    return min(float(np.abs(p - q).sum() / 2), 1.0)


def _divergence(p: Doubles, q: Doubles) -> float:
    """KL in bits of two arrays of log-probabilities in nats; what p never says adds nothing."""
    said = np.isfinite(p)
    if np.isneginf(q[said]).any():
        return math.inf
    return max(float((np.exp(p[said]) * (p[said] - q[said])).sum()) * BITS, 0.0)
