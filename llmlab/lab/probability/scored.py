"""The probability of text, token by token: P(w1..wm) = P(w1) P(w2 | w1) ... P(wm | w1..wm-1).

Log-probabilities are in nats, sums in float64. Perplexity is exp(-mean log-probability) (Jelinek et al. 1977).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from llmlab.backends.base import CausalLM, ScoreRequest, Tokens
from llmlab.backends.served.base import each
from llmlab.errors import MisuseError
from llmlab.lab.probability import windows
from llmlab.lab.prompt import after_bos
from llmlab.lab.text import finite, power
from llmlab.language import tr
from llmlab.progress import Progress, silent
from llmlab.view import Record


@dataclass(frozen=True)
class Scored:
    """One text with the log-probability of each of its tokens."""

    text: str
    tokens: Tokens
    logprobs: NDArray[np.float64]  # [T] nats; nan for a first token without BOS
    windows: int = 1  # how many the model read it in

    @property
    def total(self) -> float:
        """Log-probability of the text in nats, given its first token when that has none; nan when no token has one."""
        return float(self.running[-1]) if len(self.logprobs) else math.nan

    @cached_property
    def running(self) -> NDArray[np.float64]:
        """Log-probability up to each token, [T] nats; nan until a token has one."""
        known = np.maximum.accumulate(~np.isnan(self.logprobs))
        return np.where(known, np.nancumsum(self.logprobs), np.nan)

    @property
    def known(self) -> int:
        """How many tokens have a log-probability."""
        return int((~np.isnan(self.logprobs)).sum())

    @property
    def per_token(self) -> float:
        """Mean log-probability of the tokens that have one, nats."""
        return self.total / self.known if self.known else math.nan

    @property
    def per_character(self) -> float:
        return self.total / len(self.text)

    @property
    def perplexity(self) -> float:
        return float(np.exp(-self.per_token))

    @property
    def notes(self) -> tuple[str, ...]:
        """What a table must say of how the text was read."""
        read = tr("longer than the model reads at once: {windows} windows", windows=self.windows)
        return (read,) if self.windows > 1 else ()

    def summary(self) -> Record:
        mantissa, exponent = (None, None) if math.isnan(self.total) else power(self.total)
        return {
            "text": self.text,
            "tokens": len(self.tokens),
            "scored_tokens": self.known,
            "logprob_nats": finite(self.total),
            "probability": finite(math.exp(self.total)),
            "probability_mantissa": mantissa,
            "probability_exponent": exponent,
            "logprob_per_token_nats": finite(self.per_token),
            "logprob_per_character_nats": finite(self.per_character),
            "perplexity": finite(self.perplexity),
            "windows": self.windows,
        }


class Summed(Protocol):
    """What has a log-probability."""

    @property
    def total(self) -> float: ...


T = TypeVar("T", bound=Summed)


def likeliest_first(texts: Sequence[T]) -> tuple[T, ...]:
    """By total; equals stay in the order given, texts without a probability come last."""
    return tuple(sorted(texts, key=lambda one: (math.isnan(one.total), -one.total)))


def score(
    model: CausalLM, texts: Sequence[str], *, allow_special: bool = False, progress: Progress = silent
) -> list[Scored]:
    """The log-probability of each token of each text. Raises MisuseError for an empty text."""
    texts = [after_bos(model, text, allow_special) for text in texts]
    tokens = encoded(model, texts, allow_special=allow_special)
    stats = windows.score(model, [ScoreRequest(one) for one in tokens], progress)
    cut = windows.Windows.of(model.info)
    return [
        Scored(text, own, found.logprobs, cut.count(len(own)))
        for text, own, found in zip(texts, tokens, stats, strict=True)
    ]


def encoded(model: CausalLM, texts: Sequence[str], *, allow_special: bool = False) -> list[Tokens]:
    """The tokens of several texts."""
    return list(each(model, partial(encode, model, allow_special=allow_special), texts))


def encode(model: CausalLM, text: str, *, allow_special: bool = False) -> Tokens:
    """Tokens of a text that must not be empty."""
    if not text:
        raise MisuseError(tr("the text is empty"), tr("give at least one character"))
    return model.encode(text, allow_special=allow_special)
