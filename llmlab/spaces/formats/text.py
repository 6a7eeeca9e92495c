"""Text files of vectors: a word and its numbers a line, after a line of their counts (word2vec) or without (GloVe)."""

import re
from collections.abc import Iterator
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np

from llmlab.errors import DamagedError
from llmlab.files import opened
from llmlab.spaces.formats.rows import RawBlock, Rows, block_rows, columns, line, refuse_empty

HEADER = re.compile(rb"(\d{1,12}) (\d{1,6})[ \r]*\n?")  # words and dimension


def is_number(field: bytes) -> bool:
    """Whether a field of a text file is a number; to float alone, 1_000 is one."""
    try:
        float(field)
    except ValueError:
        return False
    return b"_" not in field


def header_of(path: Path, first: bytes) -> tuple[int, int] | None:
    """Number of words and dimension, where the first line says them."""
    found = HEADER.fullmatch(first)
    if found is None:
        return None
    count, dimension = int(found[1]), int(found[2])
    refuse_empty(path, count, dimension)
    return count, dimension


def read(path: Path) -> tuple[bool, Rows]:
    """Whether there is a header, and the rows."""
    with opened(path) as file:
        first = file.readline()
    header = header_of(path, first)
    count, dimension = header or (None, len(_fields(first)) - 1)
    refuse_empty(path, len(first), dimension)
    return header is not None, Rows(path, dimension, partial(_blocks, path, count, dimension), line)


def _blocks(path: Path, count: int | None, dimension: int) -> Iterator[RawBlock]:
    """`count` is what the header says, None without a header."""
    headers = 0 if count is None else 1
    with opened(path) as file:
        list(islice(file, headers))
        done = 0
        while lines := list(islice(file, block_rows(dimension))):
            yield _parse(path, lines, headers + done + 1, dimension)
            done += len(lines)
    if count is not None and done != count:
        raise DamagedError(f"{path} holds {done:,} words, not the {count:,} that its header says")


def _parse(path: Path, lines: list[bytes], first: int, dimension: int) -> RawBlock:
    words: list[bytes] = []
    vectors = np.empty((len(lines), dimension), np.float32)
    with np.errstate(over="ignore"):  # what float32 cannot hold becomes infinite, and is refused as that
        for row, text in enumerate(lines):
            fields = _fields(text)
            try:
                vectors[row] = _vector(fields, dimension)
            except ValueError as error:
                raise DamagedError(f"{path} {line(first + row)} {error}") from None
            words.append(b" ".join(fields[:-dimension]))
    return RawBlock(words, vectors, range(first, first + len(lines)))


def _fields(text: bytes) -> list[bytes]:
    return text.rstrip(b" \r\n").split(b" ")  # words hold every other kind of space


def _vector(fields: list[bytes], dimension: int) -> list[float]:
    """The last fields as numbers; more than one field before them is a word with spaces."""
    extra = len(fields) - dimension - 1
    if extra < 0 or (extra and is_number(fields[extra])):
        raise ValueError(f"has {columns(len(fields))}, not {dimension + 1:,}")
    numbers = fields[extra + 1 :]
    try:
        values = list(map(float, numbers))
    except ValueError:
        values = []
    if not values or b"_" in b"".join(numbers):
        wrong = next(field for field in numbers if not is_number(field))
        raise ValueError(f"holds {wrong.decode(errors='replace')!r}, which is no number")
    return values
