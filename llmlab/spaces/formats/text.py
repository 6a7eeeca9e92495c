"""Text files of vectors: a word and its numbers a line, after a line of their counts (word2vec) or without (GloVe).

Between spaces, or after the word tabs (StarSpace).
"""

import re
from collections.abc import Iterator
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np

from llmlab.errors import DamagedError
from llmlab.files.opening import opened, raw_lines
from llmlab.language import tr, tr_many
from llmlab.spaces.formats.rows import LeftOut, RawBlock, Rows, block_rows, columns, line, refuse_empty

HEADER = re.compile(rb"(\d{1,99})[ \t](\d{1,99})[ \t\r]*\n?")  # words and dimension, however many


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


def declared(path: Path, count: int, dimension: int) -> str:
    """The beginning of what is said of a header that cannot be true."""
    return tr("{path} line 1 says {count:,} words x {dimension:,}", path=path, count=count, dimension=dimension)


def read(path: Path, left_out: LeftOut) -> tuple[bool, Rows]:
    """Whether there is a header, and the rows."""
    with opened(path) as file:
        first, second = [*islice(filter(bytes.strip, raw_lines(file, str(path))), 2), b"", b""][:2]
    header = header_of(path, first)
    sample = second if header else first
    tabs = _has_tabs(sample) and (header is None or len(_fields(sample, False)) - 1 < header[1])
    width = len(_fields(sample, tabs)) - 1
    count, dimension = header or (None, width)
    if count is not None and sample and width < dimension:
        numbers = tr_many("{count:,} number", "{count:,} numbers", width)
        raise DamagedError(
            tr(
                "{declared}, and the first word has {numbers}",
                declared=declared(path, count, dimension),
                numbers=numbers,
            )
        )
    refuse_empty(path, len(first), dimension)
    return header is not None, Rows(path, dimension, partial(_blocks, path, count, dimension, tabs, left_out), line)


def _has_tabs(text: bytes) -> bool:
    """Whether a tab ends the word: what follows it is numbers."""
    word, _, numbers = text.partition(b"\t")
    fields = numbers.split()
    return bool(word and fields) and all(map(is_number, fields))


def _blocks(path: Path, count: int | None, dimension: int, tabs: bool, left_out: LeftOut) -> Iterator[RawBlock]:
    """`count` is what the header says, None without a header."""
    done = last = 0
    with opened(path) as file:
        lines = _filled(raw_lines(file, str(path)))
        last, _ = next(lines, (0, b"")) if count is not None else (0, b"")
        left_out.blank = max(last - 1, 0)
        while read := list(islice(lines, block_rows(dimension))):
            places = [place for place, _ in read]
            left_out.blank += places[-1] - last - len(read)
            last = places[-1]
            yield _parse(path, places, [text for _, text in read], dimension, tabs)
            done += len(read)
    if count is not None and done != count:
        raise DamagedError(
            tr("{path} holds {done:,} words, not the {count:,} that its header says", path=path, done=done, count=count)
        )


def _filled(lines: Iterator[bytes]) -> Iterator[tuple[int, bytes]]:
    """Lines that hold something, with their numbers."""
    return ((number, text) for number, text in enumerate(lines, 1) if not text.isspace())


def _parse(path: Path, places: list[int], lines: list[bytes], dimension: int, tabs: bool) -> RawBlock:
    words: list[bytes] = []
    vectors = np.empty((len(lines), dimension), np.float32)
    with np.errstate(over="ignore"):  # what float32 cannot hold becomes infinite, and is refused as that
        for row, text in enumerate(lines):
            fields = _fields(text, tabs)
            try:
                vectors[row] = _vector(fields, dimension)
            except ValueError as error:
                raise DamagedError(
                    tr("{path} {line} {wrong}", path=path, line=line(places[row]), wrong=error)
                ) from None
            words.append(b" ".join(fields[:-dimension]))
    return RawBlock(words, vectors, places)


def _fields(text: bytes, tabs: bool) -> list[bytes]:
    """Words hold every other kind of space, and those before a tab that one too."""
    if tabs:
        word, _, numbers = text.partition(b"\t")
        return [word, *numbers.split()]
    return text.rstrip(b" \r\n").split(b" ")


def _vector(fields: list[bytes], dimension: int) -> list[float]:
    """The last fields as numbers; more than one field before them is a word with spaces."""
    extra = len(fields) - dimension - 1
    if extra < 0 or (extra and is_number(fields[extra])):
        raise ValueError(tr("has {columns}, not {width:,}", columns=columns(len(fields)), width=dimension + 1))
    numbers = fields[extra + 1 :]
    try:
        values = list(map(float, numbers))
    except ValueError:
        values = []
    if not values or b"_" in b"".join(numbers):
        wrong = next(field for field in numbers if not is_number(field))
        raise ValueError(tr("holds {cell!r}, which is no number", cell=wrong.decode(errors="replace")))
    return values
