"""What examples in the prompt do: a file's questions after none, one, two ... of the others with their answers.

The prompts are those of prompting.py. A choice is picked by its log P, summed, as in choose.py.

Answers share questions and draws, so both are drawn again for the intervals (Owen 2007, see resampling.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from llmlab.arrays import Doubles
from llmlab.backends.base import CausalLM
from llmlab.errors import MisuseError
from llmlab.lab.probability import resampling
from llmlab.lab.probability.charts.shots import curves
from llmlab.lab.probability.choose import choose_all
from llmlab.lab.probability.prompting import Prompting, Trial, examples, trials
from llmlab.lab.probability.quiz import Answer, Item
from llmlab.lab.provenance import Provenance, of_text
from llmlab.lab.shares import INTERVAL
from llmlab.lab.shown import Shown
from llmlab.language import tr
from llmlab.progress import Progress, silent
from llmlab.render.safe import visible
from llmlab.view import Bar, Cell, Chart, Column, Record, View, stated_once


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
            Column(tr("wording"), wide=True),
            Column(tr("examples"), True),
            Column(tr("right"), True, means=tr("share of right answers, over all questions and draws")),
            Column("95 %", means=tr(INTERVAL)),
            Column(""),
            Column(tr("draws"), means=tr("the shares of the worst and of the best draw of examples")),
        )
        skip = 0 if len(self.prompting.templates) > 1 else 1
        rows = [self._cells(one)[skip:] for one in self.points]
        title = tr("{count:,} questions, by examples in the prompt", count=self.points[0].table.shape[1])
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
        read = tr("so it reads {examples}: {prompt} ...", examples=examples(shown.shots), prompt=visible(shown.prompt))
        how = {"times": resampling.RESAMPLES, "draws": self.prompting.draws, "seed": self.prompting.seed}
        again = tr("{times:,} times questions and draws drawn again", **how)
        if max(self._shots):
            again = tr(
                "draws of examples: {draws}, seed {seed}; {times:,} times questions and draws drawn again", **how
            )
        return (read, again, self.origin.line)

    def _conclusion(self) -> str:
        if len(self.prompting.templates) == 1:
            return tr("{sentence}.", sentence=self._moved())
        return tr(
            "{moved}; points from the worst wording to the best: {apart}.", moved=self._moved(), apart=self._apart()
        )

    def _moved(self) -> str:
        """How many are right after the fewest examples, and after the most."""
        fewest, *more = [self._mean(shots) for shots in self._shots]
        few = {"share": fewest, "examples": examples(self._shots[0])}
        wordings = len(self.prompting.templates)
        first = tr("{share:.1%} are right {examples}", **few)
        if wordings > 1:
            first = tr("Over {wordings} wordings {share:.1%} are right {examples}", wordings=wordings, **few)
        if not more:
            return first
        many = {"share": more[-1], "examples": examples(self._shots[-1])}
        return tr("{first}, {share:.1%} {examples}: {points}", first=first, points=self._points(), **many)

    def _points(self) -> str:
        """From the fewest examples to the most."""
        moved, low, high = (100 * one for one in self.change)
        if low <= 0 <= high:
            return tr(
                "{moved:+.1f} points ({low:+.1f} to {high:+.1f}), which chance alone may make",
                moved=moved,
                low=low,
                high=high,
            )
        return tr("{moved:+.1f} points ({low:+.1f} to {high:+.1f})", moved=moved, low=low, high=high)

    def _apart(self) -> str:
        """How far the wordings are from each other."""
        apart = [
            tr("{points:.1f} {examples}", points=100 * self._range(shots), examples=examples(shots))
            for shots in (self._shots[0], self._shots[-1])
        ]
        return tr(", ").join(dict.fromkeys(apart))

    def _mean(self, shots: int) -> float:
        return float(np.mean([one.share for one in self.points if one.shots == shots]))

    def _range(self, shots: int) -> float:
        return float(np.ptp([one.share for one in self.points if one.shots == shots]))


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
    asking = tuple(trials(questions, prompting, glue))
    for trial in asking:
        _check_room(model, trial, questions[trial.number].offered, allow_special)
    asked = [(trial.prompt, questions[trial.number].offered) for trial in asking]
    found = choose_all(model, asked, glue=glue, allow_special=allow_special, progress=progress)
    answers = [Answer(questions[trial.number], one) for trial, one in zip(asking, found, strict=True)]
    return Shots(prompting, asking, tuple(answers), of_text(model.info))


def _check_room(model: CausalLM, trial: Trial, choices: Sequence[str], allow_special: bool) -> None:
    """Raise MisuseError where a prompt and a choice are more than the model reads: nothing is read in windows here."""
    room = model.info.context - (1 if model.info.bos else 0)
    texts = [f"{trial.prompt} {choice}" for choice in choices]
    if max(len(text.encode()) for text in texts) <= room:  # no token has less than a byte
        return
    tokens = max(len(model.encode(text, allow_special=allow_special)) for text in texts)
    if tokens > room:
        message = tr(
            "{examples} a prompt has {tokens:,} tokens; {model} reads {room:,}",
            examples=examples(trial.shots),
            tokens=tokens,
            model=model.info.name,
            room=room,
        )
        raise MisuseError(message, tr("give fewer --shots, or a model that reads more"))
