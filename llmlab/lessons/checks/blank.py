"""Find a blank where verbs are a hundred times as likely as nouns: records of llmlab cloze --kind noun,verb."""

from math import log
from typing import TYPE_CHECKING, Any

from msgspec import field

from llmlab.errors import MisuseError
from llmlab.lab.text import quoted, times
from llmlab.language import tr
from llmlab.lessons.records import ModelRow, lab_of, rows
from llmlab.lessons.replies import Reply, Verdict

if TYPE_CHECKING:
    from llmlab.door import Lab

WANTED = 100
KINDS = "noun,verb"


class ClozeRow(ModelRow, kw_only=True):
    """A word of a class in the blank."""

    sentence: str
    kind: str = field(name="class")


def check(reply: Reply, lab: "Lab") -> Verdict:
    """The blank is put to the model of the records again."""
    found = rows(reply, f"cloze --kind {KINDS}", "fillings", ClozeRow)
    if not {"noun", "verb"} <= {one.kind for one in found}:
        raise MisuseError(tr("the records do not have both nouns and verbs"), tr("give --kind noun,verb"))
    asked: Any = lab_of(lab, found[0]).cloze(found[0].sentence, kind=KINDS)
    classes = {one["class"]: one["logprob_nats"] for one in asked.document()["classes"]}
    apart = classes["verb"] - classes["noun"]
    if apart < 0:
        return Verdict(
            False, tr("Here nouns are {ratio} likelier: it is the verbs that should be.", ratio=times(-apart))
        )
    if apart < log(WANTED):
        return Verdict(False, tr("Here verbs are {ratio} likelier: not yet a hundred.", ratio=times(apart)))
    said = tr(
        "Here verbs are {ratio} likelier, {text} the most: the words around a blank say what kind may fill it.",
        ratio=times(apart),
        text=quoted(asked.fillings[0].text),
    )
    return Verdict(True, said)
