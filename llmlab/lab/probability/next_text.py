"""Which character or word comes next: `next` over text instead of tokens, for a text that may end inside a token."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from llmlab.backends.base import CausalLM
from llmlab.backends.served.base import Served
from llmlab.backends.settings import Settings
from llmlab.backends.spellings import Spellings
from llmlab.errors import MisuseError
from llmlab.lab.characters import words
from llmlab.lab.characters.covers import Covers, cover
from llmlab.lab.characters.following import beyond, following
from llmlab.lab.characters.healing import heal
from llmlab.lab.characters.reading import check_same, tail
from llmlab.lab.probability import counts as counting
from llmlab.lab.probability.charts import next as charts
from llmlab.lab.probability.charts import panels
from llmlab.lab.probability.counts import CountedNext, counted
from llmlab.lab.probability.next import PLAIN, Next, likeliest_next, next_tokens
from llmlab.lab.probability.next_listed import NextListed, next_listed
from llmlab.lab.probability.parts import NEXT
from llmlab.lab.prompt import Prompt, left_open
from llmlab.lab.provenance import Provenance, of_text
from llmlab.lab.shown import Shown
from llmlab.lab.text import BITS, finite, probability, show
from llmlab.language import later, tr
from llmlab.render.safe import visible
from llmlab.view import Bar, Cell, Chart, Column, Panel, Record, View, stated_once

By = Literal["token", "character", "word"]  # what comes next
Part = Literal["character", "word"]
LEAST = 1e-4  # mass of something else that is worth a word
COVERED = 12  # last tokens of a text that any tokens may spell
OF_TOKENS = {
    "character": later("filters and penalties are of tokens, not of a character"),
    "word": later("filters and penalties are of tokens, not of a word"),
}
END_OF_TEXT, NOT_FOLLOWED = later("end of text"), later("not followed")  # what else may come
BAR = 6  # cells, of several temperatures side by side
ABREAST = 5


@dataclass(frozen=True)
class Masses:
    """The next character's or word's distribution at one temperature."""

    temperature: float
    masses: dict[str, float]
    others: dict[str, float]  # what else may come, and what was not followed
    entropy: float | None  # nats; of words, which are not all found, unknown

    def elsewhere(self) -> list[str]:
        """What else may come, each with its mass, for the eye; what hardly may is left out."""
        return [f"{tr(name)} {probability(_log(mass))}" for name, mass in self.others.items() if mass >= LEAST]


@dataclass(frozen=True)
class NextText(Shown):
    """The likeliest next characters or words at T = 1, else at the first temperature, and what each makes of them."""

    context: Prompt
    by: Part
    listed: tuple[str, ...]
    tempered: tuple[Masses, ...]
    covers: Covers
    beyond: float  # share of the mass that covers the text's end on tokens that go beyond it
    chosen: bool  # the characters were not asked for: the text ends inside a token
    origin: Provenance
    by_token: Next | None = field(default=None, compare=False, repr=False)  # for a page to play with

    def views(self, *, measures: bool = False) -> list[View]:
        """One temperature as a list; several abreast, and the `measures` of each below."""
        if len(self.tempered) == 1 and not measures:
            return [self._list(self.tempered[0])]
        starts = range(0, len(self.tempered), ABREAST)
        views = [self._side_by_side(self.tempered[start : start + ABREAST]) for start in starts]
        return [*views, self._measures()]

    def records(self) -> list[Record]:
        return [record for one in self.tempered for record in self._records(one)]

    def panels(self) -> list[Panel]:
        return [panels.of_next_text(self, self.by_token)] if self.by_token else []

    def document(self) -> Record:
        shared = {**self._shared(), **self.origin.columns}
        return {**shared, "next": stated_once(shared, self.records())}

    def values(self) -> list[str]:
        return [self.listed[0]]

    def chart(self) -> Chart:
        """A panel of bars a temperature."""
        return charts.text(self)

    def _shared(self) -> Record:
        asked = {"context": self.context.asked, "rendered_context": self.context.text, "chat": self.context.chat}
        return {**asked, "by": self.by, "beyond": self.beyond, "covers_left_out": self.covers.left_out}

    def _records(self, one: Masses) -> list[Record]:
        masses = [one.masses.get(part, 0.0) for part in self.listed]
        choices = None if one.entropy is None else math.exp(one.entropy)
        others = {f"{name.replace(' ', '_')}_mass": mass for name, mass in one.others.items()}
        return [
            {
                **self._shared(),
                "temperature": one.temperature,
                "rank": rank,
                self.by: part,
                "logprob_nats": finite(_log(mass)),
                "probability": mass,
                "cumulative_probability": total,
                "entropy_bits": None if one.entropy is None else one.entropy * BITS,
                "choices": choices,
                **others,
                **self.origin.columns,
            }
            for rank, (part, mass, total) in enumerate(
                zip(self.listed, masses, np.cumsum(masses).tolist(), strict=True), 1
            )
        ]

    def _list(self, one: Masses) -> View:
        columns = (
            Column("#", True),
            Column(tr(NEXT[self.by]), wide=True),
            Column("P", True, means=tr("probability after the text, over all tokens that cover it")),
            Column(tr("sum"), True, means=tr("of this row and those above")),
            Column(""),
        )
        masses = [one.masses.get(part, 0.0) for part in self.listed]
        rows: list[list[Cell]] = [
            [rank, _shown(part), probability(_log(mass)), f"{total:.4f}", Bar(mass)]
            for rank, (part, mass, total) in enumerate(
                zip(self.listed, masses, np.cumsum(masses).tolist(), strict=True), 1
            )
        ]
        notes = (*self._notes(one), self.origin.line)
        return View(self._title, columns, rows, notes, self._conclusion(one))

    def _side_by_side(self, abreast: Sequence[Masses]) -> View:
        columns = [Column(tr(NEXT[self.by]), wide=True)]
        for one in abreast:
            columns += [Column(f"T={one.temperature:g}", True), Column("")]
        rows: list[list[Cell]] = []
        for part in self.listed:
            row: list[Cell] = [_shown(part)]
            for one in abreast:
                mass = one.masses.get(part, 0.0)
                row += [probability(_log(mass)), Bar(mass, BAR)]
            rows.append(row)
        return View(self._title, tuple(columns), rows, (), self._conclusion(abreast[0]))

    def _measures(self) -> View:
        columns = (
            Column("T", True, means=tr("temperature of what is drawn; the text stays as it was read")),
            Column(tr("entropy"), True, means=tr("uncertainty in bits")),
            Column("exp(H)", True, means=tr("as uncertain as so many equal choices")),
            *(Column(tr(name), True) for name in self.tempered[0].others),
        )
        rows: list[list[Cell]] = []
        for one in self.tempered:
            known = one.entropy is not None
            sizes = [f"{(one.entropy or 0) * BITS:.2f}", f"{math.exp(one.entropy or 0):,.1f}"] if known else ["-", "-"]
            rows.append([f"{one.temperature:g}", *sizes, *(probability(_log(mass)) for mass in one.others.values())])
        return View("", columns, rows, (*self._ending, self.origin.line))

    def _conclusion(self, one: Masses) -> str:
        best = max(one.masses, key=lambda part: one.masses[part])
        said = likeliest_next(self.by, _shown(best), one.masses[best], one.temperature, one.entropy)
        if one.entropy is not None:
            return said
        return said + tr("; ") + tr("words of {mass:.0%} of the probability were found", mass=sum(one.masses.values()))

    def _notes(self, one: Masses) -> list[str]:
        listed = sum(one.masses.get(part, 0.0) for part in self.listed)
        held = tr("these {count} hold {mass:.1%} of the probability", count=len(self.listed), mass=listed)
        return [tr("; ").join([held, *one.elsewhere()]), *self._ending]

    @property
    def _ending(self) -> tuple[str, ...]:
        """What the text's end has to do with it."""
        if not self.chosen:
            return ()
        inside = tr(
            "tokens that go on beyond the text's end hold {mass:.0%} of the probability: "
            "so by character (--by token: after the end)",
            mass=self.beyond,
        )
        return (inside,)

    @property
    def _title(self) -> str:
        return f"{visible(self.context.text)} ..."


def next_text(
    model: CausalLM,
    spellings: Spellings,
    context: Prompt,
    by: Part,
    k: int,
    temperatures: Sequence[float] = (1.0,),
    *,
    chosen: bool = False,
) -> NextText:
    """The k likeliest next characters or words at each temperature. `chosen`: nobody asked for them.

    Raises MisuseError for a tokenizer that changes the text.
    """
    check_same(model, context.text, context.tokens)
    covers = cover(model, spellings, tail(model, spellings, context.tokens, COVERED))
    tempered = tuple(_tempered(model, spellings, covers, by, temperature) for temperature in temperatures)
    masses = next((one for one in tempered if one.temperature == 1), tempered[0]).masses
    listed = [part for part in sorted(masses, key=lambda part: (-masses[part], part))[:k] if masses[part] > 0]
    mass, origin = beyond(spellings, covers), of_text(model.info)
    return NextText(context, by, tuple(listed), tempered, covers, mass, chosen, origin)


def check(
    k: int, temperatures: Sequence[float], filters: Settings, by: By | None = None, *, counts: bool = False
) -> None:
    """Raise MisuseError, before a model is opened, for a list of nothing, no temperature, or what has no counts."""
    if k < 1 or not temperatures:
        raise MisuseError(tr("nothing is asked for"), tr("give a k of 1 or more, and at least one temperature"))
    for temperature in temperatures:
        replace(filters, temperature=temperature)
    if counts:
        counting.check(by, temperatures, filters)


def what_follows(
    model: CausalLM,
    spellings: Callable[[], Spellings],
    context: Prompt,
    by: By | None,
    k: int,
    temperatures: Sequence[float] = (1.0,),
    filters: Settings = PLAIN,
    *,
    pictured: bool = False,
    counts: bool = False,
) -> Next | NextText | CountedNext | NextListed:
    """The next token, character or word; when nothing is said a token, or a character of a text that ends inside one.

    A result that is `pictured` has the tokens too, of which a page makes softmax(z / T) anew. Filters and the
    repetition penalty are of tokens. Raises MisuseError for them by character or word. With `counts`, the next token
    of an n-gram model and what makes its probability. Of a model behind a server what it lists.
    """
    if isinstance(model, Served):
        plain = by in (None, "token") and tuple(temperatures) == (1.0,) and filters == PLAIN
        return next_listed(model, left_open(context) if by is None else context, k, plain=plain)
    if counts:
        return counted(model, next_tokens(model, context, k))
    whole = replace(filters, temperature=1.0) == PLAIN
    if by in ("character", "word") and not whole:
        raise MisuseError(tr(OF_TOKENS[by]), tr("leave them out, or --by token"))
    inside = by is None and not context.chat and bool(heal(model, spellings(), context.tokens))
    part: Part | None = "character" if inside and whole else None if by is None or by == "token" else by
    if part is None:
        return next_tokens(model, context, k, temperatures, filters, inside=inside)
    found = next_text(model, spellings(), context, part, k, temperatures, chosen=by is None)
    return replace(found, by_token=next_tokens(model, context, k, temperatures)) if pictured else found


def _tempered(model: CausalLM, spellings: Spellings, covers: Covers, by: Part, temperature: float) -> Masses:
    if by == "word":
        found = words.next_words(model, spellings, covers, temperature)
        others = {END_OF_TEXT: found.end, NOT_FOLLOWED: found.rest}
        return Masses(temperature, found.words, others, None)
    one = following(model, spellings, covers, temperature)
    return Masses(temperature, one.characters, {**one.others, NOT_FOLLOWED: one.rest}, one.entropy)


def _log(mass: float) -> float:
    return math.log(mass) if mass > 0 else -math.inf


def _shown(part: str) -> str:
    return show(part.encode())
