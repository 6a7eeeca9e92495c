"""How far an unfinished space has come: which blocks of it are on the disk, and which of them prove to be whole.

A power loss, or a full disk, may leave less of a file than was written, or zeros. A block is noted after it is
on the disk, with the CRC-32 of its part of either file; a build goes on after the last block that has it still.
"""

import zlib
from collections.abc import Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from llmlab import cache
from llmlab.arrays import Floats
from llmlab.spaces.facts import WORDS
from llmlab.spaces.space import VECTORS

JOURNAL = "progress.json"


class Stored(Struct, frozen=True, forbid_unknown_fields=True):
    """A block on the disk."""

    rows: int
    bytes: int  # of words.txt
    capitals: bool  # whether a word has any
    words_crc: int
    vectors_crc: int


class Journal(Struct, frozen=True, forbid_unknown_fields=True):
    """The blocks of an unfinished space, in their order."""

    dimension: int
    blocks: tuple[Stored, ...]

    @property
    def rows(self) -> int:
        return sum(block.rows for block in self.blocks)

    @property
    def bytes(self) -> int:
        return sum(block.bytes for block in self.blocks)


def stored(words: Sequence[str], text: bytes, vectors: Floats) -> Stored:
    """What is noted of words, the same as lines of words.txt, and their rows [n, D] float32."""
    capitals = any(word != word.lower() for word in words)
    return Stored(len(words), len(text), capitals, zlib.crc32(text), zlib.crc32(vectors.data))


def save(folder: Path, journal: Journal) -> None:
    cache.put_sealed(folder / JOURNAL, msgspec.json.encode(journal))


def resume(folder: Path, dimension: int, header: int) -> tuple[Journal, bool]:
    """The blocks of a folder that are whole, the vectors after a header of so many bytes; whether others were not."""
    nothing = Journal(dimension, ())
    try:
        noted = msgspec.json.decode(cache.sealed(folder / JOURNAL), type=Journal)
    except FileNotFoundError:
        return nothing, False
    except ValueError:  # another file, or one that was cut or changed
        return nothing, True
    whole = _whole(folder, noted, header) if noted.dimension == dimension else ()
    return Journal(dimension, whole), len(whole) < len(noted.blocks)


def _whole(folder: Path, noted: Journal, header: int) -> tuple[Stored, ...]:
    try:
        with (folder / WORDS).open("rb") as words, (folder / VECTORS).open("rb") as vectors:
            vectors.seek(header)
            for number, block in enumerate(noted.blocks):
                found = zlib.crc32(words.read(block.bytes)), zlib.crc32(vectors.read(4 * noted.dimension * block.rows))
                if found != (block.words_crc, block.vectors_crc):
                    return noted.blocks[:number]
    except FileNotFoundError:
        return ()
    return noted.blocks
