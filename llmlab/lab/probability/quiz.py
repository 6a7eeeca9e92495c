"""Multiple-choice questions from a file: how often the right choice is the likeliest.

By the plain sum (acc of lm-evaluation-harness), per character (its acc_norm), and per token.
"""

import math
import re
import string
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from msgspec import Struct

from llmlab.backends.base import CausalLM
from llmlab.files.records import GROUP, Filled, Kind
from llmlab.lab.probability.charts.groups import of_quiz
from llmlab.lab.probability.choose import Choice, Choices, choose_all
from llmlab.lab.probability.tallies.quiz import QuizTally
from llmlab.lab.provenance import Provenance, of_text
from llmlab.lab.shown import Shown
from llmlab.language import later, tr
from llmlab.progress import Progress, silent
from llmlab.view import Chart, Record, View, stated_once

LETTERS = string.ascii_uppercase
SCORES: dict[str, Callable[[Choice], float]] = {  # by which choices are compared, as in tallies/quiz.py
    "sum": lambda choice: choice.logprob,
    "per_character": lambda choice: choice.per_character,
    "per_token": lambda choice: choice.per_token,
}


class Item(Struct, frozen=True):
    """A context, its choices, and which of them is right: a text or letter, or a number from 0 (no text of a number).

    Or the right one, and the others.
    """

    context: Filled
    answer: int | Filled
    choices: tuple[Filled, ...] = ()
    others: tuple[Filled, ...] = ()
    group: str = ""

    def __post_init__(self) -> None:
        if bool(self.choices) == bool(self.others):
            raise ValueError(tr("give the choices, or else the others than the answer"))
        if len(set(self.offered)) < len(self.offered):
            raise ValueError(tr("a choice is there twice"))
        if self.choices and self._place not in range(len(self.choices)):
            raise ValueError(
                tr(
                    "the answer {answer!r} is none of the choices: give its text, or its letter from A",
                    answer=self.answer,
                )
            )

    @property
    def offered(self) -> tuple[str, ...]:
        """All choices; the right one before the others."""
        return self.choices or (str(self.answer), *self.others)

    @property
    def truth(self) -> str:
        """The right choice."""
        return self.offered[self._place]

    @property
    def _place(self) -> int:
        """Which of those offered is right; -1 for none."""
        if not self.choices:
            return 0
        if isinstance(self.answer, int):
            return self.answer
        if self.answer in self.choices:
            return self.choices.index(self.answer)
        return LETTERS.find(self.answer.upper()) if len(self.answer) == 1 else -1


QUESTIONS = Kind(
    later("question"),
    later(
        'jsonl like {"context": "...", "choices": ["...", "..."], "answer": 0}; '
        "csv, tsv: columns context, answer, others"
    ),
    Item,
    {
        "context": ("context", "question", "问题", "题目", "上文"),
        "answer": ("answer", "correct_answer", "right_answer", "答案", "正确答案"),
        "choices": ("choices",),
        "others": ("others",),
        "group": GROUP,
    },
    order=("context", "answer"),
    rest="others",
    families={
        "choices": re.compile(r"(choices?|options?|选项)?_?([a-z]|\d+)|choices?|options?|选项"),
        "others": re.compile(r"(others?|wrong|distractors?|其他)_?(\w|\d+)?"),
    },
)


@dataclass(frozen=True)
class Answer:
    """One question and what the model makes of it."""

    question: Item
    found: Choices

    @property
    def truth(self) -> str:
        return self.question.truth

    def pick(self, score: str) -> Choice:
        """The choice that is best by one of SCORES."""
        return max(self.found.choices, key=lambda one: -math.inf if math.isnan(one.logprob) else SCORES[score](one))

    def right(self, score: str) -> bool:
        return self.pick(score).text == self.truth

    def records(self, number: int) -> list[Record]:
        """A record a choice; `number` is the question's, from 0."""
        return [
            {
                "question": number,
                "group": self.question.group,
                **row,
                "right": row["choice"] == self.truth,
                **{f"picked_by_{score}": row["choice"] == self.pick(score).text for score in SCORES},
            }
            for row in self.found.records()
        ]


@dataclass(frozen=True)
class Quiz(Shown):
    """The answers to a set of questions, in the order given."""

    answers: tuple[Answer, ...]
    origin: Provenance

    @cached_property
    def _tally(self) -> QuizTally:
        return QuizTally.of(self.records())

    def views(self) -> list[View]:
        return self._tally.views()

    def records(self) -> list[Record]:
        """A record a choice."""
        return [row for number, one in enumerate(self.answers) for row in one.records(number)]

    def chart(self) -> Chart:
        return of_quiz(self)

    def document(self) -> Record:
        shared = self.origin.columns
        groups = [{"group": group or "all", "by": by, **share.record()} for group, by, share in self._tally.groups()]
        return {**shared, "groups": groups, "choices": stated_once(shared, self.records())}

    def values(self) -> list[str]:
        return self._tally.values()


def answer(
    model: CausalLM,
    questions: Sequence[Item],
    *,
    glue: bool = False,
    allow_special: bool = False,
    progress: Progress = silent,
) -> Quiz:
    """Ask every question. `glue`: no space is put between a context and its choices."""
    asked = [(question.context, question.offered) for question in questions]
    found = choose_all(model, asked, glue=glue, allow_special=allow_special, progress=progress)
    return Quiz(tuple(Answer(*one) for one in zip(questions, found, strict=True)), of_text(model.info))
