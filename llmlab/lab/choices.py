"""Multiple choice: P(choice | context) for several continuations of one context.

Context and choice are encoded together, as they would stand in running text. Where a token spans the boundary it
is scored whole and the record says `boundary: merged`. `per_token` and `per_character` divide the log-probability
by the choice's tokens and characters; the latter is acc_norm of lm-evaluation-harness (Gao et al. 2021), the plain
sum its acc.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from llmlab.backends.base import CausalLM, ModelInfo, ScoreRequest, Tokens
from llmlab.errors import MisuseError
from llmlab.lab.text import finite, origin, probability, provenance, visible
from llmlab.view import Bar, Cell, Column, Record, View


@dataclass(frozen=True)
class Choice:
    """One continuation and how likely it is after the context."""

    text: str
    tokens: int  # scored tokens
    logprob: float  # nats, given the context
    boundary: str  # clean, or merged: a token spans context and choice

    @property
    def per_token(self) -> float:
        return self.logprob / self.tokens

    @property
    def per_character(self) -> float:
        return self.logprob / len(self.text)


@dataclass(frozen=True)
class Choices:
    """The choices of one context, likeliest first."""

    context: str
    choices: tuple[Choice, ...]
    info: ModelInfo

    @property
    def shares(self) -> tuple[float, ...]:
        """P(choice | context), normalised over the choices."""
        logs = np.array([one.logprob for one in self.choices])
        weights = np.exp(logs - logs.max())
        return tuple((weights / weights.sum()).tolist())

    def views(self) -> list[View]:
        columns = (
            Column("#", True),
            Column("choice", wide=True),
            Column("log P", True),
            Column("P", True),
            Column("share", True),
            Column(""),
            Column("/token", True),
            Column("/char", True),
        )
        rows: list[list[Cell]] = [
            [
                rank,
                visible(one.text) + ("*" if one.boundary == "merged" else ""),
                f"{one.logprob:.3f}",
                probability(one.logprob),
                f"{share:.4f}",
                Bar(share),
                f"{one.per_token:.3f}",
                f"{one.per_character:.3f}",
            ]
            for rank, (one, share) in enumerate(zip(self.choices, self.shares, strict=True), 1)
        ]
        merged = ("* a token spans context and choice: boundary merged",)
        notes = merged if any(one.boundary == "merged" for one in self.choices) else ()
        return [View(f"{visible(self.context)} ...", columns, rows, (*notes, "log P in nats", origin(self.info)))]

    def records(self) -> list[Record]:
        return [
            {
                "context": self.context,
                "choice": one.text,
                "rank": rank,
                "tokens": one.tokens,
                "logprob_nats": finite(one.logprob),
                "probability": math.exp(one.logprob),
                "share": share,
                "logprob_per_token_nats": one.per_token,
                "logprob_per_character_nats": one.per_character,
                "boundary": one.boundary,
                **provenance(self.info),
            }
            for rank, (one, share) in enumerate(zip(self.choices, self.shares, strict=True), 1)
        ]

    def document(self) -> Record:
        shared = {"context": self.context, **provenance(self.info)}
        own = [{k: v for k, v in row.items() if k not in shared} for row in self.records()]
        return {**shared, "choices": own}


def choose(model: CausalLM, context: str, choices: Sequence[str]) -> Choices:
    """How likely each choice is after the context. Raises MisuseError for an empty context or choice."""
    if not context or not choices or not all(choices):
        raise MisuseError(
            "a choice needs a context and a text", 'give --context "..." and --choice "..." twice or more'
        )
    requests, boundaries = [], []
    for choice in choices:
        request, boundary = conditional(model, context, choice)
        requests.append(request)
        boundaries.append(boundary)
    scored = [
        Choice(choice, len(stats.logprobs), float(stats.logprobs.sum()), boundary)
        for choice, boundary, stats in zip(choices, boundaries, model.score(requests), strict=True)
    ]
    return Choices(context, tuple(sorted(scored, key=lambda one: -one.logprob)), model.info)


def conditional(model: CausalLM, context: str, text: str) -> tuple[ScoreRequest, str]:
    """The request that scores `text` after `context`, and whether the boundary is clean or merged."""
    tokens = model.encode(context + text)
    start = boundary(tokens, len(context))
    begins = tokens.spans[start][0] if start < len(tokens) else len(context)
    return ScoreRequest(tokens, start), "clean" if begins == len(context) else "merged"


def boundary(tokens: Tokens, characters: int) -> int:
    """The first token that reaches beyond so many characters."""
    return next((i for i, (_, end) in enumerate(tokens.spans) if end > characters), len(tokens))
