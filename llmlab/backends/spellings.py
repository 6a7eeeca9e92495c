"""The vocabulary by its bytes: a trie, kept as one sorted list.

Tokens that begin alike stand side by side, so a node of the trie is a range of the list, and the tokens that spell
the beginning of a text are found by narrowing one.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import overload

import numpy as np
from numpy.typing import NDArray

from llmlab.arrays import Ints
from llmlab.backends.base import CausalLM

UNFINISHED, INVALID = -1, -2  # no character: bytes that may become one, and bytes that never will
FILES = ("ids.npy", "starts.npy", "bytes.npy")


class Spellings(Sequence[bytes]):
    """The bytes of the tokens that spell something, in the order of those bytes."""

    def __init__(self, ids: Ints, starts: Ints, content: NDArray[np.uint8]) -> None:
        self.ids = ids  # [N] tokens
        self._starts = starts  # [N + 1] where each one's bytes begin
        self._content = content  # all bytes, one token after the other

    @classmethod
    def of(cls, pieces: Sequence[bytes | None]) -> "Spellings":
        """By token; None for those that spell nothing. Equal bytes stand in the order of their tokens."""
        known = [(piece, token) for token, piece in enumerate(pieces) if piece]
        known.sort()
        ends = np.cumsum([len(piece) for piece, _ in known], dtype=np.int64)
        content = np.frombuffer(b"".join(piece for piece, _ in known), np.uint8)
        return cls(np.array([token for _, token in known], np.int64), np.concatenate([[0], ends]), content)

    @classmethod
    def read(cls, model: CausalLM) -> "Spellings":
        """A model's. What ends a text spells nothing."""
        pieces = model.spellings()
        return cls.of([None if piece and model.is_end(token) else piece for token, piece in enumerate(pieces)])

    @classmethod
    def load(cls, folder: Path) -> "Spellings":
        """What `save` wrote, memory-mapped."""
        return cls(*(np.load(folder / name, mmap_mode="r", allow_pickle=False) for name in FILES))

    def save(self, folder: Path) -> None:
        arrays: tuple[Ints | NDArray[np.uint8], ...] = (self.ids, self._starts, self._content)
        for name, array in zip(FILES, arrays, strict=True):
            np.save(folder / name, array, allow_pickle=False)

    def __len__(self) -> int:
        return len(self.ids)

    @overload
    def __getitem__(self, place: int) -> bytes: ...
    @overload
    def __getitem__(self, place: slice) -> list[bytes]: ...
    def __getitem__(self, place: int | slice) -> bytes | list[bytes]:
        if isinstance(place, slice):
            return [self[one] for one in range(*place.indices(len(self)))]
        return self._content[self._starts[place] : self._starts[place + 1]].tobytes()

    def same(self, other: "Spellings") -> bool:
        """Whether each token has the same bytes in both."""
        arrays = ((self.ids, other.ids), (self._starts, other._starts), (self._content, other._content))
        return all(np.array_equal(one, another) for one, another in arrays)

    def silent(self, vocabulary: int) -> Ints:
        """The tokens, of so many in all, that spell nothing: control tokens, unused ones, ends of text."""
        found = np.ones(vocabulary, np.bool_)
        found[self.ids] = False
        return np.flatnonzero(found)

    def within(self, prefix: bytes, inside: range | None = None) -> range:
        """The places of the tokens that begin with some bytes, looked for inside the range of fewer bytes."""
        low, high = (0, len(self)) if inside is None else (inside.start, inside.stop)
        first = bisect_left(self, prefix, low, high)
        after = prefix.rstrip(b"\xff")  # the first bytes beyond all that begin with the prefix
        last = bisect_left(self, after[:-1] + bytes([after[-1] + 1]), first, high) if after else high
        return range(first, last)

    def exact(self, spelt: bytes, inside: range | None = None) -> range:
        """The places of the tokens of just these bytes: a letter may have one of its own and one of its byte."""
        places = self.within(spelt, inside)
        stop = places.start
        while stop < places.stop and self._starts[stop + 1] - self._starts[stop] == len(spelt):
            stop += 1
        return range(places.start, stop)

    def along(self, text: bytes) -> Iterator[tuple[int, range, range]]:
        """For each beginning of a text while any token has it: its length, the tokens of it alone, all that have it."""
        places = range(len(self))
        for length in range(1, len(text) + 1):
            places = self.within(text[:length], places)
            if not places:
                return
            yield length, self.exact(text[:length], places), places

    def heads(self, places: range, skip: int = 0) -> Ints:
        """The code point that stands first in each token after `skip` bytes, [places]; UNFINISHED, or INVALID.

        UTF-8 as RFC 3629 has it: no overlong form, no surrogate, nothing above U+10FFFF.
        """
        starts = np.asarray(self._starts[places.start : places.stop]) + skip
        lengths = np.asarray(self._starts[places.start + 1 : places.stop + 1]) - starts
        bytes_ = [self._bytes(starts, lengths, place) for place in range(4)]
        first, second = bytes_[0], bytes_[1]
        need = 1 + (first >= 0xC2).astype(np.int64) + (first >= 0xE0) + (first >= 0xF0)
        low, high = np.full(len(first), 0x80), np.full(len(first), 0xBF)  # of the second byte
        low[first == 0xE0], high[first == 0xED], low[first == 0xF0], high[first == 0xF4] = 0xA0, 0x9F, 0x90, 0x8F
        wrong = ((first >= 0x80) & (first < 0xC2)) | (first > 0xF4)
        wrong |= (need > 1) & (lengths > 1) & ((second < low) | (second > high))
        points = np.where(need == 1, first, first & (0x7F >> need))
        for place in (1, 2, 3):
            there = need > place
            wrong |= there & (lengths > place) & ((bytes_[place] & 0xC0) != 0x80)
            points = np.where(there, points << 6 | bytes_[place] & 0x3F, points)
        return np.where(wrong, INVALID, np.where(lengths < need, UNFINISHED, points))

    def _bytes(self, starts: Ints, lengths: Ints, place: int) -> Ints:
        """Each token's byte at a place, 0 where it has none."""
        inside = np.minimum(starts + place, len(self._content) - 1)
        return np.where(lengths > place, self._content[inside], 0).astype(np.int64)
