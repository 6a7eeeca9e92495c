"""Task: examples in a prompt after which `green` is likely to follow `grass ->`: the records of `next`."""

import re
from typing import TYPE_CHECKING

from llmlab.errors import MisuseError
from llmlab.language import tr
from llmlab.lessons.records import ModelRow, lab_of, rows
from llmlab.lessons.replies import Reply, Verdict
from llmlab.lessons.sentences import together

if TYPE_CHECKING:
    from llmlab.door import Lab

QUESTION, ANSWER = "grass ->", " green"
GIVEN_AWAY = re.compile("green|绿", re.IGNORECASE)
LEAST = 0.4
LISTED = 50  # tokens; one that is likely enough is the first or the second
BESIDE = 0.0005  # a number is shown with three digits, and to be right by these is enough


class ContextRow(ModelRow, kw_only=True):
    """What was asked of next."""

    context: str


def check(reply: Reply, lab: "Lab") -> Verdict:
    """The prompt is put to the model of the records again."""
    asked = rows(reply, "next", "next", ContextRow)[0]
    *examples, last = asked.context.splitlines() or [""]
    if last != QUESTION:
        raise MisuseError(tr("the last line of the prompt is not {question}", question=QUESTION))
    if not any(example.strip() for example in examples):
        raise MisuseError(tr("the prompt has no example"), tr("give one a line: banana -> yellow"))
    if GIVEN_AWAY.search(asked.context):
        return Verdict(False, tr("The prompt gives the answer away: {answer} stands in it.", answer=ANSWER.strip()))
    found = _probability(lab_of(lab, asked), asked.context)
    told = {"count": sum(bool(one.strip()) for one in examples), "answer": ANSWER.strip(), "least": LEAST}
    why = tr("Examples: {count}; P({answer}) is {p}.", p=f"{found:.3f}", **told)
    if found < LEAST - BESIDE:
        return Verdict(
            False, together(why, tr("It is to be {least} at least: add an example, or clearer ones.", **told))
        )
    return Verdict(True, together(why, tr("No parameter changed: only what stands before the question.")))


def _probability(lab: "Lab", context: str) -> float:
    """P of the answer after a context; 0 where many others are likelier."""
    found = lab.next(context, k=LISTED, by="token").records()
    return next((float(row["probability"]) for row in found if row["token"] == ANSWER), 0.0)
