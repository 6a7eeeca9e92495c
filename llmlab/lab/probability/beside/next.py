"""`next` of several models: what each expects, beside the others, and how far apart they are."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

from llmlab.backends.base import CausalLM
from llmlab.backends.settings import Settings
from llmlab.backends.spellings import Spellings
from llmlab.errors import MisuseError
from llmlab.lab.beside import lines, names
from llmlab.lab.characters.healing import heal
from llmlab.lab.probability.beside.distributions import END, Distances, NextOfOne, distances, text_of, tokens_of
from llmlab.lab.probability.charts import beside as charts
from llmlab.lab.probability.next_text import By
from llmlab.lab.probability.parts import NEXT
from llmlab.lab.prompt import Prompt
from llmlab.lab.shown import Shown
from llmlab.lab.text import finite, number, probability, raw, show
from llmlab.language import later, tr
from llmlab.render.safe import visible
from llmlab.view import Bar, Cell, Chart, Column, Record, View

BAR = 6  # cells
ENDS = later("(end of text)")
UNKNOWN = {"token": later("-: no token of the model"), "word": later("-: not among the words found")}


@dataclass(frozen=True)
class NextBeside(Shown):
    """The distribution of what comes next after one text, of several models, at one temperature."""

    models: tuple[NextOfOne, ...]
    parts: tuple[bytes, ...]  # that are listed: the likeliest by the mean over the models
    temperature: float

    @property
    def by(self) -> By:
        return self.models[0].by

    @property
    def names(self) -> list[str]:
        return names([one.origin for one in self.models])

    @property
    def distances(self) -> list[tuple[str, str, Distances]]:
        """Of each two models."""
        found = zip(self.names, self.models, strict=True)
        return [(a, b, distances(one, other)) for (a, one), (b, other) in combinations(found, 2)]

    def views(self) -> list[View]:
        columns = [Column(tr(NEXT[self.by]), wide=True)]
        for name in self.names:
            columns += [Column(name, True), Column("")]
        rows: list[list[Cell]] = []
        for part in self.parts:
            row: list[Cell] = [said(part)]
            for one in self.models:
                mass = one.of(part)
                row += ["-" if mass is None else probability(_log(mass)), Bar(mass or 0.0, BAR)]
            rows.append(row)
        return [View(self._title, tuple(columns), rows, self._notes(), self._conclusion()), self._distances()]

    def records(self) -> list[Record]:
        """A record a model and part."""
        apart = [distances(self.models[0], one) for one in self.models]
        return [
            {
                "context": one.context.asked,
                "rendered_context": one.context.text,
                "chat": one.context.chat,
                "by": self.by,
                "temperature": self.temperature,
                "rank": rank,
                self.by: None if part == END else raw(part),
                "probability": one.of(part),
                "logprob_nats": finite(_log(one.of(part) or 0.0)),
                "total_variation_to_first": far.total_variation,
                "kl_from_first_bits": None if far.kl is None else finite(far.kl),
                **one.origin.columns,
            }
            for one, far in zip(self.models, apart, strict=True)
            for rank, part in enumerate(self.parts, 1)
        ]

    def document(self) -> Record:
        apart = [
            {
                "models": [a, b],
                "total_variation": far.total_variation,
                "kl_bits": None if far.kl is None else finite(far.kl),
                "kl_back_bits": None if far.kl_back is None else finite(far.kl_back),
            }
            for a, b, far in self.distances
        ]
        return {"by": self.by, "temperature": self.temperature, "distances": apart, "next": self.records()}

    def values(self) -> list[str]:
        """The likeliest to each model."""
        return ["" if (best := self._best(one)) == END else raw(best) for one in self.models]

    def chart(self) -> Chart:
        return charts.next_(self)

    def _best(self, one: NextOfOne) -> bytes:
        return max(one.listed, key=lambda part: one.of(part) or 0.0)

    def _notes(self) -> tuple[str, ...]:
        missing = any(one.of(part) is None for one in self.models for part in self.parts)
        heat = [] if self.temperature == 1 else [tr("at the temperature {temperature:g}", temperature=self.temperature)]
        dash = [tr(UNKNOWN[self.by])] if missing else []
        if self.by == "token" and any(far.total_variation is None for _, _, far in self.distances):
            dash.append(tr("other vocabularies: P of a token is not P of its text, which longer tokens begin with too"))
            dash.append(tr("--by character compares any two models"))
        return (*dash, *heat, *lines([one.origin for one in self.models]))

    def _conclusion(self) -> str:
        best = [(self._best(one), name, one) for name, one in zip(self.names, self.models, strict=True)]
        masses = [one.of(part) or 0.0 for part, _, one in best]
        if len({part for part, _, _ in best}) == 1:
            found = (
                tr("to {model} {mass:.0%}", model=name, mass=mass)
                for (_, name, _), mass in zip(best, masses, strict=True)
            )
            shown = {"part": said(best[0][0]), "next": tr(NEXT[self.by])}
            return tr("{part} is the likeliest {next} to all: {masses}.", masses=tr(", ").join(found), **shown)
        found = (
            tr("to {model} {part} ({mass:.0%})", model=name, part=said(part), mass=mass)
            for (part, name, _), mass in zip(best, masses, strict=True)
        )
        return tr("The likeliest {next}: {masses}.", next=tr(NEXT[self.by]), masses=tr(", ").join(found))

    def _distances(self) -> View:
        columns = [
            Column("A, B", wide=True),
            Column(tr("total variation"), True, means=tr("0: the same distribution, 1: nothing in common")),
        ]
        if self.by == "token":
            columns += [
                Column("KL(A||B)", True, means=tr("bits lost a token when B is taken for A")),
                Column("KL(B||A)", True),
            ]
        rows: list[list[Cell]] = []
        for a, b, far in self.distances:
            row: list[Cell] = [f"{a}, {b}", number(_known(far.total_variation), 4)]
            rows.append([*row, *(number(_known(one)) for one in (far.kl, far.kl_back))] if self.by == "token" else row)
        return View("", tuple(columns), rows)

    @property
    def _title(self) -> str:
        return f"{visible(self.models[0].context.asked)} ..."


def said(part: bytes) -> str:
    """A part for the eye."""
    return tr(ENDS) if part == END else show(part)


def expectations(
    models: Iterable[tuple[CausalLM, Callable[[], Spellings]]],
    read: Callable[[CausalLM], Prompt],
    by: By | None,
    k: int,
    temperature: float = 1.0,
) -> NextBeside:
    """What each model expects after what it has `read`, one after the other, each with its spellings.

    With no part said a token, or a character where the text ends inside a token of the first model.
    """
    found: list[NextOfOne] = []
    for model, spellings in models:
        context = read(model)
        own = spellings()
        part = by or (found[0].by if found else _own(model, own, context))
        if part == "token":
            found.append(tokens_of(model, own, context, k, temperature))
        else:
            found.append(text_of(model, own, context, part, k, temperature))
        del model  # one that has answered may go
    parts = dict.fromkeys(part for one in found for part in one.listed)
    ranked = sorted(parts, key=lambda part: -sum(one.of(part) or 0.0 for one in found))
    listed = [part for part in ranked if any(one.of(part) for one in found)]
    return NextBeside(tuple(found), tuple(listed[:k]), temperature)


def check_beside(temperatures: Sequence[float], filters: Settings) -> None:
    """Raise MisuseError, before a model is opened, for what several models are not asked."""
    if len(temperatures) > 1 or filters != Settings():
        only = tr("several models are asked at one temperature, without filters")
        raise MisuseError(only, tr("leave out the others"))


def _own(model: CausalLM, spellings: Spellings, context: Prompt) -> By:
    return "character" if not context.chat and heal(model, spellings, context.tokens) else "token"


def _log(mass: float) -> float:
    return math.log(mass) if mass > 0 else -math.inf


def _known(value: float | None) -> float:
    return math.nan if value is None else value
