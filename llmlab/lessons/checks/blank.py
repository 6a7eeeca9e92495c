"""Find a blank where verbs are a hundred times as likely as nouns: records of llmlab cloze --kind noun,verb."""

from collections.abc import Mapping, Sequence
from math import exp, inf, log
from typing import TYPE_CHECKING, Any

from llmlab.errors import MisuseError
from llmlab.lab.text import times
from llmlab.language import tr
from llmlab.lessons.records import rows
from llmlab.lessons.replies import Reply, Verdict

if TYPE_CHECKING:
    from llmlab.door import Lab

WANTED = 100
NEAR_NATS = 0.1  # of what the lab's model says of the same sentence; another number type differs by less


def check(reply: Reply, lab: "Lab") -> Verdict:
    """The classes are summed from their words; the likeliest sentence is put to the lab's model, if it is the same."""
    found = rows(reply, "cloze --kind noun,verb", "fillings", "class", "text", "logprob_nats", "model")
    verbs, nouns = (_logprob(found, kind) for kind in ("verb", "noun"))
    if -inf in (verbs, nouns):
        raise MisuseError(tr("the records do not have both nouns and verbs"), tr("give --kind noun,verb"))
    best = max(found, key=lambda one: one["logprob_nats"])
    if best["model"] == lab.config.model and abs(_asked(lab, best["text"]) - best["logprob_nats"]) > NEAR_NATS:
        return Verdict(False, tr("{model} says something else of {text!r}.", model=best["model"], text=best["text"]))
    if verbs < nouns:
        return Verdict(
            False, tr("Here nouns are {ratio} likelier: it is the verbs that should be.", ratio=times(nouns - verbs))
        )
    if verbs - nouns < log(WANTED):
        return Verdict(False, tr("Here verbs are {ratio} likelier: not yet a hundred.", ratio=times(verbs - nouns)))
    said = tr(
        "Here verbs are {ratio} likelier, {text!r} the most: the words around a blank say what kind may fill it.",
        ratio=times(verbs - nouns),
        text=best["text"],
    )
    return Verdict(True, said)


def _logprob(found: Sequence[Mapping[str, Any]], kind: str) -> float:
    """log of the sum of P over a class's sentences."""
    whole = sum(exp(one["logprob_nats"]) for one in found if one["class"] == kind)
    return log(whole) if whole else -inf


def _asked(lab: "Lab", text: str) -> float:
    asked: Any = lab.prob(text)
    return float(asked.scored.total)
