"""In which order does German have the words of weil ich habe Hunger? As the model ranks all 24."""

from typing import TYPE_CHECKING

from llmlab.lab.text import times
from llmlab.language import tr
from llmlab.lessons.records import parts
from llmlab.lessons.replies import Reply, Verdict

if TYPE_CHECKING:
    from llmlab.door import Lab

ASKED = "weil ich habe Hunger"


def check(reply: Reply, lab: "Lab") -> Verdict:
    """Case, punctuation and marks between the words do not count."""
    given = parts(reply.text)
    found = lab.orders(ASKED)
    best = found.texts[0]
    ranked = {tuple(parts(one.text)): one for one in found.texts}
    if given == parts(best.text):
        return Verdict(
            True,
            tr(
                "{order} is the likeliest. See where the verb stands: nobody wrote that rule into the model.",
                order=best.text,
            ),
        )
    if given == parts(ASKED):
        return Verdict(False, tr("That is the order of the question, which English has; another is likelier."))
    chosen = ranked.get(tuple(given))
    if chosen is None:
        return Verdict(False, tr("Use each of the four words once: {words}.", words=ASKED))
    return Verdict(False, tr("Another order is {ratio} likelier than yours.", ratio=times(best.total - chosen.total)))
