"""Multiple-choice questions from a file: how often the right choice is the likeliest.

By the plain sum (acc of lm-evaluation-harness), per character (its acc_norm), and per token.
"""

import math
import re
import string
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from msgspec import Struct

from llmlab.backends.base import CausalLM
from llmlab.files.records import GROUP, Filled, Kind
from llmlab.lab.probability.charts.groups import of_quiz
from llmlab.lab.probability.choose import MERGED, Choice, Choices, choose_all
from llmlab.lab.provenance import Provenance, of_text
from llmlab.lab.shares import Share, share_columns
from llmlab.lab.shown import Shown
from llmlab.lab.text import number
from llmlab.language import later, tr
from llmlab.progress import Progress, silent
from llmlab.render.safe import visible
from llmlab.view import Cell, Chart, Column, Record, View, stated_once

MISSES = 5  # wrong answers shown
LETTERS = string.ascii_uppercase
BY = {"sum": later("sum"), "per_character": later("per character"), "per_token": later("per token")}  # SCORES
SCORES: dict[str, Callable[[Choice], float]] = {
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


@dataclass(frozen=True)
class Quiz(Shown):
    """The answers to a set of questions, in the order given."""

    answers: tuple[Answer, ...]
    origin: Provenance

    def views(self) -> list[View]:
        columns = (
            Column(tr("group"), wide=True),
            Column(tr("questions"), True),
            Column(tr("by"), means=tr("by which log P of the choices is compared")),
            *share_columns(),
        )
        rows: list[list[Cell]] = []
        for group in self._groups():
            answers = self._of(group)
            for score in SCORES:
                name = [visible(group) or tr("all"), len(answers)] if score == "sum" else ["", ""]
                rows.append([*name, tr(BY[score]), *self._share(answers, score).cells()])
        merged = any(one.boundary == "merged" for answer in self.answers for one in answer.found.choices)
        notes = (tr("sum is acc, per character acc_norm of lm-evaluation-harness"), self.origin.line)
        whole = self._share(self.answers, "sum")
        said = tr(
            "The right choice is the likeliest in {right:,} of {trials:,} questions ({share:.1%}).",
            right=whole.right,
            trials=whole.trials,
            share=whole.share,
        )
        views = [View("", columns, rows, notes, said)]
        wrong = [answer for answer in self.answers if not answer.right("sum")]
        return [*views, self._misses(wrong[:MISSES], (tr(MERGED),) if merged else ())] if wrong else views

    def records(self) -> list[Record]:
        """A record a choice."""
        return [
            {
                "question": number,
                "group": answer.question.group,
                **row,
                "right": row["choice"] == answer.truth,
                **{f"picked_by_{score}": row["choice"] == answer.pick(score).text for score in SCORES},
            }
            for number, answer in enumerate(self.answers)
            for row in answer.found.records()
        ]

    def chart(self) -> Chart:
        return of_quiz(self)

    def document(self) -> Record:
        shared = self.origin.columns
        groups = [
            {"group": group or "all", "by": score, **self._share(self._of(group), score).record()}
            for group in self._groups()
            for score in SCORES
        ]
        return {**shared, "groups": groups, "choices": stated_once(shared, self.records())}

    def values(self) -> list[str]:
        return [repr(self._share(self.answers, "sum").share)]

    def _groups(self) -> list[str]:
        """Every group, then all."""
        return [*sorted({answer.question.group for answer in self.answers} - {""}), ""]

    def _of(self, group: str) -> list[Answer]:
        return [answer for answer in self.answers if group in ("", answer.question.group)]

    def _share(self, answers: Sequence[Answer], score: str) -> Share:
        return Share(sum(answer.right(score) for answer in answers), len(answers))

    def _misses(self, wrong: Sequence[Answer], notes: tuple[str, ...]) -> View:
        columns = (Column(tr("context"), wide=True), Column(tr("right")), Column("log P", True), Column(tr("picked")))
        rows: list[list[Cell]] = []
        for answer in wrong:
            truth = next(one for one in answer.found.choices if one.text == answer.truth)
            picked = answer.pick("sum")
            context = visible(answer.question.context)
            rows.append([context, truth.label, number(truth.logprob), picked.label, number(picked.logprob)])
        return View(tr("some that the sum gets wrong"), (*columns, Column("log P", True)), rows, notes)


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
