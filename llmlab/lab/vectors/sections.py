"""How many questions about words were answered right, by the sections of their file."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from llmlab.lab.provenance import Provenance
from llmlab.lab.shares import INTERVAL, Share
from llmlab.lab.shown import Shown
from llmlab.lab.vectors.charts.evaluate import right_by_section
from llmlab.lab.vectors.judgements import Task, WordQuestion
from llmlab.language import later, tr
from llmlab.render.safe import visible
from llmlab.view import Cell, Chart, Column, Record, View

TOTAL = later("total")  # of all sections


@dataclass(frozen=True)
class Section:
    """Questions of one kind."""

    name: str
    questions: int
    known: int
    right: int

    @property
    def shown(self) -> str:
        """Its name for the eye."""
        return tr(TOTAL) if self.name == TOTAL else visible(self.name)


@dataclass(frozen=True)
class SectionScores(Shown):
    """Accuracy by section, and of all."""

    origin: Provenance
    task: Task
    sections: tuple[Section, ...]

    @property
    def total(self) -> Section:
        sums = np.array([[one.questions, one.known, one.right] for one in self.sections]).sum(axis=0)
        return Section(TOTAL, *map(int, sums))

    def views(self) -> list[View]:
        columns = (
            Column(tr("section"), wide=True),
            Column(tr("questions"), True),
            Column(tr("known"), True, means=tr(self.task.known)),
            Column(tr("right"), True, means=tr(self.task.right)),
            Column(tr("accuracy"), True, means=tr("right / known")),
            Column("95 %", means=tr(INTERVAL)),
        )
        rows = [self._row(one) for one in (*self.sections, self.total)]
        return [View(tr(self.task.asks), columns, rows, (self.origin.line,), self._conclusion())]

    def _conclusion(self) -> str:
        whole = self.total
        told = {"right": whole.right, "known": whole.known, "share": whole.right / whole.known}
        known = [one for one in self.sections if one.known]
        if len(known) < 2:
            return tr("{right:,} of {known:,} known questions are answered right ({share:.1%}).", **told)
        hardest = min(known, key=lambda one: one.right / one.known)
        return tr(
            "{right:,} of {known:,} known questions are answered right ({share:.1%}); "
            "hardest is {section} ({least:.1%}).",
            **told,
            section=hardest.shown,
            least=hardest.right / hardest.known,
        )

    def records(self) -> list[Record]:
        return [
            {"task": self.task.name, **self._record(one), **self.origin.columns} for one in (*self.sections, self.total)
        ]

    def document(self) -> Record:
        sections = [self._record(one) for one in self.sections]
        return {"task": self.task.name, **self.origin.columns, "sections": sections, "total": self._record(self.total)}

    def values(self) -> list[str]:
        return [repr(self.total.right / self.total.known)]

    def chart(self) -> Chart:
        return right_by_section(self)

    def _row(self, one: Section) -> list[Cell]:
        if not one.known:
            return [one.shown, one.questions, 0, 0, "-", ""]
        share, interval, _ = Share(one.right, one.known).cells()
        return [one.shown, one.questions, one.known, one.right, share, interval]

    def _record(self, one: Section) -> Record:
        accuracy = one.right / one.known if one.known else None
        return {
            "section": one.name,
            "questions": one.questions,
            "known": one.known,
            "right": one.right,
            "accuracy": accuracy,
        }


def counted(
    origin: Provenance, task: Task, questions: Sequence[WordQuestion], known: Collection[int], right: Collection[int]
) -> SectionScores:
    """The scores of questions, of which some are known, and some of these right, by their places."""
    names = dict.fromkeys(question.section for question in questions)
    return SectionScores(origin, task, tuple(_section(name, questions, set(known), set(right)) for name in names))


def _section(name: str, questions: Sequence[WordQuestion], known: set[int], right: set[int]) -> Section:
    own = {i for i, question in enumerate(questions) if question.section == name}
    return Section(name, len(own), len(own & known), len(own & right))
