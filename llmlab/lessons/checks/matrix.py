"""Task: a sentence whose matrix has the rows of a given one in another order."""

from collections import Counter
from collections.abc import Sequence
from math import isnan
from typing import TYPE_CHECKING, Any

from llmlab.lab.text import quoted, times
from llmlab.language import tr
from llmlab.lessons.replies import Reply, Verdict
from llmlab.lessons.sentences import together

if TYPE_CHECKING:
    from llmlab.door import Lab

GIVEN = ("He likes movies and she likes books.", "我喜欢看电影。")


def check(reply: Reply, lab: "Lab") -> Verdict:
    text = reply.text.strip()
    rows, given = _rows(lab, text), {one: _rows(lab, one) for one in GIVEN}
    asked = max(GIVEN, key=lambda one: len(set(rows) & set(given[one])))
    if rows == given[asked]:
        return Verdict(False, tr("That is {text} itself: write it in another order.", text=quoted(asked)))
    if Counter(rows) == Counter(given[asked]):
        why = tr("The same {count} rows as {text}, in another order.", count=len(rows), text=quoted(asked))
        could = tr("A sum of the rows could not tell the two apart.")
        return Verdict(True, together(why, could, _likely(lab, text, asked)))
    return Verdict(False, _apart(asked, given[asked], rows))


def _rows(lab: "Lab", text: str) -> list[tuple[int, str]]:
    """Which row of the table each token of a text is, and the token."""
    records: Sequence[dict[str, Any]] = lab.tokens(text).records()
    return [(record["token_id"], str(record["token"])) for record in records]


def _likely(lab: "Lab", text: str, asked: str) -> str:
    """How much sense a text makes beside the given one; empty where the model cannot tell."""
    found: Any = lab.prob(text, asked)
    own, other = (one.total for one in found.given)
    if isnan(own - other):
        return ""
    if own < other:
        return tr("The model finds the given one {ratio} likelier.", ratio=times(other - own))
    return tr("The model finds yours {ratio} likelier.", ratio=times(own - other))


def _apart(asked: str, given: Sequence[tuple[int, str]], rows: Sequence[tuple[int, str]]) -> str:
    """Which rows only one of the two has."""
    lost, new = Counter(given) - Counter(rows), Counter(rows) - Counter(given)
    said = [tr("The rows are not those of {text}.", text=quoted(asked))]
    if lost:
        said.append(tr("It lacks {tokens}.", tokens=_listed(lost)))
    if new:
        said.append(tr("It has {tokens} beyond them.", tokens=_listed(new)))
    if {_plain(token) for _, token in lost} & {_plain(token) for _, token in new}:
        said.append(tr("With a capital, or without the space before it, a word is another row."))
    return together(*said)


def _listed(rows: Counter[tuple[int, str]]) -> str:
    return tr(", ").join(quoted(token.replace(" ", "␣")) for _, token in rows.elements())


def _plain(token: str) -> str:
    return token.strip().lower()
