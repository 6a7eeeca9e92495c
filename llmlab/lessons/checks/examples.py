"""Task: examples in a prompt after which `green` is likely to follow `grass ->`: the records of `next`."""

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from llmlab.errors import MisuseError
from llmlab.language import tr
from llmlab.lessons.replies import Reply, Verdict
from llmlab.lessons.sentences import together

if TYPE_CHECKING:
    from llmlab.door import Lab

QUESTION, ANSWER = "grass ->", " green"
GIVEN_AWAY = re.compile("green|绿", re.IGNORECASE)
LEAST = 0.4
LISTED = 50  # tokens; one that is likely enough is the first or the second
BESIDE = 0.0005  # a number is shown with three digits, and to be right by these is enough


def check(reply: Reply, lab: "Lab") -> Verdict:
    context, model = _asked(reply.records)
    *examples, last = context.splitlines() or [""]
    if last != QUESTION:
        raise MisuseError(tr("the last line of the prompt is not {question}", question=QUESTION))
    if not any(example.strip() for example in examples):
        raise MisuseError(tr("the prompt has no example"), tr("give one a line: banana -> yellow"))
    if GIVEN_AWAY.search(context):
        return Verdict(False, tr("The prompt gives the answer away: {answer} stands in it.", answer=ANSWER.strip()))
    found = _probability(lab, context, model)
    told = {"count": sum(bool(one.strip()) for one in examples), "answer": ANSWER.strip(), "least": LEAST}
    why = tr("Examples: {count}; P({answer}) is {p}.", p=f"{found:.3f}", **told)
    if found < LEAST - BESIDE:
        return Verdict(
            False, together(why, tr("It is to be {least} at least: add an example, or clearer ones.", **told))
        )
    return Verdict(True, together(why, tr("No parameter changed: only what stands before the question.")))


def _asked(records: Iterable[Mapping[str, Any]]) -> tuple[str, str]:
    """The context and the model of the first record. Raises MisuseError for records of something else."""
    first = next(iter(records))
    if not {"context", "model"} <= set(first):
        hint = tr('for example: llmlab next "banana -> yellow\\ngrass ->" --format json')
        raise MisuseError(tr("these are not the records of next"), hint)
    return str(first["context"]), str(first["model"])


def _probability(lab: "Lab", context: str, model: str) -> float:
    """P of the answer after a context; 0 where many others are likelier."""
    rows = lab.next(context, k=LISTED, by="token", model=model).records()
    return next((float(row["probability"]) for row in rows if row["token"] == ANSWER), 0.0)
