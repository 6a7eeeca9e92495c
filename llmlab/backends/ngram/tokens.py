"""The tokens of an n-gram model: words with the space before them, or characters; what is rare is spelled.

A word that the training text holds too few times is spelled by its characters, such a character by its bytes of UTF-8.
So every text has tokens, and the words that were seen once teach the model how those are spelled that it never saw.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import regex

from llmlab.backends.forest import Ids
from llmlab.backends.written import RUN, WRITTEN

By = Literal["character", "word"]
BOS, END = 0, 1  # the start of a sentence, and the end of its line
BYTE = 2  # the first of the 256 bytes, which are the ASCII characters too
CONTROL = (b"<s>", b"\n")
SPECIAL = {"<s>": BOS, "</s>": END}  # as they are written where control tokens may be
ASCII = 128
PART = regex.compile(rf" ?{WRITTEN.pattern}|({RUN.pattern})| ?[^\w\s]|.", regex.V1 | regex.DOTALL)
MARKS = regex.compile("(<s>|</s>)")


def words(text: str) -> Iterator[str]:
    """The words of a text with the space before each, as GPT-2 cuts them; Chinese is cut by jieba's dictionary."""
    import rjieba

    for found in PART.finditer(text):
        if found[1]:
            yield from rjieba.cut(found[0])
        else:
            yield found[0]


def units(text: str, by: By) -> Iterator[str]:
    """The words or the characters of a text."""
    return words(text) if by == "word" else iter(text)


@dataclass(frozen=True)
class Vocabulary:
    """Control tokens, bytes, characters, words: a token is its place among `pieces`."""

    by: By
    pieces: tuple[bytes, ...]

    @classmethod
    def of(cls, sentences: Iterable[Sequence[str]], by: By, min_count: int) -> "Vocabulary":
        """What sentences, cut into units, hold `min_count` times, the frequent first; and every byte."""
        met = Counter(unit for sentence in sentences for unit in sentence)
        characters: Counter[str] = Counter()
        for unit, times in met.items():
            for character in unit:
                characters[character] += times
        listed = [one for one in _frequent(characters, min_count) if ord(one) >= ASCII]
        listed += [one for one in _frequent(met, min_count) if len(one) > 1]
        alphabet = (bytes([byte]) for byte in range(256))
        return cls(by, (*CONTROL, *alphabet, *(one.encode() for one in listed)))

    def __len__(self) -> int:
        return len(self.pieces)

    @cached_property
    def words(self) -> int:
        """How many tokens are more than one character."""
        return sum(len(piece.decode()) > 1 for piece in self.pieces[BYTE + 256 :])

    def encode(self, text: str) -> Ids:
        """The tokens of a text; the end of a line is a token of its own."""
        return self.encode_units(units(text, self.by))

    def encode_units(self, cut: Iterable[str]) -> Ids:
        """The same of a text that is cut already."""
        return tuple(token for unit in cut for token in self._spelt(unit))

    def rare(self, sentences: Iterable[Sequence[str]]) -> int:
        """How many different units of sentences are spelled."""
        return sum(len(self._spelt(unit)) > 1 for unit in {unit for sentence in sentences for unit in sentence})

    def encode_marked(self, text: str) -> tuple[Ids, tuple[bytes, ...]]:
        """The same of a text that may hold control tokens, and the bytes of each as they are written there."""
        ids: list[int] = []
        pieces: list[bytes] = []
        for part in MARKS.split(text):
            own = (SPECIAL[part],) if part in SPECIAL else self.encode(part)
            ids += own
            pieces += [part.encode()] if part in SPECIAL else map(self.pieces.__getitem__, own)
        return tuple(ids), tuple(pieces)

    @cached_property
    def _ids(self) -> dict[str, Ids]:
        """The tokens of what was met before; of words and characters that are one token from the start."""
        known: dict[str, Ids] = {chr(byte): (BYTE + byte,) for byte in range(ASCII)}
        known["\n"] = (END,)
        known.update((self.pieces[token].decode(), (token,)) for token in range(BYTE + 256, len(self)))
        return known

    def _spelt(self, unit: str) -> Ids:
        if (known := self._ids.get(unit)) is not None:
            return known
        if len(unit) == 1:
            found: Ids = tuple(BYTE + byte for byte in unit.encode())
        else:
            found = tuple(token for character in unit for token in self._spelt(character))
        self._ids[unit] = found
        return found


def _frequent(counts: Counter[str], least: int) -> list[str]:
    """The most frequent first, of equals by code point."""
    return sorted((one for one, count in counts.items() if count >= least), key=lambda one: (-counts[one], one))
