"""Files of word vectors, read block by block: word2vec and GloVe text, word2vec binary, arrays, tables.

The name's ending says the format. Nothing is read that would have to be unpickled.
"""

import re
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from io import BufferedIOBase
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from llmlab.errors import DamagedError, MissingError, MisuseError
from llmlab.models import table_files
from llmlab.models.vector_rows import (
    Block,
    RawBlock,
    Rows,
    block_rows,
    checked,
    columns,
    ending,
    line,
    opened,
    packed,
    readable,
    refuse_empty,
)

UNREADABLE = (".npz", ".kv", ".model", ".pkl", ".pickle", ".pt", ".pth", ".h5", ".hdf5", ".parquet", ".zip", ".gguf")
HEADER = re.compile(rb"(\d{1,12}) (\d{1,6})[ \r]*\n?")  # words and dimension
FASTTEXT_MAGIC = struct.pack("<i", 793712314)
CHUNK = 2**22  # bytes of a binary file read at once
LONGEST = 2**16  # bytes in which a binary file's word must end

Slices = Callable[[int, int], Any]  # rows first to last of an array, of any float type


@dataclass(frozen=True)
class VectorFile:
    """A file whose format is known; its rows follow when they are asked for."""

    format: str
    dimension: int
    blocks: Iterator[Block]
    dimensions: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def read(path: Path, words: Path | None = None, standardize: bool = False) -> VectorFile:
    """Words and vectors in the file's order. `words` names the words of an array, a line for each row."""
    kind = ending(path)
    if kind in UNREADABLE:
        hint = "word2vec text or binary (.bin), GloVe, .vec, .npy, .safetensors, .csv or .tsv"
        raise MisuseError(f"a file ending in {kind} is not read", hint)
    arrays = {".npy": _npy, ".safetensors": _safetensors}
    if standardize and kind not in table_files.DELIMITERS:
        raise MisuseError(f"{path} is no table, and only a table is standardised", "leave out --standardize")
    if words is not None and kind not in arrays:
        raise MisuseError(f"{path} holds its words itself", "leave out --words")
    if kind in arrays:
        return _file(kind[1:], arrays[kind](path, words))
    if kind in table_files.DELIMITERS:
        table = table_files.read(path, standardize)
        return VectorFile("table", table.rows.dimension, checked(table.rows), table.dimensions, table.notes)
    if kind == ".bin":
        return _file("word2vec binary", _binary(path))
    header, rows = _text(path)
    return _file("word2vec text" if header else "GloVe text", rows)


def _file(form: str, rows: Rows) -> VectorFile:
    return VectorFile(form, rows.dimension, checked(rows))


def is_number(field: bytes) -> bool:
    """Whether a field of a text file is a number; to float alone, 1_000 is one."""
    try:
        float(field)
    except ValueError:
        return False
    return b"_" not in field


def _header(path: Path, first: bytes) -> tuple[int, int] | None:
    """Number of words and dimension, where the first line says them."""
    found = HEADER.fullmatch(first)
    if found is None:
        return None
    count, dimension = int(found[1]), int(found[2])
    refuse_empty(path, count, dimension)
    return count, dimension


def _text(path: Path) -> tuple[bool, Rows]:
    """Whether there is a header, and the rows."""
    with opened(path) as file:
        first = file.readline()
    header = _header(path, first)
    count, dimension = header or (None, len(_fields(first)) - 1)
    refuse_empty(path, len(first), dimension)
    return header is not None, Rows(path, dimension, partial(_text_blocks, path, count, dimension), line)


def _text_blocks(path: Path, count: int | None, dimension: int) -> Iterator[RawBlock]:
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


def _binary(path: Path) -> Rows:
    with opened(path) as file:
        first = file.readline(LONGEST)
    if first.startswith(FASTTEXT_MAGIC):
        raise DamagedError(f"{path} is a fastText model, not word2vec binary", "use the .vec file that came with it")
    refuse_empty(path, len(first), 1)
    header = _header(path, first)
    if header is None:
        raise DamagedError(f"{path} is not word2vec binary: line 1 does not say words and dimension")
    return Rows(path, header[1], partial(_binary_blocks, path, *header), lambda number: f"word {number:,}")


class _EndedError(Exception):
    """No EOFError, which is what a gzip file that is cut off raises."""


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
                raise ValueError("does not end")
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


def _binary_blocks(path: Path, count: int, dimension: int) -> Iterator[RawBlock]:
    with opened(path) as file:
        file.readline()
        stream = _Stream(file)
        step = block_rows(dimension)
        for first in range(1, count + 1, step):
            yield _binary_block(path, stream, range(first, min(first + step, count + 1)), count, dimension)
        if stream.rest() not in (b"", b"\n"):
            raise DamagedError(f"{path} goes on after the {count:,} words that its header says")


def _binary_block(path: Path, stream: _Stream, numbers: range, count: int, dimension: int) -> RawBlock:
    words: list[bytes] = []
    vectors = np.empty((len(numbers), dimension), np.float32)
    for row, number in enumerate(numbers):
        try:
            words.append(stream.word())
            vectors[row] = stream.vector(dimension)
        except _EndedError:
            raise DamagedError(f"{path} ends within word {number:,} of {count:,}", "fetch it again") from None
        except ValueError as error:
            raise DamagedError(f"{path} word {number:,} {error}") from None
    return RawBlock(words, vectors, numbers)


def _npy(path: Path, words: Path | None) -> Rows:
    _refuse_packed(path)
    with readable(path):
        try:
            array = np.load(path, mmap_mode="r", allow_pickle=False)
        except (ValueError, EOFError):  # pickled, cut off, or no array at all
            array = None
    if not isinstance(array, np.ndarray) or array.dtype.kind != "f" or array.itemsize > 8 or array.ndim != 2:
        raise DamagedError(f"{path} is no whole 2-D array of float16, 32 or 64", "save it with numpy.save as float32")
    return _array(path, words, array.shape, lambda first, last: array[first:last])


def _safetensors(path: Path, words: Path | None) -> Rows:
    from safetensors import SafetensorError, safe_open

    _refuse_packed(path)
    try:
        with readable(path), safe_open(path, framework="numpy") as file:
            tensors = {name: file.get_slice(name) for name in file.keys()}  # noqa: SIM118 - no mapping
            shapes = {name: t.get_shape() for name, t in tensors.items() if len(t.get_shape()) == 2}
            types = {name: t.get_dtype() for name, t in tensors.items()}
    except SafetensorError:
        raise DamagedError(f"{path} is no whole safetensors file", "fetch or save it again") from None
    if len(shapes) != 1:
        names = f"several 2-D tensors: {', '.join(sorted(shapes))}" if shapes else "no 2-D tensor"
        raise DamagedError(f"{path} holds {names}", "save the vectors as its only one")
    [(name, shape)] = shapes.items()
    if types[name] not in ("F16", "F32", "F64"):
        raise DamagedError(f"{path} holds numbers of type {types[name]}", "save it as float32")

    def rows(first: int, last: int) -> Any:
        with readable(path), safe_open(path, framework="numpy") as file:
            return file.get_slice(name)[first:last]

    return _array(path, words, shape, rows)


def _refuse_packed(path: Path) -> None:
    if packed(path):
        raise MisuseError(f"{path} is packed, and an array is read where it lies", "unpack it with gunzip")


def _array(path: Path, words: Path | None, shape: Any, slices: Slices) -> Rows:
    beside = words or path.with_suffix(".txt")
    if words is None and not beside.exists():
        raise MissingError(f"{path} holds no words, and there is no {beside}", "give --words FILE")
    count, dimension = shape
    refuse_empty(path, count, dimension)
    with opened(beside) as file:
        listed = sum(1 for _ in file)
    if listed != count:
        raise DamagedError(f"{path} holds {count:,} vectors and {beside} {listed:,} words")
    blocks = partial(_array_blocks, beside, count, dimension, slices)
    return Rows(path, dimension, blocks, lambda number: f"row {number:,} ({beside} line {number:,})")


def _array_blocks(beside: Path, count: int, dimension: int, slices: Slices) -> Iterator[RawBlock]:
    step = block_rows(dimension)
    with opened(beside) as file:
        for first in range(0, count, step):
            with np.errstate(over="ignore"):  # what float32 cannot hold becomes infinite, and is refused as that
                vectors = np.array(slices(first, min(first + step, count)), np.float32)
            words = [raw.removesuffix(b"\n").removesuffix(b"\r") for raw in islice(file, step)]
            yield RawBlock(words, vectors, range(first + 1, first + len(words) + 1))
