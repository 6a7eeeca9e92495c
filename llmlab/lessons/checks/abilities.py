"""Task: a sum that the model gets wrong at once and right after steps: the records of `generate` with the steps."""

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from llmlab.errors import MisuseError
from llmlab.language import tr
from llmlab.lessons.replies import Reply, Verdict
from llmlab.lessons.sentences import together

if TYPE_CHECKING:
    from llmlab.door import Lab

SUM = re.compile(r"\s*(\d+)\s*\+\s*(\d+)")
SHOWN = {17, 25}  # the page's own
TOKENS = 4  # enough for a number of three digits and the space before it


def check(reply: Reply, lab: "Lab") -> Verdict:
    prompt, text, model = _asked(reply.records)
    found = SUM.match(prompt)
    if found is None:
        raise MisuseError(tr("the prompt does not begin with a sum"), tr("for example: 48 + 37: ..., ... ="))
    a, b = map(int, found.groups())
    told = {"a": a, "b": b, "sum": a + b}
    if {a, b} == SHOWN:
        return Verdict(False, tr("{a} + {b} stands on the page: find another.", **told))
    if str(a + b) in re.findall(r"\d+", prompt):
        return Verdict(False, tr("The prompt gives the answer away: {sum} stands in it.", **told))
    stepwise = _number(text)
    if stepwise != a + b:
        return Verdict(False, tr("With steps it says {said}, and {a} + {b} is {sum}.", said=_said(stepwise), **told))
    at_once = _number(_answer(lab, f"{a} + {b} =", model))
    if at_once == a + b:
        return Verdict(False, tr("Asked {a} + {b} at once it is right too: it did not need the steps.", **told))
    why = tr("At once it says {said}, with steps {sum}, which is right.", said=_said(at_once), **told)
    return Verdict(True, together(why, tr("Steps are context: each leaves an easier one to predict.")))


def _asked(records: Iterable[Mapping[str, Any]]) -> tuple[str, str, str]:
    """The prompt, the first continuation at T = 0, and the model. Raises MisuseError for other records."""
    told = [one for record in records for one in record.get("prompts", [record])]
    drawn = [{**one, **sample} for one in told for sample in one.get("samples", [one])]
    first = next(
        (one for one in drawn if one.get("temperature") == 0 and {"prompt", "text", "model"} <= set(one)), None
    )
    if first is None:
        hint = tr('for example: llmlab generate "48 + 37: ... =" -t 0 --max-tokens 4 --format json')
        raise MisuseError(tr("these are not the records of generate at T = 0"), hint)
    return str(first["prompt"]), str(first["text"]), str(first["model"])


def _answer(lab: "Lab", prompt: str, model: str) -> str:
    return str(lab.generate(prompt, temperature=0, max_tokens=TOKENS, model=model).records()[0]["text"])


def _number(text: str) -> int | None:
    """The first number of a text."""
    found = re.search(r"\d+", text)
    return int(found.group()) if found else None


def _said(number: int | None) -> str:
    return tr("no number") if number is None else str(number)
