"""Task: a common word that has no row of its own in the model's embedding table."""

from typing import TYPE_CHECKING

from llmlab.errors import MisuseError
from llmlab.lab.vectors.filters import frequency
from llmlab.language import tr
from llmlab.lessons.replies import Reply, Verdict
from llmlab.render.safe import visible

if TYPE_CHECKING:
    from llmlab.door import Lab

COMMON = 2.0  # Zipf: a hundred times in a billion words


def check(reply: Reply, lab: "Lab") -> Verdict:
    if len(reply.words) != 1:
        raise MisuseError(tr("the answer to this task is one word"), tr("give it without spaces"))
    (word,) = reply.words
    known = max(frequency(word, language) for language in ("en", "zh"))
    if known < COMMON:
        told = {"word": word, "known": round(10**known) if known else 0, "least": round(10**COMMON)}
        why = tr("{word} is too rare: {known:,} times in a billion words; {least:,} are asked for.", **told)
        return Verdict(False, why)
    pieces = {form: _pieces(lab, form) for form in _forms(word)}
    own = next((form for form, cut in pieces.items() if len(cut) == 1), None)
    if own is not None:
        return Verdict(False, tr("{word} has a row: the token {token}.", word=word, token=_shown(own)))
    cut = " | ".join(map(_shown, pieces[word]))
    return Verdict(
        True, tr("{word} is looked up in several rows, {cut}: a row is a token, not a word.", word=word, cut=cut)
    )


def _forms(word: str) -> dict[str, None]:
    """How it may be written: as it is, with a capital, and after a space, each once."""
    return dict.fromkeys(gap + one for gap in ("", " ") for one in (word, word.lower(), word.capitalize()))


def _pieces(lab: "Lab", text: str) -> list[str]:
    return [str(record["token"]) for record in lab.tokens(text).records()]


def _shown(token: str) -> str:
    return visible(token.replace(" ", "␣"))
