"""At which temperature is the likeliest answer to a fixed question one half?"""

from typing import TYPE_CHECKING, Any

from llmlab.errors import MisuseError
from llmlab.lab.text import quoted
from llmlab.language import tr
from llmlab.lessons.replies import Reply, Verdict

if TYPE_CHECKING:
    from llmlab.door import Lab

QUESTION, PRESET = "What is the capital of France?", "qa"
WANTED, NEAR = 0.5, 0.02


def check(reply: Reply, lab: "Lab") -> Verdict:
    """The learner's temperature is tried: right where P, to two digits, is within 0.02 of one half."""
    heat = reply.number
    if heat < 0:
        raise MisuseError(tr("T = {heat:g} is below 0", heat=heat), tr("give a temperature such as 0.7"))
    asked: Any = lab.next(QUESTION, preset=PRESET, temperature=heat, k=1)
    best = asked.records()[0]
    said = {"heat": heat, "token": quoted(best["token"]), "chance": best["probability"]}
    if round(abs(round(best["probability"], 2) - WANTED), 2) <= NEAR:
        return Verdict(
            True, tr("At T = {heat:g} {token} has {chance:.1%}: the same scores, divided by T, and softmax.", **said)
        )
    if best["probability"] > WANTED:
        return Verdict(False, tr("At T = {heat:g} {token} has {chance:.1%}: too cold, go up.", **said))
    return Verdict(False, tr("At T = {heat:g} {token} has {chance:.1%}: too hot, go down.", **said))
