"""Find a text whose next word is all but sure, P of at least 0.95 at T = 1: records of llmlab next."""

from typing import TYPE_CHECKING, Any

from llmlab.lab.text import quoted
from llmlab.language import tr
from llmlab.lessons.records import rows
from llmlab.lessons.replies import Reply, Verdict

if TYPE_CHECKING:
    from llmlab.door import Lab

WANTED = 0.95


def check(reply: Reply, lab: "Lab") -> Verdict:
    """The text is put to the lab's model again, if it is the one that wrote the records; a chat's is not."""
    found = rows(reply, "next", "next", "rendered_context", "probability", "temperature", "by", "model")
    if any(one["temperature"] != 1 for one in found):
        return Verdict(
            False, tr("Leave the temperature at 1: a low one makes every model sure, and says nothing of it.")
        )
    best = max(found, key=lambda one: one["probability"])
    chance = float(best["probability"])
    if best["model"] == lab.config.model and not best.get("chat"):
        asked: Any = lab.next(best["rendered_context"], k=1, by=best["by"])
        chance = asked.records()[0]["probability"]
    said = {"text": quoted(best["rendered_context"]), "next": quoted(best.get(best["by"], "")), "chance": chance}
    if chance < WANTED:
        return Verdict(False, tr("After {text} the likeliest has {chance:.1%}; it should be 95% or more.", **said))
    return Verdict(
        True,
        tr("After {text} comes {next} by {chance:.1%}; all others share the rest, so no second can have 0.98.", **said),
    )
