"""The probability of text, token by token: P(w1..wm) = P(w1) P(w2 | w1) ... P(wm | w1..wm-1).

Log-probabilities are in nats, sums in float64. Perplexity is exp(-mean log-probability) (Jelinek et al. 1977).
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from llmlab.backends.base import CausalLM, ModelInfo, ScoreRequest, Tokens, TokenStats
from llmlab.errors import MisuseError
from llmlab.lab.text import finite, origin, power, probability, provenance, times, visible
from llmlab.progress import Progress, silent
from llmlab.view import Cell, Column, Record, View


@dataclass(frozen=True)
class Scored:
    """One text with the log-probability of each of its tokens."""

    text: str
    tokens: Tokens
    logprobs: NDArray[np.float64]  # [T] nats; nan for a first token without BOS

    @property
    def total(self) -> float:
        """Log-probability of the text in nats, given its first token when that has none; nan when no token has one."""
        return float(self.running[-1]) if len(self.logprobs) else math.nan

    @property
    def running(self) -> NDArray[np.float64]:
        """Log-probability up to each token, [T] nats; nan until a token has one."""
        known = np.maximum.accumulate(np.isfinite(self.logprobs))
        return np.where(known, np.nancumsum(self.logprobs), np.nan)

    @property
    def perplexity(self) -> float:
        scored = int(np.isfinite(self.logprobs).sum())
        return math.exp(-self.total / scored) if scored else math.nan

    def summary(self) -> Record:
        mantissa, exponent = power(self.total) if math.isfinite(self.total) else (None, None)
        return {
            "text": self.text,
            "tokens": len(self.tokens),
            "logprob_nats": finite(self.total),
            "probability": finite(math.exp(self.total)),
            "probability_mantissa": mantissa,
            "probability_exponent": exponent,
            "perplexity": finite(self.perplexity),
        }


@dataclass(frozen=True)
class Ranking:
    """Several texts, likeliest first; equals stay in the order given, texts without a probability come last."""

    texts: tuple[Scored, ...]
    info: ModelInfo

    def views(self) -> list[View]:
        columns = (
            Column("#", True),
            Column("text", wide=True),
            Column("tokens", True),
            Column("log P", True),
            Column("P", True),
            Column("likelier than next", True),
        )
        rows: list[list[Cell]] = [
            [
                rank,
                visible(scored.text),
                len(scored.tokens),
                number(scored.total),
                probability(scored.total),
                "" if ratio is None else times(ratio),
            ]
            for rank, (scored, ratio) in enumerate(zip(self.texts, self._ratios(), strict=True), 1)
        ]
        return [View("", columns, rows, ("log P in nats", origin(self.info)))]

    def records(self) -> list[Record]:
        return [
            {"rank": rank, **scored.summary(), "log_ratio_to_next_nats": ratio, **provenance(self.info)}
            for rank, (scored, ratio) in enumerate(zip(self.texts, self._ratios(), strict=True), 1)
        ]

    def document(self) -> Record:
        own = [{k: v for k, v in row.items() if k not in provenance(self.info)} for row in self.records()]
        return {**provenance(self.info), "ranking": own}

    def _ratios(self) -> list[float | None]:
        """log P(text) - log P(the next one), None for the last and beside a text without a probability."""
        totals = [scored.total for scored in self.texts]
        return [finite(a - b) for a, b in itertools.pairwise(totals)] + [None]


def ranking(
    model: CausalLM, texts: Sequence[str], *, allow_special: bool = False, progress: Progress = silent
) -> Ranking:
    """Which of several texts is likelier, and by how much."""
    scored = score(model, texts, allow_special=allow_special, progress=progress)
    return Ranking(tuple(sorted(scored, key=lambda one: (math.isnan(one.total), -one.total))), model.info)


def score(
    model: CausalLM, texts: Sequence[str], *, allow_special: bool = False, progress: Progress = silent
) -> list[Scored]:
    """The log-probability of each token of each text. Raises MisuseError for an empty text."""
    tokens = [encode(model, text, allow_special=allow_special) for text in texts]
    stats: list[TokenStats] = model.score([ScoreRequest(one) for one in tokens], progress)
    return [Scored(*found) for found in zip(texts, tokens, (one.logprobs for one in stats), strict=True)]


def encode(model: CausalLM, text: str, *, allow_special: bool = False) -> Tokens:
    """Tokens of a text that must not be empty."""
    if not text:
        raise MisuseError("the text is empty", "give at least one character")
    return model.encode(text, allow_special=allow_special)


def number(value: float, digits: int = 3) -> str:
    """A number for the eye; - for what is not known."""
    return f"{value:.{digits}f}" if math.isfinite(value) else "-"
