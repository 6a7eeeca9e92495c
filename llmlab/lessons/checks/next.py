"""Find a text whose next word is all but sure, P of at least 0.95 at T = 1: records of llmlab next."""

from typing import TYPE_CHECKING, Annotated, Any, Literal

from msgspec import Meta

from llmlab.lab.text import quoted
from llmlab.language import tr
from llmlab.lessons.records import ModelRow, lab_of, rows
from llmlab.lessons.replies import Reply, Verdict

if TYPE_CHECKING:
    from llmlab.door import Lab

WANTED = 0.95


class NextRow(ModelRow, kw_only=True):
    """What may come next."""

    context: str
    rendered_context: str
    chat: bool
    by: Literal["token", "character", "word"]
    temperature: float
    probability: Annotated[float, Meta(ge=0, le=1 + 1e-6)]  # a sum may be rounded up


def check(reply: Reply, lab: "Lab") -> Verdict:
    """The surest text is put to the model of the records again."""
    found = rows(reply, "next", "next", NextRow)
    if any(one.temperature != 1 for one in found):
        return Verdict(
            False, tr("Leave the temperature at 1: a low one makes every model sure, and says nothing of it.")
        )
    best = max(found, key=lambda one: one.probability)
    text = best.context if best.chat else best.rendered_context
    asked: Any = lab_of(lab, best).next(text, k=1, by=best.by, chat=best.chat)
    (first,) = asked.records()
    said = {"text": quoted(text), "next": quoted(first[best.by]), "chance": first["probability"]}
    if first["probability"] < WANTED:
        return Verdict(False, tr("After {text} the likeliest has {chance:.1%}; it should be 95% or more.", **said))
    return Verdict(
        True,
        tr("After {text} comes {next} by {chance:.1%}; all others share the rest, so no second can have 0.98.", **said),
    )
