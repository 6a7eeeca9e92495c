"""Rows of words and vectors as a file holds them, and the checks that every format shares.

A reader says how to read its rows, block by block and from the start; `checked` lets through only what can be a space.
"""

import unicodedata
from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from llmlab.arrays import Floats
from llmlab.errors import DamagedError

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


def line(number: int) -> str:
    """A place in a text file."""
    return f"line {number:,}"


def columns(count: int) -> str:
    return "1 column" if count == 1 else f"{count:,} columns"


def block_rows(dimension: int) -> int:
    """The most rows that a block of this dimension has."""
    return max(1, BLOCK // (4 * dimension))


def ending(path: Path) -> str:
    """What says the format: the name's ending, without a further .gz."""
    return Path(path.name.lower().removesuffix(".gz")).suffix


def refuse_empty(path: Path, count: int, dimension: int) -> None:
    if not count:
        raise DamagedError(f"{path} holds no words")
    if not dimension:
        raise DamagedError(f"{path} holds words without numbers", "see that its columns are separated as its name says")


def checked(rows: Rows) -> Iterator[Block]:
    """The rows, each with a word of its own in NFC and with finite numbers."""
    hashes = array("q")  # 8 bytes a word, so that a repeated word is found without keeping the words
    for raw in rows.blocks():
        words = [_word(rows, word, place) for word, place in zip(raw.words, raw.places, strict=True)]
        finite = np.isfinite(raw.vectors).all(axis=1)
        if not finite.all():
            place = rows.place(raw.places[int(finite.argmin())])
            raise DamagedError(f"{place} holds a value that is no finite float32")
        hashes.extend(hash(word.encode()) for word in words)  # of a str's own memory, 敢 and be have one hash
        yield words, raw.vectors
    _refuse_repeats(rows, hashes)


def _word(rows: Rows, raw: bytes, place: int) -> str:
    try:
        word = unicodedata.normalize("NFC", raw.decode())
    except UnicodeDecodeError:
        raise DamagedError(f"{rows.place(place)} holds a word that is not UTF-8", "save the file as UTF-8") from None
    if not word:
        raise DamagedError(f"{rows.place(place)} holds an empty word")
    if "\n" in word:
        raise DamagedError(f"{rows.place(place)} holds a word with a line end in it: {word!r}")
    return word


def _refuse_repeats(rows: Rows, hashes: "array[int]") -> None:
    """Read again, only when a hash repeats, to tell a repeated word from two that share a hash."""
    ordered = np.sort(np.frombuffer(hashes, np.int64))
    repeated = set(ordered[1:][ordered[1:] == ordered[:-1]].tolist())
    if not repeated:
        return
    seen: dict[str, int] = {}
    for raw in rows.blocks():
        for encoded, place in zip(raw.words, raw.places, strict=True):
            word = _word(rows, encoded, place)
            if hash(word.encode()) not in repeated:
                continue
            if word in seen:
                raise DamagedError(f"{rows.place(place)} repeats the word {word!r} of {rows.where(seen[word])}")
            seen[word] = place
