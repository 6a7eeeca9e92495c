"""Arrays of vectors, .npy and .safetensors, whose words stand in a text file beside them, a line for each row."""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from pathlib import Path
from tokenize import TokenError
from typing import Any

import numpy as np

from llmlab.errors import DamagedError, MissingError, MisuseError
from llmlab.files.opening import opened, packed, raw_lines, readable
from llmlab.language import later, tr
from llmlab.spaces.formats.rows import RawBlock, Rows, block_rows, refuse_empty

Slices = Callable[[int, int], Any]  # rows first to last of an array, of any float type

# Pickled, cut off, no array at all: what numpy says of a header, which it reads as Python's own syntax
HEADER_ERRORS = (ValueError, EOFError, SyntaxError, TokenError, TypeError, ArithmeticError, MemoryError, RecursionError)
NONE, SEVERAL = later("{path} holds no 2-D tensor"), later("{path} holds several 2-D tensors: {names}")


def npy(path: Path, words: Path | None) -> Rows:
    _refuse_packed(path)
    with readable(path), np.errstate(over="raise"):
        try:
            array = np.load(path, mmap_mode="r", allow_pickle=False)
        except HEADER_ERRORS:
            array = None
    if not isinstance(array, np.ndarray) or array.dtype.kind != "f" or array.itemsize > 8 or array.ndim != 2:
        raise DamagedError(
            tr("{path} is no whole 2-D array of float16, 32 or 64", path=path), tr("save it with numpy.save as float32")
        )
    return _array(path, words, array.shape, lambda first, last: array[first:last])


def safetensors(path: Path, words: Path | None) -> Rows:
    from safetensors import SafetensorError, safe_open

    _refuse_packed(path)
    try:
        with readable(path), safe_open(path, framework="numpy") as file:
            tensors = {name: file.get_slice(name) for name in file.keys()}  # noqa: SIM118 - no mapping
            shapes = {name: t.get_shape() for name, t in tensors.items() if len(t.get_shape()) == 2}
            types = {name: t.get_dtype() for name, t in tensors.items()}
    except SafetensorError:
        raise DamagedError(tr("{path} is no whole safetensors file", path=path), tr("fetch or save it again")) from None
    if len(shapes) != 1:
        holds = SEVERAL if shapes else NONE
        names = tr(", ").join(sorted(shapes))
        raise DamagedError(tr(holds, path=path, names=names), tr("save the vectors as its only one"))
    [(name, shape)] = shapes.items()
    if types[name] not in ("F16", "F32", "F64"):
        raise DamagedError(
            tr("{path} holds numbers of type {dtype}", path=path, dtype=types[name]), tr("save it as float32")
        )

    def rows(first: int, last: int) -> Any:
        with readable(path), safe_open(path, framework="numpy") as file:
            return file.get_slice(name)[first:last]

    return _array(path, words, shape, rows)


def _refuse_packed(path: Path) -> None:
    if packed(path):
        raise MisuseError(
            tr("{path} is packed, and an array is read where it lies", path=path), tr("unpack it with gunzip")
        )


def _array(path: Path, words: Path | None, shape: Any, slices: Slices) -> Rows:
    beside = words or path.with_suffix(".txt")
    if words is None and not beside.exists():
        raise MissingError(
            tr("{path} holds no words, and there is no {beside}", path=path, beside=beside), tr("give --words FILE")
        )
    count, dimension = shape
    refuse_empty(path, count, dimension)
    with opened(beside) as file:
        listed = sum(1 for _ in raw_lines(file, str(beside)))
    if listed != count:
        raise DamagedError(
            tr(
                "{path} holds {count:,} vectors and {beside} {listed:,} words",
                path=path,
                count=count,
                beside=beside,
                listed=listed,
            )
        )
    blocks = partial(_array_blocks, beside, count, dimension, slices)
    return Rows(
        path,
        dimension,
        blocks,
        lambda number: tr("row {number:,} ({beside} line {number:,})", number=number, beside=beside),
    )


def _array_blocks(beside: Path, count: int, dimension: int, slices: Slices) -> Iterator[RawBlock]:
    step = block_rows(dimension)
    with opened(beside) as file:
        lines = raw_lines(file, str(beside))
        for first in range(0, count, step):
            with np.errstate(over="ignore"):  # what float32 cannot hold becomes infinite, and is refused as that
                vectors = np.array(slices(first, min(first + step, count)), np.float32)
            words = [raw.removesuffix(b"\n").removesuffix(b"\r") for raw in islice(lines, step)]
            yield RawBlock(words, vectors, range(first + 1, first + len(words) + 1))
