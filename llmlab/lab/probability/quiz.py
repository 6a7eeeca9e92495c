"""Multiple-choice questions from a file: how often the right choice is the likeliest.

By the plain sum (acc of lm-evaluation-harness), per character (its acc_norm), and per token.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from llmlab.backends.base import CausalLM
from llmlab.files import Kind, filled, group_of
from llmlab.lab.probability.choose import MERGED, Choice, Choices, choose_all
from llmlab.lab.provenance import Provenance, of_text
from llmlab.lab.shares import COLUMNS, Share
from llmlab.lab.text import number
from llmlab.progress import Progress, silent
from llmlab.render.safe import visible
from llmlab.view import Cell, Column, Record, View, stated_once

MISSES = 5  # wrong answers shown
SCORES: dict[str, Callable[[Choice], float]] = {
    "sum": lambda choice: choice.logprob,
    "per_character": lambda choice: choice.per_character,
    "per_token": lambda choice: choice.per_token,
}


@dataclass(frozen=True)
class Item:
    """A context, its choices, and which of them is right (from 0)."""

    context: str
    choices: tuple[str, ...]
    answer: int
    group: str = ""


def _of_object(record: dict[str, Any]) -> Item:
    choices, answer = _choices(record["choices"]), record["answer"]
    place = choices.index(answer) if isinstance(answer, str) else range(len(choices))[answer]
    return Item(filled(record["context"]), choices, place, group_of(record))


def _of_row(row: list[str]) -> Item:
    return Item(filled(row[0]), _choices(row[1:]), 0)


def _choices(texts: Sequence[object]) -> tuple[str, ...]:
    choices = tuple(filled(text) for text in texts)
    if not choices or len(set(choices)) < len(choices):
        raise ValueError("no choice, or one that is given twice")
    return choices


QUESTIONS = Kind(
    "question",
    'like {"context": "...", "choices": ["...", "..."], "answer": 0}; csv and tsv: context, answer, others',
    _of_object,
    _of_row,
    header="context",
)  # the answer is its number from 0, or its text; a table's second column


@dataclass(frozen=True)
class Answer:
    """One question and what the model makes of it."""

    question: Item
    found: Choices

    @property
    def truth(self) -> str:
        return self.question.choices[self.question.answer]

    def pick(self, score: str) -> Choice:
        """The choice that is best by one of SCORES."""
        return max(self.found.choices, key=lambda one: -math.inf if math.isnan(one.logprob) else SCORES[score](one))

    def right(self, score: str) -> bool:
        return self.pick(score).text == self.truth


@dataclass(frozen=True)
class Quiz:
    """The answers to a set of questions, in the order given."""

    answers: tuple[Answer, ...]
    origin: Provenance

    def views(self) -> list[View]:
        columns = (Column("group", wide=True), Column("questions", True), Column("by"), *COLUMNS)
        rows: list[list[Cell]] = []
        for group in self._groups():
            answers = self._of(group)
            for score in SCORES:
                name = [visible(group) or "all", len(answers)] if score == "sum" else ["", ""]
                rows.append([*name, score.replace("_", " "), *self._share(answers, score).cells()])
        merged = any(one.boundary == "merged" for answer in self.answers for one in answer.found.choices)
        notes = ("sum is acc, per character acc_norm of lm-evaluation-harness", self.origin.line)
        views = [View("", columns, rows, notes)]
        wrong = [answer for answer in self.answers if not answer.right("sum")]
        return [*views, self._misses(wrong[:MISSES], (MERGED,) if merged else ())] if wrong else views

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

    def document(self) -> Record:
        shared = self.origin.columns
        groups = [
            {"group": group or "all", "by": score, **self._share(self._of(group), score).record()}
            for group in self._groups()
            for score in SCORES
        ]
        return {**shared, "groups": groups, "choices": stated_once(shared, self.records())}

    def _groups(self) -> list[str]:
        """Every group, then all."""
        return [*sorted({answer.question.group for answer in self.answers} - {""}), ""]

    def _of(self, group: str) -> list[Answer]:
        return [answer for answer in self.answers if group in ("", answer.question.group)]

    def _share(self, answers: Sequence[Answer], score: str) -> Share:
        return Share(sum(answer.right(score) for answer in answers), len(answers))

    def _misses(self, wrong: Sequence[Answer], notes: tuple[str, ...]) -> View:
        columns = (Column("context", wide=True), Column("right"), Column("log P", True), Column("picked"))
        rows: list[list[Cell]] = []
        for answer in wrong:
            truth = next(one for one in answer.found.choices if one.text == answer.truth)
            picked = answer.pick("sum")
            context = visible(answer.question.context)
            rows.append([context, truth.label, number(truth.logprob), picked.label, number(picked.logprob)])
        return View("some that the sum gets wrong", (*columns, Column("log P", True)), rows, notes)


def answer(
    model: CausalLM, questions: Sequence[Item], *, allow_special: bool = False, progress: Progress = silent
) -> Quiz:
    """Ask every question."""
    asked = [(question.context, question.choices) for question in questions]
    found = choose_all(model, asked, allow_special=allow_special, progress=progress)
    return Quiz(tuple(Answer(*one) for one in zip(questions, found, strict=True)), of_text(model.info))
