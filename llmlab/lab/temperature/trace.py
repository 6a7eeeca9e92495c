"""One sample closely: at every step what was chosen, how likely it was before and after T, and what else there was."""

from collections.abc import Callable
from dataclasses import dataclass

from llmlab.backends.base import CausalLM
from llmlab.backends.settings import Settings
from llmlab.lab import alternatives
from llmlab.lab.prompt import Prompt
from llmlab.lab.provenance import Provenance, of_text
from llmlab.lab.shown import Shown
from llmlab.lab.temperature.charts import panels
from llmlab.lab.temperature.charts import trace as charts
from llmlab.lab.temperature.drawn import Plan, Sample, Step
from llmlab.lab.temperature.generate import stream
from llmlab.lab.temperature.records import conditions
from llmlab.lab.temperature.samples import how
from llmlab.lab.text import BITS, finite, number, probability, raw, show
from llmlab.language import tr
from llmlab.render.safe import visible
from llmlab.view import Cell, Chart, Column, Panel, Record, View, stated_once


@dataclass(frozen=True)
class Trace(Shown):
    """The steps of one sample."""

    prompt: Prompt
    plan: Plan
    sample: Sample
    origin: Provenance

    def views(self) -> list[View]:
        columns = tuple(column for column, _ in self._columns())
        rows = [[figure(*found) for _, figure in self._columns()] for found in enumerate(self.sample.steps, 1)]
        text = tr("{text} ({finish})", text=visible(self.sample.text), finish=tr(self.sample.finish))
        notes = (text, *self.prompt.notes, *how(self.plan), self.origin.line)
        return [View(visible(self.prompt.text), columns, rows, notes, self._conclusion())]

    def records(self) -> list[Record]:
        return [
            {
                **conditions(self.prompt, self.plan),
                "temperature": self.sample.temperature,
                "sample": self.sample.sample,
                "step": place,
                "token": raw(step.piece),
                "token_id": step.token,
                "logprob_nats": finite(step.logprob),
                "drawn_logprob_nats": finite(step.drawn_logprob),
                "rank": step.rank,
                "entropy_bits": step.entropy * BITS,
                "drawn_entropy_bits": step.drawn_entropy * BITS,
                "alternatives": alternatives.record(step.alternatives),
                **self.origin.columns,
            }
            for place, step in enumerate(self.sample.steps)
        ]

    def document(self) -> Record:
        shared = {**conditions(self.prompt, self.plan), "temperature": self.sample.temperature}
        shared |= {"sample": self.sample.sample, **self.origin.columns}
        said = {"text": self.sample.text, "finish": self.sample.finish, "logprob_nats": self.sample.logprob}
        return {**shared, **said, "steps": stated_once(shared, self.records())}

    def values(self) -> list[str]:
        return [self.sample.text]

    def panels(self) -> list[Panel]:
        return [panels.of_trace(self)]

    def chart(self) -> Chart:
        return charts.steps(self)

    def _conclusion(self) -> str:
        count = len(self.sample.steps)
        return tr(
            "{likeliest} of {count} tokens are the likeliest to the model itself, "
            "which is surprised by {bits} bits a token",
            likeliest=sum(step.rank == 1 for step in self.sample.steps),
            count=count,
            bits=number(-self.sample.logprob * BITS / count, 1),
        )

    def _columns(self) -> list[tuple[Column, Callable[[int, Step], Cell]]]:
        """Each column and its figure; what T and the filters make of the model's own is shown where they change it."""
        t, changes = self.sample.temperature, not self._itself
        others = any(step.alternatives for step in self.sample.steps)  # none at T = 0
        found: list[tuple[Column, Callable[[int, Step], Cell], bool]] = [
            (Column("#", True), lambda place, _: place, True),
            (Column(tr("token"), wide=True), lambda _, step: show(step.piece), True),
            (Column("P", True, means=tr("to the model itself")), lambda _, step: probability(step.logprob), True),
            (
                Column(tr("P at T={heat:g}", heat=t), True, means=tr("when it was drawn")),
                lambda _, step: probability(step.drawn_logprob),
                changes,
            ),
            (Column(tr("rank"), True, means=tr("1 is the likeliest")), lambda _, step: step.rank, True),
            (Column(tr("entropy"), True, means=tr("bits, of the choice")), lambda _, step: _bits(step.entropy), True),
            (
                Column(tr("at T={heat:g}", heat=t), True, means=tr("the same when it was drawn")),
                lambda _, step: _bits(step.drawn_entropy),
                changes,
            ),
            (
                alternatives.column(tr("what else might have come, and its P then")),
                lambda _, step: alternatives.shown(step.alternatives),
                others,
            ),
        ]
        return [(column, figure) for column, figure, shown in found if shown]

    @property
    def _itself(self) -> bool:
        """Whether the tokens were drawn from the model's own distribution."""
        return self.plan.settings(self.sample.temperature) == Settings()


def _bits(nats: float) -> str:
    return number(nats * BITS, 2)


def trace(model: CausalLM, prompt: Prompt, plan: Plan) -> Trace:
    """One sample with its steps, at the plan's first temperature."""
    *_, (_, sample) = stream(model, prompt, plan, trace=True)
    return Trace(prompt, plan, sample, of_text(model.info))
