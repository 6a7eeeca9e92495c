"""word2vec's binary files: a line with the counts, then each word, a space, and its numbers as float32."""

import struct
from collections.abc import Iterator
from functools import partial
from io import BufferedIOBase
from pathlib import Path
from typing import Any

import numpy as np

from llmlab.errors import DamagedError
from llmlab.files.opening import most, opened
from llmlab.language import tr
from llmlab.spaces.formats.rows import RawBlock, Rows, block_rows, refuse_empty
from llmlab.spaces.formats.text import declared, header_of

FASTTEXT_MAGIC = struct.pack("<i", 793712314)
CHUNK = 2**22  # bytes of a file read at once
LONGEST = 2**16  # bytes in which a word must end


def read(path: Path) -> Rows:
    with opened(path) as file:
        first = file.readline(LONGEST)
    if first.startswith(FASTTEXT_MAGIC):
        raise DamagedError(
            tr("{path} is a fastText model, not word2vec binary", path=path), tr("use the .vec file that came with it")
        )
    refuse_empty(path, len(first), 1)
    header = header_of(path, first)
    if header is None:
        raise DamagedError(tr("{path} is not word2vec binary: line 1 does not say words and dimension", path=path))
    count, dimension = header
    if (size := most(path)) < 4 * dimension:
        message = tr(
            "{declared}, and the file has no more than {size:,} bytes",
            declared=declared(path, count, dimension),
            size=size,
        )
        raise DamagedError(message, tr("fetch it again"))
    return Rows(path, dimension, partial(_blocks, path, *header), lambda number: tr("word {number:,}", number=number))


class _EndedError(Exception):
    """No EOFError, which is what a gzip file that is cut off raises."""


class _EndlessError(Exception):
    """A word that goes on and on."""


class _Stream:
    """The words and vectors of an opened word2vec binary file, in turn."""

    def __init__(self, file: BufferedIOBase) -> None:
        self._file = file
        self._data = b""
        self._at = 0

    def word(self) -> bytes:
        """Up to the next space, which is passed over, as is a newline before the word."""
        while (end := self._data.find(b" ", self._at)) < 0:
            if len(self._data) - self._at > LONGEST:
                raise _EndlessError
            self._more()
        word = self._data[self._at : end]
        self._at = end + 1
        return word.removeprefix(b"\n")

    def vector(self, dimension: int) -> Any:
        while len(self._data) - self._at < 4 * dimension:
            self._more()
        values = np.frombuffer(self._data, "<f4", dimension, self._at)
        self._at += 4 * dimension
        return values

    def rest(self) -> bytes:
        return self._data[self._at :] + self._file.read(2)

    def _more(self) -> None:
        chunk = self._file.read(CHUNK)
        if not chunk:
            raise _EndedError
        self._data = self._data[self._at :] + chunk
        self._at = 0


def _blocks(path: Path, count: int, dimension: int) -> Iterator[RawBlock]:
    with opened(path) as file:
        file.readline()
        stream = _Stream(file)
        step = block_rows(dimension)
        for first in range(1, count + 1, step):
            yield _block(path, stream, range(first, min(first + step, count + 1)), count, dimension)
        if stream.rest() not in (b"", b"\n"):
            raise DamagedError(
                tr("{path} goes on after the {count:,} words that its header says", path=path, count=count)
            )


def _block(path: Path, stream: _Stream, numbers: range, count: int, dimension: int) -> RawBlock:
    words: list[bytes] = []
    vectors = np.empty((len(numbers), dimension), np.float32)
    for row, number in enumerate(numbers):
        try:
            words.append(stream.word())
            vectors[row] = stream.vector(dimension)
        except _EndedError:
            raise DamagedError(
                tr("{path} ends within word {number:,} of {count:,}", path=path, number=number, count=count),
                tr("fetch it again"),
            ) from None
        except _EndlessError:
            raise DamagedError(tr("{path} word {number:,} does not end", path=path, number=number)) from None
    return RawBlock(words, vectors, numbers)
