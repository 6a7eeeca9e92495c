"""How many questions about words were answered right, by the sections of their file."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from llmlab.lab.provenance import Provenance
from llmlab.lab.shares import INTERVAL, Share
from llmlab.lab.shown import Shown
from llmlab.lab.vectors.charts.evaluate import right_by_section
from llmlab.lab.vectors.judgements import Task, WordQuestion
from llmlab.render.safe import visible
from llmlab.view import Cell, Chart, Column, Record, View


@dataclass(frozen=True)
class Section:
    """Questions of one kind."""

    name: str
    questions: int
    known: int
    right: int


@dataclass(frozen=True)
class SectionScores(Shown):
    """Accuracy by section, and of all."""

    origin: Provenance
    task: Task
    sections: tuple[Section, ...]

    @property
    def total(self) -> Section:
        sums = np.array([[one.questions, one.known, one.right] for one in self.sections]).sum(axis=0)
        return Section("total", *map(int, sums))

    def views(self) -> list[View]:
        columns = (
            Column("section", wide=True),
            Column("questions", True),
            Column("known", True, means=self.task.known),
            Column("right", True, means=self.task.right),
            Column("accuracy", True, means="right / known"),
            Column("95 %", means=INTERVAL),
        )
        rows = [self._row(one) for one in (*self.sections, self.total)]
        return [View(self.task.asks, columns, rows, (self.origin.line,), self._conclusion())]

    def _conclusion(self) -> str:
        whole = self.total
        said = (
            f"{whole.right:,} of {whole.known:,} known questions are answered right ({whole.right / whole.known:.1%})"
        )
        known = [one for one in self.sections if one.known]
        if len(known) < 2:
            return f"{said}."
        hardest = min(known, key=lambda one: one.right / one.known)
        return f"{said}; hardest is {visible(hardest.name)} ({hardest.right / hardest.known:.1%})."

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
            return [visible(one.name), one.questions, 0, 0, "-", ""]
        share, interval, _ = Share(one.right, one.known).cells()
        return [visible(one.name), one.questions, one.known, one.right, share, interval]

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
