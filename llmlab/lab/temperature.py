"""What temperature does: samples from softmax(z / T) at one or several T, from one shared context.

Sample i of a seed has its own generator, so it is the same text however many are drawn beside it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from llmlab.backends import sampling
from llmlab.backends.base import CausalLM, Decoder, Floats, ModelInfo
from llmlab.backends.sampling import Settings
from llmlab.errors import MisuseError
from llmlab.lab.probability import encode
from llmlab.lab.text import origin, provenance, visible
from llmlab.progress import Progress, silent
from llmlab.view import Cell, Column, Record, View, stated_once

ROWS = 64  # continuations decoded side by side


@dataclass(frozen=True)
class Plan:
    """What to draw: every temperature, so many samples each."""

    temperatures: tuple[float, ...] = (1.0,)
    samples: int = 1
    max_tokens: int = 20
    seed: int = 0
    top_k: int = 0
    top_p: float = 1.0
    min_p: float = 0.0
    stop: tuple[str, ...] = ()

    def check(self, prompt: str) -> None:
        """Raise MisuseError for what cannot be drawn, before a model is loaded."""
        if not prompt:
            raise MisuseError("the prompt is empty", "give at least one character")
        if self.seed < 0:
            raise MisuseError(f"seed {self.seed} is negative", "give a number from 0 up")
        if not self.temperatures or self.samples < 1 or self.max_tokens < 1:
            raise MisuseError("nothing to draw", "give at least one temperature, one sample and one token")
        if not all(self.stop):
            raise MisuseError("a stop text is empty", "leave --stop out, or give at least one character")
        for temperature in self.temperatures:
            self.settings(temperature)

    def settings(self, temperature: float) -> Settings:
        return Settings(temperature, self.top_k, self.top_p, self.min_p)


@dataclass(frozen=True)
class Sample:
    """One continuation."""

    temperature: float
    sample: int
    text: str
    ids: tuple[int, ...]
    logprob: float  # nats, under the model itself (T = 1, no filter)
    finish: str  # "stop", "end" (the model ended the text) or "length"


@dataclass(frozen=True)
class Samples:
    """The continuations of one prompt, by temperature, then by sample."""

    prompt: str
    plan: Plan
    samples: tuple[Sample, ...]
    info: ModelInfo

    def views(self) -> list[View]:
        columns = (Column("T", True), Column("#", True), Column("continuation", wide=True), Column("finish"))
        rows: list[list[Cell]] = [
            [f"{one.temperature:g}", one.sample + 1, visible(one.text), one.finish] for one in self.samples
        ]
        return [
            View(visible(self.prompt), columns, rows, (f"seed {self.plan.seed}{self._filters()}", origin(self.info)))
        ]

    def records(self) -> list[Record]:
        return [
            {
                "prompt": self.prompt,
                "temperature": one.temperature,
                "sample": one.sample,
                "seed": self.plan.seed,
                "text": one.text,
                "tokens": len(one.ids),
                "logprob_nats": one.logprob,
                "finish": one.finish,
                **self._settings(),
                **provenance(self.info),
            }
            for one in self.samples
        ]

    def document(self) -> Record:
        shared = {"prompt": self.prompt, "seed": self.plan.seed, **self._settings(), **provenance(self.info)}
        own = stated_once(shared, self.records())
        return {**shared, "samples": own}

    def _settings(self) -> Record:
        plan = self.plan
        filters = {"top_k": plan.top_k, "top_p": plan.top_p, "min_p": plan.min_p}
        return {"max_tokens": plan.max_tokens, **filters, "stop": list(plan.stop)}

    def _filters(self) -> str:
        plan = self.plan
        on = [("top-k", plan.top_k, 0), ("top-p", plan.top_p, 1), ("min-p", plan.min_p, 0)]
        return "".join(f", {name} {value:g}" for name, value, off in on if value != off)


def sample(
    model: CausalLM, prompt: str, plan: Plan, *, allow_special: bool = False, progress: Progress = silent
) -> Samples:
    """Draw every sample of the plan. Raises MisuseError for an empty prompt or settings out of range."""
    plan.check(prompt)
    context = encode(model, prompt, allow_special=allow_special)
    rows = [_Row(plan.settings(t), i, plan) for t in plan.temperatures for i in range(plan.samples)]
    for start in range(0, len(rows), ROWS):
        group = rows[start : start + ROWS]
        _draw(model, model.decoder(context, len(group), plan.max_tokens), group)
        progress(start + len(group), len(rows))
    return Samples(prompt, plan, tuple(row.result() for row in rows), model.info)


class _Row:
    """One continuation while it grows."""

    def __init__(self, settings: Settings, sample: int, plan: Plan) -> None:
        self.settings, self.sample, self.plan = settings, sample, plan
        self.generator = sampling.sample_generator(plan.seed, sample)
        self.ids: list[int] = []
        self.pieces: list[bytes] = []
        self.logprob = 0.0
        self.finish = ""

    def take(self, model: CausalLM, logits: Floats) -> None:
        """Draw one token and see whether the text is finished."""
        token = sampling.draw(sampling.distribution(logits, self.settings), self.generator)
        self.logprob += float(logits[token]) - sampling.logsumexp(logits)
        self.ids.append(token)
        if model.is_end(token):
            self.finish = "end"
            return
        self.pieces.append(model.piece(token))
        if any(stop in self._text() for stop in self.plan.stop):
            self.finish = "stop"
        elif len(self.ids) == self.plan.max_tokens:
            self.finish = "length"

    def result(self) -> Sample:
        text = self._text()
        cuts = [text.find(stop) for stop in self.plan.stop if stop in text]
        shown = text[: min(cuts)] if cuts else text
        return Sample(self.settings.temperature, self.sample, shown, tuple(self.ids), self.logprob, self.finish)

    def _text(self) -> str:
        return b"".join(self.pieces).decode(errors="replace")


def _draw(model: CausalLM, decoder: Decoder, rows: Sequence[_Row]) -> None:
    """Grow all rows together until each is finished."""
    live = list(range(len(rows)))
    logits = np.broadcast_to(decoder.first, (len(rows), len(decoder.first)))  # [rows, V]
    while live:
        for place, row in enumerate(live):
            rows[row].take(model, logits[place])
        live = [row for row in live if not rows[row].finish]
        if live:
            logits = decoder.step(live, [rows[row].ids[-1] for row in live])
