"""What is told of the lessons: which there are and which are done, and the verdict on an answer."""

from collections.abc import Sequence
from dataclasses import dataclass

from llmlab.language import tr
from llmlab.lessons.pages import Lesson
from llmlab.lessons.replies import Verdict
from llmlab.view import Column, Record, View

MARK = "✓"


@dataclass(frozen=True)
class Course:
    """All lessons, and the names of those that are done."""

    lessons: Sequence[Lesson]
    done: Sequence[str]

    def views(self) -> list[View]:
        columns = (Column("#", number=True), Column(tr("lesson"), wide=True), Column(tr("name")), Column(tr("done")))
        rows = [[str(one.number), one.title, one.name, MARK if one.name in self.done else ""] for one in self.lessons]
        return [View("", columns, rows, (_how(),), self._conclusion())]

    def records(self) -> list[Record]:
        return [
            {"lesson": one.number, "name": one.name, "title": one.title, "done": one.name in self.done}
            for one in self.lessons
        ]

    def document(self) -> Record:
        return {"lessons": self.records()}

    def values(self) -> list[str]:
        return [one.name for one in self.lessons]

    def _conclusion(self) -> str:
        left = [one for one in self.lessons if one.name not in self.done]
        done, count = len(self.lessons) - len(left), len(self.lessons)
        if not left:
            return tr("All {count} lessons are done.", count=count)
        return tr(
            "{done} of {count} lessons are done; the next: llmlab lesson {number}",
            done=done,
            count=count,
            number=left[0].number,
        )


@dataclass(frozen=True)
class Checked:
    """What is said of an answer to a lesson's task."""

    lesson: Lesson
    verdict: Verdict

    def views(self) -> list[View]:
        return [View(self._title(), (), (), (), self.verdict.why)]

    def records(self) -> list[Record]:
        one, said = self.lesson, self.verdict
        return [{"lesson": one.number, "name": one.name, "title": one.title, "right": said.right, "why": said.why}]

    def document(self) -> Record:
        return self.records()[0]

    def values(self) -> list[str]:
        return ["right" if self.verdict.right else "wrong"]

    def _title(self) -> str:
        said = tr("Right") if self.verdict.right else tr("Not yet")
        return tr("{said}: lesson {number}, {title}", said=said, number=self.lesson.number, title=self.lesson.title)


def _how() -> str:
    return tr(
        "llmlab lesson NUMBER shows one, with --run runs its commands one by one, with --check ANSWER says whether its "
        "task is done, with --slides FILE writes it for a projector"
    )
