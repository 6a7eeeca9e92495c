"""A word's vector in a space: as it is written, in another case, from the encoder, or an error with close spellings."""

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from llmlab.arrays import Floats
from llmlab.backends.known import check_known
from llmlab.errors import MisuseError
from llmlab.language import tr
from llmlab.spaces.space import Space

if TYPE_CHECKING:
    from llmlab.backends.base import Encoder

SPELLING_POOL = 50_000  # close spellings are sought among the most frequent words


@dataclass(frozen=True)
class Query:
    """A word or text with its vector in a space; `row` is None for one that is not in the vocabulary."""

    text: str
    vector: Floats  # [D]
    row: int | None
    others: tuple[int, ...] = ()  # rows of the words it was made of
    remark: str = ""  # what the encoder lacks of it

    @property
    def own(self) -> tuple[int, ...]:
        """Rows that are no neighbours: the word's own, or those of the words of a sum."""
        return self.others if self.row is None else (self.row,)


def row_of(space: Space, word: str) -> int | None:
    """The row of a word: as it is written, in NFC, or in lower case where the space's policy is to fold case."""
    composed = unicodedata.normalize("NFC", word)
    found = space.words.find(composed)
    return space.words.find(composed.lower()) if found is None and space.facts.case == "lower" else found


def another(word: str) -> str:
    """The hint where nobody else is asked for a word."""
    return tr("try another word")


def look_up(space: Space, word: str, encoder: "Encoder | None", hint: Callable[[str], str] = another) -> Query:
    """The word's vector from the table, or from the encoder when the table lacks it.

    Raises MisuseError for an empty word, and for one that the encoder does not know, or that the table lacks where
    there is none: with close spellings, and the `hint`, what to do about such a word.
    """
    if not word.strip():
        raise MisuseError(tr("the word is empty"), tr("give a word, for example: love"))
    row = row_of(space, word)
    if row is not None:
        return Query(word, space.vector(row), row)
    if encoder is not None:
        remark = "".join(check_known(encoder, [word], hint))
        return Query(word, np.asarray(encoder.encode([word])[0], np.float32), None, remark=remark)
    near = spellings(space, word)
    close = tr("close spellings: {words}; ", words=tr(", ").join(near)) if near else ""
    message = tr("the space {space} has no word {word!r}", space=space.facts.name, word=word)
    raise MisuseError(message, close + hint(word))


def spellings(space: Space, word: str, count: int = 5) -> list[str]:
    """Words of the vocabulary spelt nearly like this one (Ratcliff and Obershelp 1988)."""
    import difflib

    pool = [w for w in space.words.first(SPELLING_POOL) if abs(len(w) - len(word)) <= 2]
    return difflib.get_close_matches(word.lower(), pool, count, 0.7)
