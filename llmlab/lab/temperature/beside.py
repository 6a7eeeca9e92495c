"""`generate` of several models: the same prompt, temperatures and seed, and what the answers of each are like."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from llmlab.lab.beside import lines, names
from llmlab.lab.shares import INTERVAL
from llmlab.lab.shown import Shown
from llmlab.lab.temperature import column
from llmlab.lab.temperature.charts import beside as charts
from llmlab.lab.temperature.samples import Samples, answer, how
from llmlab.lab.text import number
from llmlab.language import tr
from llmlab.render.safe import visible
from llmlab.view import Cell, Chart, Column, Record, View

LINE = 30  # cells of the commonest answer


@dataclass(frozen=True)
class SamplesBeside(Shown):
    """The continuations of one prompt by several models."""

    models: tuple[Samples, ...]

    @property
    def names(self) -> list[str]:
        return names([one.origin for one in self.models])

    def views(self) -> list[View]:
        right = self.models[0].expected
        aims = tr(", or ").join(dict.fromkeys(one.expected.aim for one in self.models))  # in a chat another
        entropy = Column(tr("entropy"), True, means=tr("bits, exact, of the first token"))
        columns = [
            column.heat(),
            Column(tr("model"), wide=True),
            *([Column(tr("right"), True, means=tr("answers that {aims}", aims=aims))] if right else []),
            *([Column("95 %", means=tr(INTERVAL))] if right else []),
            *([column.distinct(), entropy, column.times()] if self._many else []),
            Column(tr("commonest answer") if self._many else tr("answer"), wide=True, head=LINE),
        ]
        rows: list[list[Cell]] = []
        for t in self.models[0].plan.temperatures:
            label = f"{t:g}"
            for name, one in zip(self.names, self.models, strict=True):
                if one.of(t):
                    rows.append([label, name, *self._cells(one, t)])
                    label = ""
        first = self.models[0]
        said = dict.fromkeys(note for one in self.models for note in (*one.prompt.notes, *how(one.plan)))
        notes = (*said, *lines([one.origin for one in self.models]))
        return [View(visible(first.prompt.asked), tuple(columns), rows, notes, self._conclusion())]

    def records(self) -> list[Record]:
        return [record for one in self.models for record in one.records()]

    def document(self) -> Record:
        return {"models": [one.document() for one in self.models]}

    def values(self) -> list[str]:
        return [value for one in self.models for value in one.values()]

    def chart(self) -> Chart:
        return charts.against(self)

    @property
    def _many(self) -> bool:
        return self.models[0].plan.samples > 1

    def _cells(self, one: Samples, t: float) -> Sequence[Cell]:
        (measured,) = (row for row in one.measures() if row["temperature"] == t)
        share = measured.get("right")
        rightness = [f"{share['share']:.1%}", f"{share['low']:.1%} - {share['high']:.1%}"] if share else []
        ((text, times),) = Counter(sample.text for sample in one.of(t)).most_common(1)
        variety: list[Cell] = []
        if self._many:
            variety = [measured["distinct_answers"], number(measured["first_entropy_bits"], 2), times]
        return [*rightness, *variety, answer(text)]

    def _conclusion(self) -> str:
        """At the coldest T: who is right how often, or how many answers differ."""
        t = min(t for one in self.models for t in one.plan.temperatures if one.of(t))
        said = []
        for name, one in zip(self.names, self.models, strict=True):
            if not one.of(t):
                continue
            (measured,) = (row for row in one.measures() if row["temperature"] == t)
            if one.expected:
                said.append(f"{name} {measured['right']['share']:.0%}")
            elif self._many:
                said.append(f"{name} {measured['distinct_answers']}")
            else:
                said.append(f"{name} {answer(one.of(t)[0].text)}")
        told = tr(", ").join(said)
        if self.models[0].expected:
            return tr("At T = {heat:g}, right: {told}.", heat=t, told=told)
        if self._many:
            return tr("At T = {heat:g}, different answers: {told}.", heat=t, told=told)
        return tr("At T = {heat:g}, the answers: {told}.", heat=t, told=told)
