"""The probability of text, token by token: P(w1..wm) = P(w1) P(w2 | w1) ... P(wm | w1..wm-1).

Log-probabilities are in nats, sums in float64. Perplexity is exp(-mean log-probability) (Jelinek et al. 1977).
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from llmlab.backends.base import CausalLM, ModelInfo, ScoreRequest, Tokens
from llmlab.errors import MisuseError
from llmlab.lab import windows
from llmlab.lab.text import Unit, figure, finite, origin, power, probability, provenance, times, visible
from llmlab.progress import Progress, silent
from llmlab.view import Cell, Column, Record, View, stated_once


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

    @property
    def running(self) -> NDArray[np.float64]:
        """Log-probability up to each token, [T] nats; nan until a token has one."""
        known = np.maximum.accumulate(~np.isnan(self.logprobs))
        return np.where(known, np.nancumsum(self.logprobs), np.nan)

    @property
    def per_token(self) -> float:
        """Mean log-probability of the tokens that have one, nats."""
        known = int((~np.isnan(self.logprobs)).sum())
        return self.total / known if known else math.nan

    @property
    def per_character(self) -> float:
        return self.total / len(self.text)

    @property
    def perplexity(self) -> float:
        return float(np.exp(-self.per_token))

    @property
    def notes(self) -> tuple[str, ...]:
        """What a table must say of how the text was read."""
        return (f"longer than the model reads at once: {self.windows} windows",) if self.windows > 1 else ()

    def summary(self) -> Record:
        mantissa, exponent = (None, None) if math.isnan(self.total) else power(self.total)
        return {
            "text": self.text,
            "tokens": len(self.tokens),
            "logprob_nats": finite(self.total),
            "probability": finite(math.exp(self.total)),
            "probability_mantissa": mantissa,
            "probability_exponent": exponent,
            "logprob_per_token_nats": finite(self.per_token),
            "logprob_per_character_nats": finite(self.per_character),
            "perplexity": finite(self.perplexity),
            "windows": self.windows,
        }


@dataclass(frozen=True)
class Ranking:
    """Several texts, likeliest first; equals stay in the order given, texts without a probability come last."""

    texts: tuple[Scored, ...]
    unit: Unit | None
    info: ModelInfo

    def views(self) -> list[View]:
        names = {None: ["log P", "P"], "prob": ["P"], "nats": ["log P"], "bits": ["bits"]}[self.unit]
        numbers = (Column(name, True) for name in [*names, "/token", "/char", "x next"])
        columns = (Column("#", True), Column("text", wide=True), *numbers)
        ratios = self._ratios()
        rows = [self._cells(*found) for found in zip(range(1, len(self.texts) + 1), self.texts, ratios, strict=True)]
        unit = {"nats": "log P in nats", "bits": "bits = -log2 P", "prob": "/token, /char: geometric means"}
        notes = (f"{unit[self.unit or 'nats']}; x next: so many times likelier than the next text", origin(self.info))
        cut = max(self.texts, key=lambda one: one.windows).notes
        return [View("", columns, rows, (*cut, *notes))]

    def records(self) -> list[Record]:
        return [
            {"rank": rank, **scored.summary(), "log_ratio_to_next_nats": ratio, **provenance(self.info)}
            for rank, (scored, ratio) in enumerate(zip(self.texts, self._ratios(), strict=True), 1)
        ]

    def document(self) -> Record:
        shared = provenance(self.info)
        return {**shared, "ranking": stated_once(shared, self.records())}

    def _cells(self, rank: int, scored: Scored, ratio: float | None) -> list[Cell]:
        unit = self.unit or "nats"
        cells: list[Cell] = [rank, visible(scored.text), figure(unit, scored.total)]
        if self.unit is None:
            cells.append(probability(scored.total))
        cells += [figure(unit, scored.per_token), figure(unit, scored.per_character)]
        return [*cells, "" if ratio is None else times(ratio)]

    def _ratios(self) -> list[float | None]:
        """log P(text) - log P(the next one), None for the last and beside a text without a probability."""
        totals = [scored.total for scored in self.texts]
        return [finite(a - b) for a, b in itertools.pairwise(totals)] + [None]


def ranking(
    model: CausalLM,
    texts: Sequence[str],
    *,
    unit: Unit | None = None,
    allow_special: bool = False,
    progress: Progress = silent,
) -> Ranking:
    """Which of several texts is likelier, and by how much."""
    scored = score(model, texts, allow_special=allow_special, progress=progress)
    return Ranking(likeliest_first(scored), unit, model.info)


def likeliest_first(texts: Sequence[Scored]) -> tuple[Scored, ...]:
    """By total; equals stay in the order given, texts without a probability come last."""
    return tuple(sorted(texts, key=lambda one: (math.isnan(one.total), -one.total)))


def score(
    model: CausalLM, texts: Sequence[str], *, allow_special: bool = False, progress: Progress = silent
) -> list[Scored]:
    """The log-probability of each token of each text. Raises MisuseError for an empty text."""
    tokens = [encode(model, text, allow_special=allow_special) for text in texts]
    stats = windows.score(model, [ScoreRequest(one) for one in tokens], progress)
    cut = windows.Windows.of(model.info)
    return [
        Scored(text, own, found.logprobs, cut.count(len(own)))
        for text, own, found in zip(texts, tokens, stats, strict=True)
    ]


def encode(model: CausalLM, text: str, *, allow_special: bool = False) -> Tokens:
    """Tokens of a text that must not be empty."""
    if not text:
        raise MisuseError("the text is empty", "give at least one character")
    return model.encode(text, allow_special=allow_special)
