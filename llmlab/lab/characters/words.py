"""The next word after a text: tokens are followed until a word is whole, the heaviest first.

A word ends before a space, a punctuation mark or the end of the text; Chinese is cut by jieba's dictionary. What was
not followed is not lost: the mass that was found is stated.
"""

import heapq
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from itertools import count

import numpy as np
import regex

from llmlab.arrays import Doubles, Floats, Ints
from llmlab.backends.base import CausalLM, Tokens
from llmlab.backends.sampling import temper, top
from llmlab.backends.spellings import Spellings
from llmlab.backends.written import RUN, WRITTEN
from llmlab.lab.characters.covers import Covers
from llmlab.lab.characters.following import FOLLOWED, TOGETHER, Branch, arrive, branches, drawn

ROUNDS = 5  # passes of the model
LOOKED_AT = 300  # heaviest tokens after a context
BEGUN = regex.compile(WRITTEN.pattern + r"\Z", regex.V1)
SIGNS = ("'", "’", "-")  # they may stand inside a word
RUN_BEGUN = regex.compile(RUN.pattern + r"\Z", regex.V1)
LONGEST = 8  # characters before the text's end that a Chinese word may begin in


@dataclass(frozen=True)
class NextWords:
    """The next word's distribution, as far as it was followed."""

    temperature: float
    words: dict[str, float]
    end: float  # mass of ending the text, or of a control token, before any word
    rest: float  # of what was not followed


def next_words(
    model: CausalLM, spellings: Spellings, covers: Covers, temperature: float = 1.0, sought: str = ""
) -> NextWords:
    """The distribution of the next word at a temperature; a word that the text begins is shown whole.

    Where a word is `sought`, no more is followed than is as likely as it.
    """
    search = _Words(model, spellings, temperature, covers.text.decode(errors="ignore"))
    ends = drawn(spellings, covers, temperature)
    arrived = arrive(ends, spellings, temperature)
    for one in ends:
        if one.rest:
            ids, masses = branches(spellings, one, temperature)
            exact = len(spellings.exact(one.rest, one.places))
            search.branch(Branch(one.tokens, b"", one.share), ids[exact:], masses[exact:], len(one.rest))
        elif mass := arrived.get(one.tokens.ids, 0.0):
            search.follow(Branch(one.tokens, b"", mass), one.nexts)
    for _ in range(ROUNDS):
        if not (some := search.heaviest(search.words.get(sought, 0.0))):
            break
        for branch, nexts in zip(some, model.next([branch.tokens for branch in some]), strict=True):
            search.follow(branch, nexts)
    known = sum(search.words.values()) + search.end
    return NextWords(temperature, dict(search.words), search.end, max(1 - known, 0.0))


def word_of(before: str, added: str) -> tuple[str, bool]:
    """The word that begins with `added` after a text, and whether it is whole: something else follows it."""
    text = added.lstrip(" ")
    if not text:
        return "", False
    if match := RUN.match(text):
        begun = RUN_BEGUN.search(before[-LONGEST:]) if text == added else None
        return _cut(begun[0] if begun else "", match[0], match.end() < len(text))
    begun = BEGUN.search(before) if text == added else None
    joined = (begun[0] if begun else "") + text
    match = WRITTEN.match(joined)
    if match is None or match.end() == len(joined) - len(text):  # nothing more of a word
        return ("", False) if begun and text in SIGNS else (text[0], True)
    return match[0], match.end() < len(joined) and joined[match.end() :] not in SIGNS


def _cut(before: str, added: str, followed: bool) -> tuple[str, bool]:
    """The word of jieba's dictionary that `added` begins, or goes on with, after `before`; whether more follows it."""
    import rjieba

    end = 0
    for piece in rjieba.cut(before + added):
        end += len(piece)
        if end > len(before):
            return piece, followed or end < len(before + added)
    raise AssertionError(added)


class _Words:
    """NextWords that are whole, and branches that may become some."""

    def __init__(self, model: CausalLM, spellings: Spellings, temperature: float, before: str) -> None:
        self._model, self._spellings, self._temperature, self._before = model, spellings, temperature, before
        self._silent = spellings.silent(model.info.vocabulary)
        self._branches: list[tuple[float, int, Branch]] = []
        self._numbers = count()  # equals stay in the order they came
        self.words: dict[str, float] = defaultdict(float)
        self.end = 0.0

    def heaviest(self, least: float) -> list[Branch]:
        """The branches to follow next, those of at least so much mass."""
        found: list[Branch] = []
        while self._branches and len(found) < TOGETHER and self._branches[0][-1].mass >= least:
            found.append(heapq.heappop(self._branches)[-1])
        return found

    def follow(self, branch: Branch, nexts: Floats) -> None:
        """What a branch's next tokens make of its word."""
        masses = np.exp(temper(nexts, self._temperature).astype(np.float64))  # [V]
        word, _ = self._word(branch.added)
        silent = branch.mass * float(masses[self._silent].sum())
        if word:
            self.words[word] += silent
        else:
            self.end += silent
        ids = self._spellings.ids
        if word and WRITTEN.match(word):  # what begins with no letter ends it, whatever it is
            parts = self._parting
            self.words[word] += branch.mass * float(masses[ids[parts]].sum())
            ids = ids[~parts]
        self.branch(branch, ids, masses[ids])

    def branch(self, branch: Branch, ids: Ints, masses: Doubles, skip: int = 0) -> None:
        """The heaviest tokens after a branch: each ends its word, or is a branch of its own."""
        heaviest = top(masses, LOOKED_AT)
        for token, mass in zip(ids[heaviest].tolist(), (branch.mass * masses[heaviest]).tolist(), strict=True):
            piece = self._model.piece(token)
            added = branch.added + piece[skip:]
            word, whole = self._word(added)
            if whole:
                self.words[word] += mass
            elif mass >= FOLLOWED:
                longer = Branch(branch.tokens + Tokens((token,), (piece,)), added, mass)
                heapq.heappush(self._branches, (-mass, next(self._numbers), longer))

    def _word(self, added: bytes) -> tuple[str, bool]:
        try:
            return word_of(self._before, added.decode())
        except UnicodeDecodeError:  # the last character is not whole yet
            return "", False

    @cached_property
    def _parting(self) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
        """[N]: whether a token's first character ends a word before it: no letter, digit, or sign inside words."""
        heads = self._spellings.heads(range(len(self._spellings)))
        points = np.unique(heads)
        inside = [point < 0 or regex.match(r"[\w'’-]", chr(point)) is not None for point in points.tolist()]
        return np.asarray(~np.array(inside)[np.searchsorted(points, heads)])
