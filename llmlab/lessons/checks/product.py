"""What is the lecture's product of 明天天气很好, character by character and without p(明)?"""

from math import exp, isclose
from typing import TYPE_CHECKING, Any

from llmlab.language import tr
from llmlab.lessons.replies import Reply, Verdict

if TYPE_CHECKING:
    from llmlab.door import Lab

ASKED = "明天天气很好"
NEAR, ROUGH = 0.03, 0.1  # of the answer


def check(reply: Reply, lab: "Lab") -> Verdict:
    """P of the other characters given the first."""
    asked: Any = lab.prob(ASKED, by="character")
    first, *others = (one["logprob_nats"] for one in asked.document()["texts"][0]["ledger"])
    log = sum(others)
    said = {"first": ASKED[0], "others": ASKED[1:]}
    if isclose(reply.number, exp(log), rel_tol=NEAR):
        return Verdict(
            True, tr("That is P({others} | {first}). Times p({first}) it is the probability of the whole text.", **said)
        )
    likely = {
        exp(first + log): tr("p({first}) is in it: the lecture's product leaves it out.", **said),
        log: tr("That is its logarithm; the task asks for the product itself."),
        exp(first): tr("That is p({first}), the one factor that the lecture leaves out.", **said),
        exp(others[-1]): tr("That is the last factor alone."),
    }
    for number, why in likely.items():
        if isclose(reply.number, number, rel_tol=NEAR):
            return Verdict(False, why)
    if isclose(reply.number, exp(log), rel_tol=ROUGH):
        return Verdict(False, tr("Near, but rounded too much: give three digits."))
    return Verdict(False, tr("That is not it. Which five factors are asked for, and by character?"))
