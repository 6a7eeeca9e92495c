"""Task: a sum that the model gets wrong at once and right after steps: the records of `generate` with the steps."""

import re
from typing import TYPE_CHECKING

from msgspec import Struct

from llmlab.errors import MisuseError
from llmlab.language import tr
from llmlab.lessons.records import ModelRow, lab_of, rows
from llmlab.lessons.replies import Reply, Verdict
from llmlab.lessons.sentences import together

if TYPE_CHECKING:
    from llmlab.door import Lab

SUM = re.compile(r"\s*(\d{1,9})\s*\+\s*(\d{1,9})(?!\d)")
SHOWN = {17, 25}  # the page's own
LONGEST = 20  # tokens: a chat model says a number in a sentence


class HeatRow(Struct):
    """A continuation's temperature."""

    temperature: float


class PromptRow(ModelRow, kw_only=True):
    """What was asked of generate: the continuations of a prompt in json, one a line in jsonl."""

    prompt: str
    temperature: float | None = None
    samples: tuple[HeatRow, ...] = ()


def check(reply: Reply, lab: "Lab") -> Verdict:
    """The model of the records is asked again, with the steps and without."""
    prompt, lab = _asked(reply, lab)
    found = SUM.match(prompt)
    if found is None:
        raise MisuseError(tr("the prompt does not begin with a sum"), tr("for example: 48 + 37: ..., ... ="))
    a, b = map(int, found.groups())
    told = {"a": a, "b": b, "sum": a + b}
    if {a, b} == SHOWN:
        return Verdict(False, tr("{a} + {b} stands on the page: find another.", **told))
    if str(a + b) in re.findall(r"\d+", prompt):
        return Verdict(False, tr("The prompt gives the answer away: {sum} stands in it.", **told))
    stepwise = _answer(lab, prompt)
    if stepwise != a + b:
        return Verdict(False, tr("With steps it says {said}, and {a} + {b} is {sum}.", said=_said(stepwise), **told))
    at_once = _answer(lab, f"{a} + {b} =")
    if at_once == a + b:
        return Verdict(False, tr("Asked {a} + {b} at once it is right too: it did not need the steps.", **told))
    why = tr("At once it says {said}, with steps {sum}, which is right.", said=_said(at_once), **told)
    return Verdict(True, together(why, tr("Steps are context: each leaves an easier one to predict.")))


def _asked(reply: Reply, lab: "Lab") -> tuple[str, "Lab"]:
    """The first prompt that was continued at T = 0, and a lab of its model. Raises MisuseError for other records."""
    for row in rows(reply, "generate", "prompts", PromptRow):
        if 0 in (row.temperature, *(one.temperature for one in row.samples)):
            return row.prompt, lab_of(lab, row)
    hint = tr('for example: llmlab generate "48 + 37: ... =" -t 0 --max-tokens 4 --format json')
    raise MisuseError(tr("these are not the records of generate at T = 0"), hint)


def _answer(lab: "Lab", prompt: str) -> int | None:
    """The first number that follows a prompt at T = 0."""
    drawn = lab.generate(prompt, temperature=0, max_tokens=LONGEST).records()[0]
    found = re.search(r"\d+", str(drawn["text"]))
    return int(found.group()) if found else None


def _said(number: int | None) -> str:
    return tr("no number") if number is None else str(number)
