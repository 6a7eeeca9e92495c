"""What temperature does to a distribution, exactly: softmax(z / T) of the next token, side by side for each T.

Entropy is in bits, exp(H) is the number of equally likely choices with that entropy (perplexity of the
distribution). Top-k, top-p and min-p are shown by what they would leave: so many tokens, of so much mass.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from llmlab.backends import sampling
from llmlab.backends.base import CausalLM, Floats, ModelInfo
from llmlab.backends.sampling import Settings
from llmlab.lab.generation import Plan
from llmlab.lab.prompt import Prompt
from llmlab.lab.text import BITS, finite, origin, probability, provenance, raw, show, visible
from llmlab.view import Bar, Cell, Column, Record, View, stated_once

TOKENS = 10  # tokens listed
MASSES = (1, 5, 50)  # mass of so many likeliest tokens
TYPICAL = Plan(top_k=50, top_p=0.9, min_p=0.05)  # the cuts shown where none is asked for
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
    entropy: float  # nats
    masses: tuple[float, ...]  # of MASSES
    cuts: tuple[Cut, ...]


@dataclass(frozen=True)
class Distribution:
    """The likeliest tokens at T = 1, and what each temperature makes of them."""

    prompt: Prompt
    ids: tuple[int, ...]
    pieces: tuple[bytes, ...]
    tempered: tuple[Tempered, ...]
    plan: Plan
    info: ModelInfo

    def views(self) -> list[View]:
        starts = range(0, len(self.tempered), ABREAST)
        tables = [self._table(self.tempered[start : start + ABREAST]) for start in starts]
        return [*tables, self._measures()]

    def records(self) -> list[Record]:
        """A record a temperature and token."""
        return [
            {
                "prompt": self.prompt.asked,
                "rendered_prompt": self.prompt.text,
                "chat": self.prompt.chat,
                "temperature": one.temperature,
                "rank_at_1": rank,
                "token": raw(piece),
                "token_id": token,
                "logprob_nats": finite(logprob),
                "probability": math.exp(logprob),
                "entropy_bits": one.entropy * BITS,
                "choices": math.exp(one.entropy),
                **{f"mass_of_top_{k}": mass for k, mass in zip(MASSES, one.masses, strict=True)},
                **{f"{cut.name}_kept": cut.kept for cut in one.cuts},
                **{f"{cut.name}_mass": cut.mass for cut in one.cuts},
                **provenance(self.info),
            }
            for one in self.tempered
            for rank, (token, piece, logprob) in enumerate(zip(self.ids, self.pieces, one.logprobs, strict=True), 1)
        ]

    def document(self) -> Record:
        shared = {"prompt": self.prompt.asked, "rendered_prompt": self.prompt.text, **provenance(self.info)}
        cuts = {cut.name: cut.value for cut in self.tempered[0].cuts}
        return {**shared, "cuts": cuts, "distribution": stated_once(shared, self.records())}

    def _table(self, abreast: Sequence[Tempered]) -> View:
        columns = [Column("next token", wide=True)]
        for one in abreast:
            columns += [Column(f"T={one.temperature:g}", True), Column("")]
        rows: list[list[Cell]] = []
        for place, piece in enumerate(self.pieces):
            row: list[Cell] = [show(piece)]
            for one in abreast:
                row += [probability(one.logprobs[place]), Bar(math.exp(one.logprobs[place]), BAR)]
            rows.append(row)
        penalty = self.plan.repetition_penalty
        penalised = f"; after a repetition penalty of {penalty:g}" if penalty != 1 else ""
        note = f"softmax(z / T){penalised}; T = 1 is the model itself"
        return View(f"{visible(self.prompt.text)} ...", tuple(columns), rows, (note,))

    def _measures(self) -> View:
        cuts = self.tempered[0].cuts
        names = ("entropy", "exp(H)", *(f"top {k}" for k in MASSES))
        columns = [Column("T", True), *(Column(name, True) for name in names)]
        columns += [Column(f"{cut.name.replace('_', '-')} {cut.value:g}", True) for cut in cuts]
        rows: list[list[Cell]] = []
        for one in self.tempered:
            row: list[Cell] = [f"{one.temperature:g}", f"{one.entropy * BITS:.2f}", _count(math.exp(one.entropy))]
            row += [f"{mass:.3f}" for mass in one.masses]
            rows.append([*row, *(f"{cut.kept:,} ({cut.mass:.2f})" for cut in one.cuts)])
        notes = (
            "entropy in bits; exp(H): as uncertain as so many equal choices; top N: the mass of the N likeliest",
            "filters: how many tokens each would keep by itself, and their mass",
        )
        return View("", tuple(columns), rows, (*notes, origin(self.info)))


def _count(choices: float) -> str:
    return f"{choices:,.1f}" if choices < 1000 else f"{choices:,.0f}"


def distribution(model: CausalLM, prompt: Prompt, plan: Plan) -> Distribution:
    """The next token's distribution at each temperature of the plan."""
    logits = model.decoder(prompt.tokens, 1, 1).first
    logprobs = sampling.log_softmax(sampling.penalise(logits, prompt.tokens.ids, plan.repetition_penalty))  # [V]
    ids = sampling.top(logprobs, TOKENS)
    filtered = any((plan.top_k, plan.top_p < 1, plan.min_p))
    cuts = plan if filtered else TYPICAL
    found = tuple(_tempered(logprobs, ids.tolist(), temperature, cuts) for temperature in plan.temperatures)
    pieces = tuple(model.piece(token) for token in ids.tolist())
    return Distribution(prompt, tuple(ids.tolist()), pieces, found, plan, model.info)


def _tempered(logprobs: Floats, ids: list[int], temperature: float, cuts: Plan) -> Tempered:
    tempered = sampling.temper(logprobs, temperature)
    falling = -np.sort(-np.exp(tempered.astype(np.float64)))
    masses = tuple(min(float(falling[:k].sum()), 1.0) for k in MASSES)
    return Tempered(
        temperature,
        tuple(tempered[ids].astype(np.float64).tolist()),
        sampling.entropy(tempered),
        masses,
        tuple(_cut(logprobs, tempered, temperature, name, value) for name, value in _asked(cuts)),
    )


def _asked(cuts: Plan) -> list[tuple[str, float]]:
    every = (("top_k", cuts.top_k, 0), ("top_p", cuts.top_p, 1), ("min_p", cuts.min_p, 0))
    return [(name, value) for name, value, off in every if value != off]


def _cut(logprobs: Floats, tempered: Floats, temperature: float, name: str, value: float) -> Cut:
    alone = {"top_k": int(value)} if name == "top_k" else {name: value}
    kept = np.isfinite(sampling.distribution(logprobs, Settings(temperature, **alone)))
    return Cut(name, value, int(kept.sum()), min(float(np.exp(tempered[kept].astype(np.float64)).sum()), 1.0))
