"""Multiple choice: P(choice | context) for several continuations of one context.

Context and choice are encoded together, as they would stand in running text. All choices are scored from the same
tokens on, those that all have in common and that end with the context or before it: log P(context + choice) less log
P(common part). Where no token spans the boundary that is log P(choice | context); where one does (`boundary: merged`)
the choices are still compared like with like, and their order is that of the whole texts. `per_token` and
`per_character` divide by the scored tokens and the choice's characters; the latter is acc_norm of
lm-evaluation-harness (Gao et al. 2021), the plain sum its acc. The space that parts a choice from its context is scored
but not counted as a character, as there; where the language wants one and there is none it is put there.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from llmlab.arrays import Doubles
from llmlab.backends.base import CausalLM, ScoreRequest, Tokens
from llmlab.backends.forest import shared
from llmlab.backends.served.base import each
from llmlab.errors import MisuseError
from llmlab.lab.languages import UNSPACED, language
from llmlab.lab.probability import windows
from llmlab.lab.probability.charts.choose import shares
from llmlab.lab.prompt import after_bos
from llmlab.lab.provenance import Provenance, of_text
from llmlab.lab.shown import Shown
from llmlab.lab.text import edged, finite, number, probability, quoted, times
from llmlab.language import later, tr
from llmlab.progress import Progress, silent
from llmlab.render.safe import visible
from llmlab.view import Bar, Cell, Chart, Column, Record, View, stated_once

MERGED = later("* a token spans context and choice: boundary merged")
SPACED = later("a space stands between context and choice, as the language wants one (--glue: none)")


@dataclass(frozen=True)
class Choice:
    """One continuation and how likely it is after the context."""

    text: str
    tokens: int  # scored tokens
    logprob: float  # nats, given what all choices have in common
    boundary: str  # clean, or merged: a token spans context and choice
    spaced: bool = False  # a space was put before it

    @property
    def per_token(self) -> float:
        return self.logprob / self.tokens

    @property
    def per_character(self) -> float:
        return self.logprob / len(self.text.removeprefix(" ") or self.text)

    @property
    def shown(self) -> str:
        """The choice as it stands after its context."""
        return " " * self.spaced + self.text

    @property
    def label(self) -> str:
        return label(self.text, self.spaced, self.boundary)


@dataclass(frozen=True)
class Choices(Shown):
    """The choices of one context, likeliest first."""

    context: str
    common: str  # the text of the tokens that all choices are scored after
    choices: tuple[Choice, ...]
    origin: Provenance

    @property
    def shares(self) -> tuple[float, ...]:
        """P(choice | context), normalised over the choices; nan when all are impossible."""
        return normalised([one.logprob for one in self.choices])

    def views(self, *, per_token: bool = False) -> list[View]:
        """`per_token` adds the means over tokens and characters, which only choices of several tokens have use for."""
        columns = [
            Column("#", True),
            Column(tr("choice"), wide=True),
            Column("log P", True, means=self._after),
            Column("P", True),
            Column(tr("share"), True, means=tr("of the probability of these choices")),
            Column(""),
        ]
        if per_token:
            columns.append(Column(tr("/token"), True, means=tr("log P over the choice's tokens")))
            columns.append(Column(tr("/char"), True, means=tr("over its characters, without a first space")))
        found = zip(self.choices, self.shares, strict=True)
        rows = [self._cells(rank, one, share, per_token) for rank, (one, share) in enumerate(found, 1)]
        merged = (tr(MERGED),) if self._merged else ()
        spaced = (tr(SPACED),) if any(one.spaced for one in self.choices) else ()
        notes = (*merged, *spaced, self.origin.line)
        return [View(f"{visible(self.context)} ...", tuple(columns), rows, notes, self._conclusion())]

    @property
    def _after(self) -> str:
        """What the choices are scored after."""
        if not self._merged:
            return tr("nats, of what stands after the context")
        if not self.common:
            return tr("nats, of what stands after the beginning")
        return tr("nats, of what stands after {common}, the tokens that all have in common", common=quoted(self.common))

    @property
    def _merged(self) -> bool:
        return any(one.boundary == "merged" for one in self.choices)

    def _conclusion(self) -> str:
        best, share = self.choices[0], self.shares[0]
        if math.isnan(share):
            return tr("no choice is possible")
        first = quoted(best.shown)
        if len(self.choices) == 1:
            return tr("{choice} has the probability {p}", choice=first, p=probability(best.logprob))
        other, apart = quoted(self.choices[1].shown), best.logprob - self.choices[1].logprob
        if not math.isfinite(apart):
            return tr("{choice} is the likeliest, infinitely as likely as {other}", choice=first, other=other)
        return tr(
            "{choice} is the likeliest, {ratio} as likely as {other}", choice=first, other=other, ratio=times(apart)
        )

    def _cells(self, rank: int, one: Choice, share: float, per_token: bool) -> list[Cell]:
        cells: list[Cell] = [
            rank,
            one.label,
            number(one.logprob),
            probability(one.logprob),
            number(share, 4),
            Bar(share),
        ]
        return cells + ([number(one.per_token), number(one.per_character)] if per_token else [])

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
                "spaced": one.spaced,
                "scored_after": self.common,
                **self.origin.columns,
            }
            for rank, (one, share) in enumerate(zip(self.choices, self.shares, strict=True), 1)
        ]

    def chart(self) -> Chart:
        return shares(self)

    def document(self) -> Record:
        shared = self.origin.columns  # as for several contexts, each choice has its own
        return {**shared, "choices": stated_once(shared, self.records())}

    def values(self) -> list[str]:
        return [self.choices[0].text]


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


def choose(
    model: CausalLM, context: str, choices: Sequence[str], *, glue: bool = False, allow_special: bool = False
) -> Choices:
    """How likely each choice is after the context. `glue`: no space is put between them.

    Raises MisuseError for an empty context or choice.
    """
    return choose_all(model, [(context, choices)], glue=glue, allow_special=allow_special)[0]


def choose_all(
    model: CausalLM,
    questions: Sequence[tuple[str, Sequence[str]]],
    *,
    glue: bool = False,
    allow_special: bool = False,
    progress: Progress = silent,
) -> list[Choices]:
    """The same for several contexts; what their texts share is computed once."""

    def read(question: tuple[str, Sequence[str]]) -> Continuations:
        return Continuations.of(model, *question, glue, allow_special)

    asked = list(each(model, read, questions))
    stats = iter(windows.score(model, [request for one in asked for request in one.requests], progress))
    origin = of_text(model.info)
    return [one.answered([next(stats).logprobs for _ in one.choices], origin) for one in asked]


@dataclass(frozen=True)
class Continuations:
    """One context and its choices as the model reads them."""

    context: str
    length: int  # of the context as it is read, in characters
    choices: tuple[str, ...]
    spaced: tuple[bool, ...]  # whether a space was put before each
    tokens: tuple[Tokens, ...]  # of context and choice
    boundaries: tuple[int, ...]  # the first token of each that reaches beyond the context

    @classmethod
    def of(
        cls, model: CausalLM, context: str, choices: Sequence[str], glue: bool, allow_special: bool
    ) -> "Continuations":
        """Raises MisuseError for an empty context or choice."""
        check(context, choices)
        read = after_bos(model, context, allow_special)
        spaced = tuple(not glue and wants_space(read, one) for one in choices)
        texts = [read + " " * space + one for space, one in zip(spaced, choices, strict=True)]
        tokens = tuple(model.encode(text, allow_special=allow_special) for text in texts)
        boundaries = tuple(boundary(one, len(read)) for one in tokens)
        return cls(context, len(read), tuple(choices), spaced, tokens, boundaries)

    @property
    def start(self) -> int:
        """The first token that is scored: all texts have those before it in common, and the context holds them."""
        first = self.tokens[0].ids
        return min(*(shared(first, one.ids) for one in self.tokens), *self.boundaries)

    @property
    def requests(self) -> list[ScoreRequest]:
        return [ScoreRequest(one, self.start) for one in self.tokens]

    def answered(self, logprobs: Sequence[Doubles], origin: Provenance) -> Choices:
        """The choices with what the model says of the scored tokens of each."""
        found = [
            Choice(text, len(own), float(own.sum()), self._boundary(place), self.spaced[place])
            for place, (text, own) in enumerate(zip(self.choices, logprobs, strict=True))
        ]
        return Choices(self.context, self.tokens[0][: self.start].text, likeliest_first(found), origin)

    def _boundary(self, place: int) -> str:
        spans, first = self.tokens[place].spans, self.boundaries[place]
        return "clean" if first == len(spans) or spans[first][0] == self.length else "merged"


def label(text: str, spaced: bool, boundary: str) -> str:
    """A choice for the eye, as it stands after its context; marked where a token spans both."""
    return edged(" " * spaced + text) + ("*" if boundary == "merged" else "")


def wants_space(context: str, choice: str) -> bool:
    """Whether a choice would be glued to the context's last word, in a language that puts spaces between words."""
    last, first = context[-1:], choice[:1]
    return all(one.isalpha() and language(one) not in UNSPACED for one in (last, first))


def check(context: str, choices: Sequence[str]) -> None:
    """Raise MisuseError, before a model is opened, for an empty context or choice, and for one that is given twice."""
    if not context or not all(choices):
        raise MisuseError(tr("a choice needs a context and a text"), tr('for example llmlab choose "1 + 1 =" -c " 2"'))
    if len(set(choices)) < len(choices):
        raise MisuseError(tr("a choice is given twice"), tr("give each once"))


def boundary(tokens: Tokens, characters: int) -> int:
    """The first token that reaches beyond so many characters."""
    return next((i for i, (_, end) in enumerate(tokens.spans) if end > characters), len(tokens))
