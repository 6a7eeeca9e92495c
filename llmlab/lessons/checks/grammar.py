"""Find a sentence that is a million times as likely as the same words in another order: records of llmlab prob."""

from math import log
from typing import TYPE_CHECKING, Any

from llmlab.lab.text import quoted, times
from llmlab.language import tr
from llmlab.lessons.records import parts, rows
from llmlab.lessons.replies import Reply, Verdict

if TYPE_CHECKING:
    from llmlab.door import Lab

WANTED = 1_000_000


def check(reply: Reply, lab: "Lab") -> Verdict:
    """The texts are put to the lab's model again, if it is the one that wrote the records."""
    found = rows(reply, "prob", "texts", "text", "logprob_nats", "model")
    texts = [str(one["text"]) for one in found]
    if len(set(texts)) != 2:
        return Verdict(False, tr("Give two different texts: the sentence, and its words in another order."))
    if sorted(parts(texts[0])) != sorted(parts(texts[1])):
        return Verdict(False, tr("They do not have the same words, so it is not the order alone that differs."))
    if found[0]["model"] == lab.config.model:
        asked: Any = lab.prob(*texts)
        found = asked.records()
    best, other = sorted(found, key=lambda one: -one["logprob_nats"])
    apart = best["logprob_nats"] - other["logprob_nats"]
    said = {"best": quoted(best["text"]), "other": quoted(other["text"]), "ratio": times(apart)}
    if apart < log(WANTED):
        return Verdict(False, tr("{best} is {ratio} likelier than {other}: not yet a million.", **said))
    return Verdict(
        True, tr("{best} is {ratio} likelier than {other}: the same words, and the order makes the difference.", **said)
    )
