"""Find a minimal pair that little text gets wrong and more gets right: records of llmlab prob of two trained models."""

from collections import Counter
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from llmlab.errors import MisuseError
from llmlab.lab.text import quoted
from llmlab.language import tr
from llmlab.lessons.records import ModelRow, parts, rows
from llmlab.lessons.replies import Reply, Verdict
from llmlab.models import trained

if TYPE_CHECKING:
    from llmlab.door import Lab

SHOWN = {"This cat sleeps.", "This cats sleeps."}


class TextRow(Struct):
    """A text, and the models that scored it: several in json, one a line in jsonl."""

    text: str
    model: str = ""
    models: tuple[ModelRow, ...] = ()


def check(reply: Reply, lab: "Lab") -> Verdict:
    """The two models, which the learner has trained, are asked again."""
    texts, models = _asked(reply)
    less, more = sorted(models, key=lambda name: _sentences(lab, name))
    good, bad = texts
    if set(texts) == SHOWN:
        return Verdict(False, tr("That is the pair of the lesson; find one of your own."))
    if not _differ_in_one_place(good, bad):
        return Verdict(False, tr("They should differ in one word, or in the order alone: then it is one rule."))
    said = {"less": less, "more": more, "good": quoted(good), "bad": quoted(bad)}
    if not _prefers(lab, more, good, bad):
        return Verdict(
            False, tr("{more} does not choose {good} either; or was the right sentence not the first?", **said)
        )
    if _prefers(lab, less, good, bad):
        return Verdict(False, tr("{less} is right already: it needs no more text for {good}.", **said))
    return Verdict(
        True,
        tr("{less} does not choose {good}, {more} does: the same counting, more text, and a rule is found.", **said),
    )


def _asked(reply: Reply) -> tuple[list[str], list[str]]:
    """The two texts and the two models, each in the order given. Raises MisuseError for another number of them."""
    found = rows(reply, "prob -m ... -m ...", "texts", TextRow)
    told = list(dict.fromkeys(one.text for one in found))
    names = list(dict.fromkeys(name for one in found for name in ([own.model for own in one.models] or [one.model])))
    if len(told) != 2 or len(names) != 2:
        raise MisuseError(
            tr("the answer is of two texts and two models"),
            tr("give the right text first: prob A B -m NAME@1000 -m NAME"),
        )
    return told, names


def _sentences(lab: "Lab", name: str) -> int:
    """How many sentences a model has learned from. Raises MisuseError for one that was not trained here."""
    made = trained.find(lab.config, name)
    if made is None:
        raise MisuseError(
            tr("{name} was not trained here; the task asks for two that were", name=name),
            tr("see `llmlab models list`"),
        )
    return int(made.facts["sentences"])


def _differ_in_one_place(good: str, bad: str) -> bool:
    """Whether one word stands for another, or the same words in another order."""
    one, other = Counter(parts(good)), Counter(parts(bad))
    return parts(good) != parts(bad) and (one - other).total() <= 1 and (other - one).total() <= 1


def _prefers(lab: "Lab", name: str, good: str, bad: str) -> bool:
    asked: Any = lab.prob(good, bad, model=name)
    first, second = (one.scored.total for one in asked.given)
    return bool(first > second)
