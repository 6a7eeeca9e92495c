"""Find a sentence that is a million times as likely as the same words in another order: records of llmlab prob."""

from math import isnan, log
from typing import TYPE_CHECKING, Any

from llmlab.errors import MisuseError
from llmlab.lab.text import quoted, times
from llmlab.language import tr
from llmlab.lessons.records import ModelRow, lab_of, parts, rows
from llmlab.lessons.replies import Reply, Verdict

if TYPE_CHECKING:
    from llmlab.door import Lab

WANTED = 1_000_000


class ProbRow(ModelRow, kw_only=True):
    """A text that was scored."""

    text: str
    logprob_nats: float | None


def check(reply: Reply, lab: "Lab") -> Verdict:
    """The texts are put to the model of the records again."""
    found = rows(reply, "prob", "texts", ProbRow)
    texts = list(dict.fromkeys(one.text for one in found))
    if len(texts) != 2 or parts(texts[0]) == parts(texts[1]):
        return Verdict(False, tr("Give two different texts: the sentence, and its words in another order."))
    if sorted(parts(texts[0])) != sorted(parts(texts[1])):
        return Verdict(False, tr("They do not have the same words, so it is not the order alone that differs."))
    asked: Any = lab_of(lab, found[0]).prob(*texts)
    best, other = asked.texts
    apart = best.total - other.total
    if isnan(apart):
        raise MisuseError(
            tr("{model} has no BOS, and so no probability for a text of one token", model=found[0].model),
            tr("give longer texts, or ask with --bos where the model names one"),
        )
    said = {"best": quoted(best.text), "other": quoted(other.text), "ratio": times(apart)}
    if apart < log(WANTED):
        return Verdict(False, tr("{best} is {ratio} likelier than {other}: not yet a million.", **said))
    return Verdict(
        True, tr("{best} is {ratio} likelier than {other}: the same words, and the order makes the difference.", **said)
    )
