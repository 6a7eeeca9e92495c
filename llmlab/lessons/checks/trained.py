"""Task: a made-up word that a trained table of vectors has among the drinks: the word, and the table's space."""

from typing import TYPE_CHECKING

from llmlab.errors import MisuseError
from llmlab.lab.training import corpus
from llmlab.lab.training.grammar import Symbol
from llmlab.lab.vectors.filters import frequency
from llmlab.language import tr
from llmlab.lessons.replies import Reply, Verdict
from llmlab.lessons.sentences import together

if TYPE_CHECKING:
    from llmlab.door import Lab

DRINKS = Symbol("Noun", ("drink", "mass"))  # as the rules of the text call them
NEAREST, LEAST = 10, 3


def check(reply: Reply, lab: "Lab") -> Verdict:
    if len(reply.words) != 2:
        raise MisuseError(tr("the answer to this task is a word and a space"), tr("for example: glorp,mine"))
    word, space = reply.words
    if frequency(word, "en"):
        return Verdict(False, tr("{word} is a word already: make up one that English does not have.", word=word))
    if space not in lab.shelf.own_names or lab.shelf.open(space).facts.kind != "trained":
        raise MisuseError(
            tr("{space} is no space that was trained here", space=space),
            tr("the task's `llmlab train vectors` comes first; see `llmlab space list`"),
        )
    drinks = _drinks(lab)
    found = [str(one["word"]) for one in lab.neighbors(word, space=space, k=NEAREST).records()]
    told = {"word": word, "count": NEAREST, "found": tr(", ").join(found), "least": LEAST}
    if len(drinks & set(found)) < LEAST:
        why = tr("The {count} nearest to {word} are {found}: fewer than {least} of them are drinks.", **told)
        return Verdict(False, together(why, tr("Give it more of the company that drinks keep.")))
    why = tr("The {count} nearest to {word} are {found}.", **told)
    return Verdict(True, together(why, tr("Nobody said what it is: the words beside it did.")))


def _drinks(lab: "Lab") -> set[str]:
    """The drinks of the shipped English text."""
    return {str(word) for (word,) in corpus.grammar("english", lab.files).choices(DRINKS).parts}
