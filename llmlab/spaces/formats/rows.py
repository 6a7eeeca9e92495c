"""Rows of words and vectors as a file holds them, and the checks that every format shares.

A reader says how to read its rows, block by block and from the start; `checked` lets through only what can be a space.
"""

import itertools
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from llmlab.arrays import Floats, Ints
from llmlab.errors import DamagedError
from llmlab.files.opening import other_encoding
from llmlab.language import tr, tr_many
from llmlab.spaces.notes import BLANK, REPEATED, UNREADABLE

Block = tuple[list[str], Floats]  # words, vectors [n, D] float32

BLOCK = 2**23  # bytes of float32 in a block


@dataclass(frozen=True)
class RawBlock:
    """Words not yet decoded, their vectors, and where each stands in the file, counted from 1."""

    words: list[bytes]
    vectors: Floats
    places: Sequence[int]


@dataclass(frozen=True)
class Rows:
    """What a file holds, not yet checked. `blocks` reads it from the start every time."""

    path: Path
    dimension: int
    blocks: Callable[[], Iterator[RawBlock]]
    where: Callable[[int], str]

    def place(self, number: int) -> str:
        return f"{self.path} {self.where(number)}"


@dataclass
class LeftOut:
    """What of a file became no row, counted as it is read."""

    blank: int = 0  # lines between others
    repeated: int = 0
    unreadable: int = 0

    @property
    def notes(self) -> tuple[str, ...]:
        said = {BLANK: self.blank, REPEATED: self.repeated, UNREADABLE: self.unreadable}
        return tuple(what.format(count=count) for what, count in said.items() if count)


def line(number: int) -> str:
    """A place in a text file."""
    return tr("line {number:,}", number=number)


def columns(count: int) -> str:
    return tr_many("{count:,} column", "{count:,} columns", count)


def block_rows(dimension: int) -> int:
    """The most rows that a block of this dimension has."""
    return max(1, BLOCK // (4 * dimension))


def refuse_empty(path: Path, count: int, dimension: int) -> None:
    if not count:
        raise DamagedError(tr("{path} holds no words", path=path))
    if not dimension:
        raise DamagedError(
            tr("{path} holds words without numbers", path=path),
            tr("see that its columns are separated as its name says"),
        )


def checked(rows: Rows, left_out: LeftOut, skip_bad_words: bool = False) -> Iterator[Block]:
    """The rows, each with a word of its own in NFC and with finite numbers; of equal words the first stays.

    `left_out` counts the others as they are met. Raises DamagedError naming the place of what is wrong.
    """
    seen = _Seen()
    for raw in rows.blocks():
        words = [_word(rows, word, place, skip_bad_words) for word, place in zip(raw.words, raw.places, strict=True)]
        finite = np.isfinite(raw.vectors).all(axis=1)
        if not finite.all():
            place = rows.place(raw.places[int(finite.argmin())])
            raise DamagedError(tr("{place} holds a value that is no finite float32", place=place))
        readable = [word for word in words if word is not None]
        fresh = seen.add(list(map(str.encode, readable)))  # [n]
        left_out.unreadable += len(words) - len(readable)
        left_out.repeated += len(readable) - int(fresh.sum())
        vectors = raw.vectors
        if len(readable) < len(words):
            vectors = vectors[[word is not None for word in words]]
        yield (readable, vectors) if fresh.all() else (list(itertools.compress(readable, fresh)), vectors[fresh])


class _Seen:
    """The words met so far, as sorted runs of their hashes: 8 bytes a word, whatever its length.

    Two different words of one 64-bit hash would be taken for one: among a million that is once in 40 million files.
    """

    def __init__(self) -> None:
        self._runs: list[Ints] = []

    def add(self, words: Sequence[bytes]) -> NDArray[np.bool_]:
        """Which of the words [n] were not met before."""
        hashes = np.fromiter(map(hash, words), np.int64, len(words))  # of bytes: 敢 and be, as str, have one hash
        fresh = np.ones(len(words), bool)
        if len(set(words)) < len(words):
            fresh[:] = False
            fresh[np.unique(hashes, return_index=True)[1]] = True
        for run in self._runs:
            fresh &= run[np.minimum(np.searchsorted(run, hashes), len(run) - 1)] != hashes
        new = np.sort(hashes[fresh])
        while self._runs and len(self._runs[-1]) <= len(new):  # few runs, each longer than the next
            new = np.sort(np.concatenate([self._runs.pop(), new]), kind="stable")
        if len(new):
            self._runs.append(new)
        return fresh


def _word(rows: Rows, raw: bytes, place: int, skip_bad: bool) -> str | None:
    """A word in NFC; None for bytes that are none, where they may be skipped."""
    try:
        word = unicodedata.normalize("NFC", raw.decode())
    except UnicodeDecodeError:
        if skip_bad:
            return None
        looks, command = other_encoding(str(rows.path), raw)
        hint = command if looks else tr("to leave such words out: llmlab space import NAME FILE --skip-bad-words")
        raise DamagedError(
            tr("{place} holds a word that is not UTF-8{looks}", place=rows.place(place), looks=looks), hint
        ) from None
    if not word:
        raise DamagedError(tr("{place} holds an empty word", place=rows.place(place)))
    if "\n" in word:
        raise DamagedError(
            tr("{place} holds a word with a line end in it: {word!r}", place=rows.place(place), word=word)
        )
    return word
