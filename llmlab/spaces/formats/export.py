"""Write words and vectors to a file that other programs read. The name's ending says the format.

The file appears when it is whole, or not at all.
"""

import csv
import io
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from llmlab.arrays import Floats
from llmlab.errors import LabError, MisuseError
from llmlab.files.tables import DELIMITERS
from llmlab.spaces.formats.rows import Block
from llmlab.spaces.formats.text import is_number
from llmlab.spaces.space import Space


@dataclass(frozen=True)
class _Vectors:
    """What is to be written."""

    ending: str
    count: int
    dimension: int
    blocks: Iterable[Block]
    dimensions: Sequence[str]

    def rows(self) -> Iterator[tuple[str, Floats]]:
        for words, vectors in self.blocks:
            for word, vector in zip(words, vectors, strict=True):
                _refuse(word, self.ending)
                yield word, vector


def export(space: Space, path: Path) -> int:
    """Write a space's words and vectors to a file that other programs read; returns the number of words."""
    write(path, len(space.words), space.dimension, space.blocks(), space.facts.dimensions)
    return len(space.words)


def write(path: Path, count: int, dimension: int, blocks: Iterable[Block], dimensions: Sequence[str] = ()) -> None:
    """Write `count` rows; `dimensions` names the columns of a table. The words of a .npy go to a .txt beside it."""
    ending = path.suffix.lower()
    if ending not in WRITERS:
        raise MisuseError(f"{path} has no ending that can be written", f"end it in {', '.join(WRITERS)}")
    targets = [path, path.with_suffix(".txt")] if ending == ".npy" else [path]
    parts = [target.with_name(f".{target.name}.tmp-{os.getpid()}") for target in targets]
    vectors = _Vectors(ending, count, dimension, blocks, dimensions)
    try:
        with ExitStack() as stack:
            for part in parts:
                stack.callback(part.unlink, missing_ok=True)
            with ExitStack() as files:
                written = WRITERS[ending](vectors, *(files.enter_context(part.open("wb")) for part in parts))
            assert written == count, f"{written} rows were given, not {count}"
            for part, target in zip(parts, targets, strict=True):
                os.replace(part, target)
    except OSError as error:
        raise LabError(f"cannot write {path}: {error.strerror or error}", "name a file that can be written") from None


def _refuse(word: str, ending: str) -> None:
    """A word that would not read back as it is."""
    if ending == ".bin" and " " in word:
        raise MisuseError(f"{word!r} holds a space, which the format .bin cannot", "use .npy")
    if ending in (".vec", ".txt") and " " in word and is_number(word.rsplit(" ", 1)[1].encode()):
        raise MisuseError(f"{word!r} ends in a number of its own, which the format {ending} cannot", "use .npy")
    if ending == ".npy" and word.endswith("\r"):
        raise MisuseError(f"{word!r} ends in a carriage return, which a list of words cannot", "use .vec")
    if ending in DELIMITERS and "\r" in word:
        raise MisuseError(f"{word!r} holds a carriage return, which the format {ending} cannot", "use .vec")


def _binary(vectors: _Vectors, file: BinaryIO) -> int:
    file.write(f"{vectors.count} {vectors.dimension}\n".encode())
    written = 0
    for word, vector in vectors.rows():
        file.write(word.encode() + b" " + vector.astype("<f4").tobytes() + b"\n")
        written += 1
    return written


def _text(vectors: _Vectors, file: BinaryIO) -> int:
    file.write(f"{vectors.count} {vectors.dimension}\n".encode())
    written = 0
    for word, vector in vectors.rows():
        file.write(" ".join([word, *_numerals(vector)]).encode() + b"\n")
        written += 1
    return written


def _table(vectors: _Vectors, file: BinaryIO) -> int:
    names = vectors.dimensions or [f"d{number}" for number in range(1, vectors.dimension + 1)]
    for name in names:
        _refuse(name, vectors.ending)
    text = io.TextIOWrapper(file, encoding="utf-8", newline="")
    table = csv.writer(text, delimiter=DELIMITERS[vectors.ending], lineterminator="\n")
    table.writerow(["word", *names])
    written = 0
    for word, vector in vectors.rows():
        table.writerow([word, *_numerals(vector)])
        written += 1
    text.detach()  # flushes; the file is its opener's to close
    return written


def _array(vectors: _Vectors, file: BinaryIO, beside: BinaryIO) -> int:
    header = {"descr": "<f4", "fortran_order": False, "shape": (vectors.count, vectors.dimension)}
    np.lib.format.write_array_header_1_0(file, header)
    written = 0
    for word, vector in vectors.rows():
        file.write(vector.astype("<f4").tobytes())
        beside.write(word.encode() + b"\n")
        written += 1
    return written


def _numerals(vector: Floats) -> list[str]:
    """The shortest texts that read back as the same float32."""
    texts = list(map(str, vector))
    # Readers go by way of float64, and rounding twice turns 7.038531e-26 into its neighbour.
    wrong = np.flatnonzero(np.array(texts, np.float64).astype(np.float32) != vector)
    for place in wrong.tolist():
        texts[place] = repr(float(vector[place]))
    return texts


WRITERS: dict[str, Callable[..., int]] = {
    ".bin": _binary,
    ".vec": _text,
    ".txt": _text,
    ".csv": _table,
    ".tsv": _table,
    ".npy": _array,
}
