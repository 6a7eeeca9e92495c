"""One sample closely: at every step what was chosen, how likely it was before and after T, and what else there was."""

import math
from dataclasses import dataclass

from llmlab.lab.prompt import Prompt
from llmlab.lab.provenance import Provenance
from llmlab.lab.temperature.generate import Plan, Sample, Step
from llmlab.lab.temperature.samples import conditions, filters
from llmlab.lab.text import BITS, finite, probability, raw, show
from llmlab.render.safe import visible
from llmlab.view import Cell, Column, Record, View, stated_once


@dataclass(frozen=True)
class Trace:
    """The steps of one sample."""

    prompt: Prompt
    plan: Plan
    sample: Sample
    origin: Provenance

    def views(self) -> list[View]:
        t = f"{self.sample.temperature:g}"
        names = ("P", f"P at T={t}", "rank", "entropy", f"at T={t}")
        columns = (Column("#", True), Column("token", wide=True), *(Column(name, True) for name in names))
        rows = [self._cells(*found) for found in enumerate(self.sample.steps, 1)]
        notes = (
            f"{visible(self.sample.text)} ({self.sample.finish})",
            "entropy in bits; others: what else might have been drawn, with its probability then",
            *self.prompt.notes,
            f"seed {self.plan.seed}{filters(self.plan)}",
            self.origin.line,
        )
        return [View(visible(self.prompt.text), (*columns, Column("others", wide=True)), rows, notes)]

    def records(self) -> list[Record]:
        return [
            {
                **conditions(self.prompt, self.plan),
                "temperature": self.sample.temperature,
                "sample": self.sample.sample,
                "step": number,
                "token": raw(step.piece),
                "token_id": step.token,
                "logprob_nats": finite(step.logprob),
                "drawn_logprob_nats": finite(step.drawn_logprob),
                "rank": step.rank,
                "entropy_bits": step.entropy * BITS,
                "drawn_entropy_bits": step.drawn_entropy * BITS,
                "alternatives": [
                    {"token": raw(piece), "probability": math.exp(logprob)} for piece, logprob in step.alternatives
                ],
                **self.origin.columns,
            }
            for number, step in enumerate(self.sample.steps)
        ]

    def document(self) -> Record:
        shared = {**conditions(self.prompt, self.plan), "temperature": self.sample.temperature}
        shared |= {"sample": self.sample.sample, **self.origin.columns}
        said = {"text": self.sample.text, "finish": self.sample.finish, "logprob_nats": self.sample.logprob}
        return {**shared, **said, "steps": stated_once(shared, self.records())}

    def values(self) -> list[str]:
        return [self.sample.text]

    def _cells(self, number: int, step: Step) -> list[Cell]:
        others = "  ".join(f"{show(piece)} {probability(logprob)}" for piece, logprob in step.alternatives)
        likely: list[Cell] = [probability(step.logprob), probability(step.drawn_logprob), step.rank]
        return [number, show(step.piece), *likely, *self._entropies(step), others]

    def _entropies(self, step: Step) -> list[Cell]:
        return [f"{step.entropy * BITS:.2f}", f"{step.drawn_entropy * BITS:.2f}"]
