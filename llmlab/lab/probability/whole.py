"""Whole words of a language, and what a tokenizer's pieces look like that are none.

After "I" a model writes don, then 't: don is no word there, though a rare one elsewhere. A piece that running text has
mostly inside words with an apostrophe is taken for a piece, by wordfreq's counts (Speer 2022).
"""

import re
from collections import defaultdict
from functools import cache

from llmlab.errors import MisuseError
from llmlab.lab.languages import language
from llmlab.spaces.vocabulary import frequencies

LISTED = 200_000  # words of the language that count as whole words
INSIDE = 5  # a piece is so many times as frequent inside words with an apostrophe as alone: haven 10, don 40, can 0.2
LETTERS = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
SINGLE = frozenset("aAI")  # Latin letters that are words; in other scripts a letter may well be one


def written_in(text: str) -> str:
    """The language whose words are tried: that of the text's script, English for Latin letters and for none."""
    return language(text) or "en"


def is_whole(word: str, tongue: str) -> bool:
    """Whether a word of letters, in the script of a language, is in its list and no piece of another word.

    Where wordfreq has no list, all that is of letters is a word.
    """
    if not LETTERS.fullmatch(word) or (len(word) == 1 and word.isascii() and word not in SINGLE):
        return False
    if (written_in(word) == "en") != (tongue == "en"):
        return False
    known = listed(tongue)
    return not known or ((lower := word.lower()) in known and lower not in pieces(tongue))


@cache
def listed(tongue: str) -> dict[str, float]:
    """Words of a language, most frequent first, and how frequent each is; none where wordfreq has no list.

    Raises MissingError where wordfreq is not installed.
    """
    try:
        return frequencies(tongue, LISTED)
    except MisuseError:
        return {}


@cache
def pieces(tongue: str) -> frozenset[str]:
    """What is met mostly inside words with an apostrophe: don, didn, ll."""
    known = listed(tongue)
    inside: dict[str, float] = defaultdict(float)
    for word, frequency in known.items():
        if "'" in word:
            for piece in word.split("'"):
                inside[piece] += frequency
    return frozenset(piece for piece, frequency in inside.items() if frequency > INSIDE * known.get(piece, 0.0))
