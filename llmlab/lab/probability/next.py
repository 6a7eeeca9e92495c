"""Which word comes next: the exact distribution P(token | context), and what temperature makes of it, softmax(z / T).

Entropy is in bits, exp(H) is the number of equally likely choices with that entropy (perplexity of the
distribution). Top-k, top-p and min-p are shown by what each would leave: so many tokens, of so much mass.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from llmlab.arrays import Floats
from llmlab.backends import sampling
from llmlab.backends.base import CausalLM
from llmlab.backends.settings import Settings
from llmlab.lab.probability.charts import next as charts
from llmlab.lab.probability.charts import panels
from llmlab.lab.probability.parts import NEXT
from llmlab.lab.prompt import Prompt
from llmlab.lab.provenance import Provenance, of_text
from llmlab.lab.shown import Shown
from llmlab.lab.text import BITS, finite, probability, raw, show, uncertainty
from llmlab.language import tr
from llmlab.render.safe import visible
from llmlab.view import Bar, Cell, Chart, Column, Panel, Record, View, stated_once

MASSES = (1, 5, 50)  # mass of so many likeliest tokens
PLAIN = Settings()
TYPICAL = Settings(top_k=50, top_p=0.9, min_p=0.05)  # the cuts shown where none is asked for
BAR = 6  # cells
ABREAST = 5  # temperatures side by side


@dataclass(frozen=True)
class Cut:
    """What one filter leaves of a tempered distribution."""

    name: str
    value: float
    kept: int  # tokens
    mass: float  # probability of those, before they are renormalised


@dataclass(frozen=True)
class Tempered:
    """The next token's distribution at one temperature."""

    temperature: float
    logprobs: tuple[float, ...]  # nats, of the tokens that are listed
    entropy: float  # nats, of the whole distribution
    masses: tuple[float, ...]  # of MASSES
    cuts: tuple[Cut, ...]

    @property
    def cumulative(self) -> tuple[float, ...]:
        """The probability of each listed token and of those before it."""
        return tuple(np.minimum(np.cumsum(np.exp(self.logprobs)), 1.0).tolist())


@dataclass(frozen=True)
class Next(Shown):
    """The likeliest next tokens at T = 1, and what each temperature makes of them."""

    context: Prompt
    ids: tuple[int, ...]
    pieces: tuple[bytes, ...]
    logprobs: Floats = field(compare=False, repr=False)  # [V] nats, of all at T = 1, after the repetition penalty
    tempered: tuple[Tempered, ...]
    filters: Settings  # what was asked for beside the temperature
    inside: bool  # the text ends inside a token, and filters are of tokens
    origin: Provenance

    def views(self, *, measures: bool = False) -> list[View]:
        """One temperature as a list, with the `measures` below where they or filters are asked for; several abreast."""
        if len(self.tempered) == 1 and self.filters.repetition_penalty == 1:
            if not measures and self.filters.plain:
                return [self._list(self.tempered[0], *self.ending, self.origin.line)]
            return [self._list(self.tempered[0]), self._measures()]
        starts = range(0, len(self.tempered), ABREAST)
        tables = [self._side_by_side(self.tempered[start : start + ABREAST]) for start in starts]
        return [*tables, self._measures()]

    def records(self) -> list[Record]:
        """A record a temperature and token."""
        return [record for one in self.tempered for record in self._records(one)]

    def document(self) -> Record:
        shared = {**self._context(), **self.origin.columns}
        cuts = {cut.name: cut.value for cut in self.tempered[0].cuts}
        return {**shared, "cuts": cuts, "next": stated_once(shared, self.records())}

    def values(self) -> list[str]:
        return [raw(self.pieces[0])]

    def panels(self) -> list[Panel]:
        return [panels.of_next(self)]

    def chart(self) -> Chart:
        """A panel of bars a temperature."""
        return charts.tokens(self)

    def _context(self) -> Record:
        asked = {"context": self.context.asked, "rendered_context": self.context.text, "chat": self.context.chat}
        return {**asked, "by": "token"}

    def _records(self, one: Tempered) -> list[Record]:
        measures = {
            "entropy_bits": one.entropy * BITS,
            "choices": math.exp(one.entropy),
            **{f"mass_of_top_{k}": mass for k, mass in zip(MASSES, one.masses, strict=True)},
            **{f"{cut.name}_kept": cut.kept for cut in one.cuts},
            **{f"{cut.name}_mass": cut.mass for cut in one.cuts},
        }
        listed = zip(self.ids, self.pieces, one.logprobs, one.cumulative, strict=True)
        return [
            {
                **self._context(),
                "temperature": one.temperature,
                "rank": rank,
                "token": raw(piece),
                "token_id": token,
                "logprob_nats": finite(logprob),
                "probability": math.exp(logprob),
                "cumulative_probability": mass,
                **measures,
                **self.origin.columns,
            }
            for rank, (token, piece, logprob, mass) in enumerate(listed, 1)
        ]

    def _list(self, one: Tempered, *last: str) -> View:
        """One temperature: a row a token, and the mass so far."""
        columns = (
            Column("#", True),
            Column(tr("next token"), wide=True),
            Column("P", True, means=tr("probability after the text")),
            Column(tr("sum"), True, means=tr("of this row and those above")),
        )
        listed = zip(self.pieces, one.logprobs, one.cumulative, strict=True)
        rows: list[list[Cell]] = [
            [rank, show(piece), probability(logprob), f"{mass:.4f}", Bar(math.exp(logprob))]
            for rank, (piece, logprob, mass) in enumerate(listed, 1)
        ]
        held = tr("these {count} hold {mass:.1%} of the probability", count=len(rows), mass=one.cumulative[-1])
        how = "argmax" if one.temperature == 0 else "softmax(z / T)"
        heat = tr("under the temperature {temperature:g}: {how}", temperature=one.temperature, how=how)
        tempered = () if one.temperature == 1 else (heat,)
        return View(self._title, (*columns, Column("")), rows, (held, *tempered, *last), self._conclusion(one))

    def _conclusion(self, one: Tempered) -> str:
        best = max(range(len(self.ids)), key=lambda place: one.logprobs[place])
        return likeliest_next(
            "token", show(self.pieces[best]), math.exp(one.logprobs[best]), one.temperature, one.entropy
        )

    def _side_by_side(self, abreast: Sequence[Tempered]) -> View:
        columns = [Column(tr("next token"), wide=True)]
        for one in abreast:
            columns += [Column(f"T={one.temperature:g}", True), Column("")]
        rows: list[list[Cell]] = []
        for place, piece in enumerate(self.pieces):
            row: list[Cell] = [show(piece)]
            for one in abreast:
                row += [probability(one.logprobs[place]), Bar(math.exp(one.logprobs[place]), BAR)]
            rows.append(row)
        return View(self._title, tuple(columns), rows, (self._penalised(),), self._conclusion(abreast[0]))

    def _penalised(self) -> str:
        penalty = self.filters.repetition_penalty
        if penalty == 1:
            return tr("softmax(z / T); T = 1 is the model itself")
        return tr(
            "softmax(z / T); after a repetition penalty of {penalty:g}; T = 1 is the model itself", penalty=penalty
        )

    def _measures(self) -> View:
        columns = [
            Column("T", True, means=tr("temperature")),
            Column(tr("entropy"), True, means=tr("uncertainty in bits")),
            Column("exp(H)", True, means=tr("as uncertain as so many equal choices")),
            *(Column(tr("top {count}", count=k), True) for k in MASSES),
        ]
        columns += [Column(f"{cut.name.replace('_', '-')} {cut.value:g}", True) for cut in self.tempered[0].cuts]
        rows: list[list[Cell]] = []
        for one in self.tempered:
            row: list[Cell] = [f"{one.temperature:g}", f"{one.entropy * BITS:.2f}", _count(math.exp(one.entropy))]
            row += [f"{mass:.3f}" for mass in one.masses]
            rows.append([*row, *(f"{cut.kept:,} ({cut.mass:.2f})" for cut in one.cuts)])
        note = tr(
            "top N: the mass of the N likeliest; filters: how many tokens each would keep by itself, and their mass"
        )
        return View("", tuple(columns), rows, (note, *self.ending, self.origin.line))

    @property
    def ending(self) -> tuple[str, ...]:
        """What the text's end has to do with it."""
        if not self.inside:
            return ()
        inside = tr(
            "the text ends inside a token; filters are of tokens, and these follow it as it stands (--by character)"
        )
        return (inside,)

    @property
    def _title(self) -> str:
        return f"{visible(self.context.text)} ..."


def likeliest_next(by: str, shown: str, mass: float, temperature: float, entropy: float | None) -> str:
    """Which part is the likeliest, and how uncertain the model is of what comes (entropy in nats; None: unknown)."""
    best = {"next": tr(NEXT[by]), "shown": shown, "mass": mass}
    if temperature == 1:
        said = tr("{shown} ({mass:.0%}) is the likeliest {next}", **best)
    else:
        said = tr(
            "{shown} ({mass:.0%}) is the likeliest {next} at T = {temperature:g}", temperature=temperature, **best
        )
    return said if entropy is None else said + tr("; ") + uncertainty(entropy)


def next_tokens(
    model: CausalLM,
    context: Prompt,
    k: int,
    temperatures: Sequence[float] = (1.0,),
    filters: Settings = PLAIN,
    *,
    inside: bool = False,
) -> Next:
    """The k likeliest next tokens at each temperature, and what each of the filters would keep by itself.

    The repetition penalty of `filters` applies to all of it, as it would when drawing.
    """
    logprobs = _logprobs(model, context, filters.repetition_penalty)  # [V]
    ids = sampling.top(logprobs, k).tolist()
    cuts = _asked(filters) or _asked(TYPICAL)
    found = tuple(_tempered(logprobs, ids, temperature, cuts) for temperature in temperatures)
    pieces, origin = tuple(map(model.piece, ids)), of_text(model.info)
    return Next(context, tuple(ids), pieces, logprobs, found, filters, inside, origin)


def _logprobs(model: CausalLM, context: Prompt, penalty: float) -> Floats:
    if penalty == 1:
        found: Floats = model.next([context.tokens])[0]
        return found
    logits = model.decoder(context.tokens, 1, 1).first
    return sampling.log_softmax(sampling.penalise(logits, context.tokens.ids, penalty))


def _tempered(logprobs: Floats, ids: list[int], temperature: float, cuts: Sequence[tuple[str, float]]) -> Tempered:
    # softmax does not mind the constant log sum exp z that log-probabilities lack
    tempered = logprobs if temperature == 1 else sampling.temper(logprobs, temperature)
    falling = -np.sort(-np.exp(tempered.astype(np.float64)))
    return Tempered(
        temperature,
        tuple(tempered[ids].astype(np.float64).tolist()),
        sampling.entropy(tempered),
        tuple(min(float(falling[:k].sum()), 1.0) for k in MASSES),
        tuple(_cut(logprobs, tempered, temperature, name, value) for name, value in cuts),
    )


def _asked(filters: Settings) -> list[tuple[str, float]]:
    every = (("top_k", filters.top_k, 0), ("top_p", filters.top_p, 1), ("min_p", filters.min_p, 0))
    return [(name, value) for name, value, off in every if value != off]


def _cut(logprobs: Floats, tempered: Floats, temperature: float, name: str, value: float) -> Cut:
    only: dict[str, Any] = {name: value}
    kept = np.isfinite(sampling.distribution(logprobs, Settings(temperature, **only)))
    return Cut(name, value, int(kept.sum()), min(float(np.exp(tempered[kept].astype(np.float64)).sum()), 1.0))


def _count(choices: float) -> str:
    return f"{choices:,.1f}" if choices < 1000 else f"{choices:,.0f}"
