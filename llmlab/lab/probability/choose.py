"""Multiple choice: P(choice | context) for several continuations of one context.

Context and choice are encoded together, as they would stand in running text. Where a token spans the boundary it
is scored whole and the record says `boundary: merged`. `per_token` and `per_character` divide the log-probability
by the choice's tokens and characters; the latter is acc_norm of lm-evaluation-harness (Gao et al. 2021), the plain
sum its acc. The space that parts a choice from its context is scored but not counted as a character, as there.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from llmlab.backends.base import CausalLM, ScoreRequest, Tokens
from llmlab.errors import MisuseError
from llmlab.lab.probability import windows
from llmlab.lab.prompt import after_bos
from llmlab.lab.provenance import Provenance, of_text
from llmlab.lab.text import edged, finite, number, probability
from llmlab.progress import Progress, silent
from llmlab.render.safe import visible
from llmlab.view import Bar, Cell, Column, Record, View, stated_once

MERGED = "* a token spans context and choice: boundary merged"


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
        return self.logprob / len(self.text.removeprefix(" ") or self.text)

    @property
    def label(self) -> str:
        return edged(self.text) + ("*" if self.boundary == "merged" else "")


@dataclass(frozen=True)
class Choices:
    """The choices of one context, likeliest first."""

    context: str
    choices: tuple[Choice, ...]
    origin: Provenance

    @property
    def shares(self) -> tuple[float, ...]:
        """P(choice | context), normalised over the choices; nan when all are impossible."""
        return normalised([one.logprob for one in self.choices])

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
                one.label,
                number(one.logprob),
                probability(one.logprob),
                number(share, 4),
                Bar(share),
                number(one.per_token),
                number(one.per_character),
            ]
            for rank, (one, share) in enumerate(zip(self.choices, self.shares, strict=True), 1)
        ]
        merged = (MERGED,) if any(one.boundary == "merged" for one in self.choices) else ()
        return [
            View(
                f"{visible(self.context)} ...",
                columns,
                rows,
                (
                    *merged,
                    "log P in nats; share: of the probability of these choices; /char without a first space",
                    self.origin.line,
                ),
            )
        ]

    def records(self) -> list[Record]:
        return [
            {
                "context": self.context,
                "choice": one.text,
                "rank": rank,
                "tokens": one.tokens,
                "logprob_nats": finite(one.logprob),
                "probability": finite(math.exp(one.logprob)),
                "share": finite(share),
                "logprob_per_token_nats": finite(one.per_token),
                "logprob_per_character_nats": finite(one.per_character),
                "boundary": one.boundary,
                **self.origin.columns,
            }
            for rank, (one, share) in enumerate(zip(self.choices, self.shares, strict=True), 1)
        ]

    def document(self) -> Record:
        shared = {"context": self.context, **self.origin.columns}
        return {**shared, "choices": stated_once(shared, self.records())}


def normalised(logprobs: Sequence[float]) -> tuple[float, ...]:
    """exp(log p) / sum exp(log p) over those that are known; nan for the others, and when all are impossible."""
    logs = np.array(logprobs)
    known = ~np.isnan(logs)
    if not np.isfinite(logs[known]).any():
        return tuple([math.nan] * len(logs))
    weights = np.exp(logs - logs[known].max())
    return tuple((weights / weights[known].sum()).tolist())


def likeliest_first(choices: Iterable[Choice]) -> tuple[Choice, ...]:
    """Those without a probability come last: nothing stands before their first token."""
    return tuple(sorted(choices, key=lambda one: (math.isnan(one.logprob), -one.logprob)))


def choose(model: CausalLM, context: str, choices: Sequence[str], *, allow_special: bool = False) -> Choices:
    """How likely each choice is after the context. Raises MisuseError for an empty context or choice."""
    return choose_all(model, [(context, choices)], allow_special=allow_special)[0]


def choose_all(
    model: CausalLM,
    questions: Sequence[tuple[str, Sequence[str]]],
    *,
    allow_special: bool = False,
    progress: Progress = silent,
) -> list[Choices]:
    """The same for several contexts; what their texts share is computed once."""
    asked = [
        (context, choice, *conditional(model, context, choice, allow_special=allow_special))
        for context, choices in questions
        for choice in choices
    ]
    stats = iter(windows.score(model, [request for _, _, request, _ in asked], progress))
    scored = iter(
        Choice(choice, len(found.logprobs), float(found.logprobs.sum()), boundary)
        for (_, choice, _, boundary), found in zip(asked, stats, strict=True)
    )
    origin = of_text(model.info)
    return [Choices(context, likeliest_first(next(scored) for _ in choices), origin) for context, choices in questions]


def check(context: str, choices: Sequence[str]) -> None:
    """Raise MisuseError, before a model is opened, for an empty context or choice, and for one that is given twice."""
    if not context or not all(choices):
        raise MisuseError("a choice needs a context and a text", 'for example llmlab choose "1 + 1 =" -c " 2"')
    if len(set(choices)) < len(choices):
        raise MisuseError("a choice is given twice", "give each once")


def conditional(model: CausalLM, context: str, text: str, *, allow_special: bool = False) -> tuple[ScoreRequest, str]:
    """The request that scores `text` after `context`, and whether the boundary is clean or merged.

    Raises MisuseError for an empty context or text.
    """
    check(context, [text])
    context = after_bos(model, context, allow_special)
    tokens = model.encode(context + text, allow_special=allow_special)
    start = boundary(tokens, len(context))
    begins = tokens.spans[start][0] if start < len(tokens) else len(context)
    return ScoreRequest(tokens, start), "clean" if begins == len(context) else "merged"


def boundary(tokens: Tokens, characters: int) -> int:
    """The first token that reaches beyond so many characters."""
    return next((i for i, (_, end) in enumerate(tokens.spans) if end > characters), len(tokens))
