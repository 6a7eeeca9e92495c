"""Examples before a question: how many, in which wordings, how they are drawn, and the prompts that this makes.

An example is a question in its wording with its right choice after it; an empty line stands after each, as in
lm-evaluation-harness (Brown et al. 2020, section 2.4). A draw is an order of all questions, by the seed; a question's
k examples are the first k of it but itself. So more examples begin with the fewer, and the questions of a draw have
nearly the same ones, which are computed once.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from llmlab.errors import MisuseError
from llmlab.lab.probability.choose import wants_space
from llmlab.lab.probability.quiz import Item
from llmlab.language import tr, tr_many

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
            raise MisuseError(tr("the numbers of examples go from 0 up"), tr("for example --shots 0,1,2,4,8"))
        if (most := max(self.shots)) >= questions:
            left = tr(
                "{questions} questions leave {rest} for examples, not {most}",
                questions=questions,
                rest=questions - 1,
                most=most,
            )
            raise MisuseError(left, tr("give more"))
        if self.draws < 1 or self.seed < 0:
            hint = tr("for example --draws {draws}", draws=DRAWS)
            raise MisuseError(tr("there is 1 draw at least, and a seed from 0 up"), hint)
        if without := [one for one in self.templates if PROMPT not in one]:
            lacking = tr("the template {template!r} has no {prompt}", template=without[0], prompt=PROMPT)
            raise MisuseError(lacking, tr(r"for example 'Q: {prompt}\nA:'"))
        if len(set(self.templates)) < len(self.templates):
            raise MisuseError(tr("a template is given twice"), tr("give each once"))

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


def trials(questions: Sequence[Item], prompting: Prompting, glue: bool) -> Iterator[Trial]:
    """Every question in every wording after every number of examples of every draw."""
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


def examples(count: int) -> str:
    """So many, in words."""
    return tr_many("with {count} example", "with {count} examples", count) if count else tr("without examples")
