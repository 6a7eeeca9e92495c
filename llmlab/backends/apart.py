"""A text cut where no token can reach across, so that each part has the tokens that it has in the whole.

A tokenizer of sentencepiece's kind joins neighbours wherever the two together are a word of its vocabulary. Where the
last character before a place and the first behind it stand beside each other in no word, nothing is ever joined across
it, and neither side knows of the other: the parts may be cut by themselves, and one that comes again need not be.
"""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from llmlab.arrays import Ints

BETWEEN = "\0"  # words that are joined to one text
SEPARATORS = (*range(1, 9), *range(0xE000, 0xE100))  # control characters, and for private use: in hardly any text
PLANES = 2**21  # more than Unicode has code points


class Apart:
    """Which two characters stand beside each other in a vocabulary."""

    def __init__(self, words: str) -> None:
        """Of its words, one after the other, with BETWEEN between them."""
        pairs = _pairs(words)
        self._beside = np.unique(pairs[(pairs >= PLANES) & (pairs % PLANES > 0)])  # [P], without those of BETWEEN

    def bounds(self, text: str) -> Iterator[tuple[int, int]]:
        """Where each part of a text begins and ends. BETWEEN is no character of it."""
        pairs = _pairs(text)
        known, which = np.unique(pairs, return_inverse=True)
        cuts = np.flatnonzero(~np.isin(known, self._beside)[which]) + 1
        return pairwise([0, *cuts.tolist(), len(text)])

    def separator(self, text: str) -> str | None:
        """A character that stands in no word beside another, and not in a text: what it parts, it parts for sure."""
        inside = {*(self._beside // PLANES).tolist(), *(self._beside % PLANES).tolist()}
        return next((chr(code) for code in SEPARATORS if code not in inside and chr(code) not in text), None)


def _pairs(text: str) -> Ints:
    """Each two neighbouring characters as one number, [T - 1]."""
    codes = np.frombuffer(text.encode("utf-32-le"), np.uint32).astype(np.int64)
    return np.asarray(codes[:-1] * PLANES + codes[1:])
