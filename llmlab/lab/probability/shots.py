"""What examples in the prompt do: a file's questions after none, one, two ... of the others with their answers.

An example is a question in its wording with its right choice after it; an empty line stands after each, as in
lm-evaluation-harness (Brown et al. 2020, section 2.4). A draw is an order of all questions, by the seed; a question's
k examples are the first k of it but itself. So more examples begin with the fewer, and the questions of a draw have
nearly the same ones, which are computed once. A choice is picked by its log P, summed, as in choose.py.

Answers share questions and draws, so both are drawn again for the intervals (Owen 2007, see resampling.py).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from llmlab.arrays import Doubles
from llmlab.backends.base import CausalLM
from llmlab.errors import MisuseError
from llmlab.lab.probability import resampling
from llmlab.lab.probability.charts.shots import curves
from llmlab.lab.probability.choose import choose_all, wants_space
from llmlab.lab.probability.quiz import Answer, Item
from llmlab.lab.provenance import Provenance, of_text
from llmlab.lab.shares import INTERVAL
from llmlab.lab.shown import Shown
from llmlab.progress import Progress, silent
from llmlab.render.safe import visible
from llmlab.view import Bar, Cell, Chart, Column, Record, View, stated_once

PROMPT = "{prompt}"  # a question in its wording, as in a preset's template
APART = "\n\n"
DRAWS = 5


@dataclass(frozen=True)
class Prompting:
    """How many examples stand before a question, in which wordings, and how they are drawn."""

    shots: tuple[int, ...] = (0,)
    templates: tuple[str, ...] = (PROMPT,)
    draws: int = DRAWS
    seed: int = 0

    def check(self, questions: int) -> None:
        """Raise MisuseError, before a model is opened, for what cannot be asked of so many questions."""
        if not self.shots or min(self.shots) < 0:
            raise MisuseError("the numbers of examples go from 0 up", "for example --shots 0,1,2,4,8")
        if (most := max(self.shots)) >= questions:
            raise MisuseError(f"{questions} questions leave {questions - 1} for examples, not {most}", "give more")
        if self.draws < 1 or self.seed < 0:
            raise MisuseError("there is 1 draw at least, and a seed from 0 up", f"for example --draws {DRAWS}")
        if without := [one for one in self.templates if PROMPT not in one]:
            raise MisuseError(f"the template {without[0]!r} has no {PROMPT}", r"for example 'Q: {prompt}\nA:'")
        if len(set(self.templates)) < len(self.templates):
            raise MisuseError("a template is given twice", "give each once")

    def orders(self, questions: int) -> list[list[int]]:
        """The questions in the order of each draw."""
        generator = np.random.default_rng(self.seed)
        return [generator.permutation(questions).tolist() for _ in range(self.draws)]


@dataclass(frozen=True)
class Trial:
    """One question after so many examples of one draw, in one wording."""

    template: str
    shots: int
    draw: int  # from 0; without examples there is one
    number: int  # of the question
    prompt: str


@dataclass(frozen=True)
class Point:
    """How often the right choice is picked, over all questions and draws."""

    template: str
    shots: int
    table: Doubles  # [draws, questions] 1 where it is
    interval: tuple[float, float]

    @property
    def share(self) -> float:
        return float(self.table.mean())

    @property
    def spread(self) -> tuple[float, float]:
        """The shares of the worst and of the best draw."""
        shares = self.table.mean(axis=1)
        return float(shares.min()), float(shares.max())

    def record(self) -> Record:
        draws, questions = self.table.shape
        shown: Record = {"template": self.template, "shots": self.shots, "questions": questions, "draws": draws}
        (low, high), (worst, best) = self.interval, self.spread
        return shown | {"share": self.share, "low": low, "high": high, "worst_draw": worst, "best_draw": best}


@dataclass(frozen=True)
class Shots(Shown):
    """The answers to a set of questions, by wording and number of examples."""

    prompting: Prompting
    trials: tuple[Trial, ...]
    answers: tuple[Answer, ...]  # to the trials
    origin: Provenance

    @cached_property
    def points(self) -> list[Point]:
        """By wording, in the order given, then by number of examples."""
        rights: dict[tuple[str, int], list[float]] = {}
        for trial, answer in zip(self.trials, self.answers, strict=True):
            rights.setdefault((trial.template, trial.shots), []).append(float(answer.right("sum")))
        questions = 1 + max(one.number for one in self.trials)
        tables = {key: np.reshape(found, (-1, questions)) for key, found in rights.items()}
        again = {key: self._again(table) for key, table in tables.items()}
        return [
            Point(*key, table, resampling.interval(float(table.mean()), again[key], questions, table.size))
            for key, table in tables.items()
        ]

    @cached_property
    def change(self) -> tuple[float, float, float]:
        """By how much the most examples move the share from that of the fewest, mean of all wordings; its interval."""
        first, last = (
            [one.table for one in self.points if one.shots == shots] for shots in (self._shots[0], self._shots[-1])
        )
        drawn = np.mean([self._again(table) for table in last], axis=0)
        drawn -= np.mean([self._again(table) for table in first], axis=0)
        return (float(np.mean(last) - np.mean(first)), *resampling.centre(drawn))

    def views(self) -> list[View]:
        columns = (
            Column("wording", wide=True),
            Column("examples", True),
            Column("right", True, means="share of right answers, over all questions and draws"),
            Column("95 %", means=INTERVAL),
            Column(""),
            Column("draws", means="the shares of the worst and of the best draw of examples"),
        )
        skip = 0 if len(self.prompting.templates) > 1 else 1
        rows = [self._cells(one)[skip:] for one in self.points]
        title = f"{self.points[0].table.shape[1]:,} questions, by examples in the prompt"
        return [View(title, columns[skip:], rows, self._notes(), self._conclusion())]

    def records(self) -> list[Record]:
        """A record a question asked."""
        return [
            {
                "template": trial.template,
                "shots": trial.shots,
                "draw": trial.draw,
                "question": trial.number,
                "group": answer.question.group,
                "prompt": trial.prompt,
                "answer": answer.truth,
                "picked": answer.pick("sum").text,
                "right": answer.right("sum"),
                **self.origin.columns,
            }
            for trial, answer in zip(self.trials, self.answers, strict=True)
        ]

    def chart(self) -> Chart:
        return curves(self)

    def document(self) -> Record:
        shared, change = self.origin.columns, {}
        if len(self._shots) > 1:
            change = dict(zip(("change", "change_low", "change_high"), self.change, strict=True))
        points = [one.record() for one in self.points]
        seeded = {"seed": self.prompting.seed, **change}
        return {**shared, **seeded, "points": points, "answers": stated_once(shared, self.records())}

    def values(self) -> list[str]:
        return [repr(one.share) for one in self.points]

    @property
    def _shots(self) -> tuple[int, ...]:
        return self.prompting.shots

    def _again(self, table: Doubles) -> Doubles:
        """The share of a table when draws and questions are drawn again, the same for all tables."""
        draws, questions = resampling.crossed(self.prompting.draws, table.shape[1], self.prompting.seed)
        means = table if len(table) == 1 else draws @ table  # [R, Q], or [1, Q]: without examples all draws are one
        return np.asarray((means * questions).sum(axis=1))

    def _cells(self, one: Point) -> list[Cell]:
        (low, high), (worst, best) = one.interval, one.spread
        spread = f"{worst:.1%} - {best:.1%}" if len(one.table) > 1 else ""
        right = f"{one.share:.1%}", f"{low:.1%} - {high:.1%}"
        return [visible(one.template), one.shots, *right, Bar(one.share), spread]

    def _notes(self) -> tuple[str, ...]:
        shown = min(self.trials, key=lambda one: (one.shots == 0, one.shots))
        read = f"so it reads {examples(shown.shots)}: {visible(shown.prompt)} ..."
        drawn = f"draws of examples: {self.prompting.draws}, seed {self.prompting.seed}" if max(self._shots) else ""
        how = f"{resampling.RESAMPLES:,} times questions and draws drawn again"
        return (read, f"{drawn}; {how}" if drawn else how, self.origin.line)

    def _conclusion(self) -> str:
        return f"{self._moved()}{self._apart()}."

    def _moved(self) -> str:
        fewest, *more = [self._mean(shots) for shots in self._shots]
        wordings = len(self.prompting.templates)
        over = f"Over {wordings} wordings " if wordings > 1 else ""
        first = f"{over}{fewest:.1%} are right {examples(self._shots[0])}"
        if not more:
            return first
        moved, low, high = (100 * one for one in self.change)
        chance = ", which chance alone may make" if low <= 0 <= high else ""
        points = f"{moved:+.1f} points ({low:+.1f} to {high:+.1f}){chance}"
        return f"{first}, {more[-1]:.1%} {examples(self._shots[-1])}: {points}"

    def _apart(self) -> str:
        """How far the wordings are from each other."""
        if len(self.prompting.templates) == 1:
            return ""
        apart = [f"{100 * self._range(shots):.1f} {examples(shots)}" for shots in (self._shots[0], self._shots[-1])]
        return f"; points from the worst wording to the best: {', '.join(dict.fromkeys(apart))}"

    def _mean(self, shots: int) -> float:
        return float(np.mean([one.share for one in self.points if one.shots == shots]))

    def _range(self, shots: int) -> float:
        return float(np.ptp([one.share for one in self.points if one.shots == shots]))


def examples(count: int) -> str:
    """So many, in words."""
    return f"with {count} examples" if count > 1 else ("with 1 example" if count else "without examples")


def after_examples(
    model: CausalLM,
    questions: Sequence[Item],
    prompting: Prompting,
    *,
    glue: bool = False,
    allow_special: bool = False,
    progress: Progress = silent,
) -> Shots:
    """Ask every question in every wording after every number of examples. `glue`: no space before a choice.

    Raises MisuseError for what cannot be asked, and for a prompt that is longer than the model reads.
    """
    prompting.check(len(questions))
    trials = tuple(_trials(questions, prompting, glue))
    for trial in trials:
        _check_room(model, trial, questions[trial.number].offered, allow_special)
    asked = [(trial.prompt, questions[trial.number].offered) for trial in trials]
    found = choose_all(model, asked, glue=glue, allow_special=allow_special, progress=progress)
    answers = [Answer(questions[trial.number], one) for trial, one in zip(trials, found, strict=True)]
    return Shots(prompting, trials, tuple(answers), of_text(model.info))


def _trials(questions: Sequence[Item], prompting: Prompting, glue: bool) -> Iterator[Trial]:
    orders = prompting.orders(len(questions))
    for template in prompting.templates:
        worded = [template.replace(PROMPT, one.context) for one in questions]
        solved = [_answered(one, item.truth, glue) for one, item in zip(worded, questions, strict=True)]
        for shots in prompting.shots:
            for draw, order in enumerate(orders if shots else orders[:1]):
                for number, question in enumerate(worded):
                    before = [solved[other] for other in order if other != number][:shots]
                    yield Trial(template, shots, draw, number, "".join(one + APART for one in before) + question)


def _answered(question: str, truth: str, glue: bool) -> str:
    """A question with its right choice after it."""
    return question + " " * (not glue and wants_space(question, truth)) + truth


def _check_room(model: CausalLM, trial: Trial, choices: Sequence[str], allow_special: bool) -> None:
    """Raise MisuseError where a prompt and a choice are more than the model reads: nothing is read in windows here."""
    room = model.info.context - (1 if model.info.bos else 0)
    texts = [f"{trial.prompt} {choice}" for choice in choices]
    if max(len(text.encode()) for text in texts) <= room:  # no token has less than a byte
        return
    tokens = max(len(model.encode(text, allow_special=allow_special)) for text in texts)
    if tokens > room:
        message = f"{examples(trial.shots)} a prompt has {tokens:,} tokens; {model.info.name} reads {room:,}"
        raise MisuseError(message, "give fewer --shots, or a model that reads more")
