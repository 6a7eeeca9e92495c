"""Write words and vectors to a file that other programs read. The name's ending says the format.

The file appears when it is whole, or not at all; one that is there is replaced only by force.
"""

import csv
import io
import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from llmlab.arrays import Floats
from llmlab.errors import LabError, MisuseError, reason
from llmlab.files.tables import DELIMITERS
from llmlab.language import tr
from llmlab.names import located
from llmlab.render.safe import visible
from llmlab.spaces.formats.rows import Block
from llmlab.spaces.formats.text import is_number
from llmlab.spaces.space import Space

BOM = "\ufeff"
PROJECTOR = ("vectors.tsv", "metadata.tsv")  # what the projector's two buttons ask for


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


def export(space: Space, path: Path, force: bool = False) -> int:
    """Write a space's words and vectors to a file that other programs read; returns the number of words."""
    write(path, len(space.words), space.dimension, space.blocks(), space.facts.dimensions, force)
    return len(space.words)


def export_projector(space: Space, folder: Path, force: bool = False) -> int:
    """Write a space for the embedding projector (https://projector.tensorflow.org); returns the number of words.

    vectors.tsv has a vector a line; metadata.tsv the words and their places below a line of names, so that no line is
    blank, which the projector would pass over: rows are matched by their order alone. It knows no quotes, so that a tab
    or line end in a word is shown as a mark. The folder is made; raises MisuseError as `targets` does.
    """
    files = projector_targets(folder, force)
    if space.dimension < 2:
        raise MisuseError(
            tr("the space {space} has one dimension, which the projector cannot", space=space.facts.name),
            tr("name a file"),
        )
    vectors = _Vectors("", len(space.words), space.dimension, space.blocks(), ())
    made = not folder.is_dir()
    try:
        folder.mkdir(exist_ok=True)
        _whole(files, _projector, vectors, force)
    except OSError as error:
        if made and folder.is_dir():
            folder.rmdir()
        raise LabError(
            tr("cannot write {folder}: {reason}", folder=folder, reason=reason(error)), tr("name another folder")
        ) from None
    return len(space.words)


def projector_targets(folder: Path, force: bool) -> list[Path]:
    """The two files to be written. Raises MisuseError for what is there without `force`, and for what is no folder."""
    if os.path.lexists(folder) and not folder.is_dir():
        raise MisuseError(
            tr("{folder} is no folder", folder=folder), tr("name a folder, which is made if it is not there")
        )
    files = [folder / name for name in PROJECTOR]
    for file in files:
        if os.path.lexists(file) and not force:
            raise _there(file)
    return files


def targets(path: Path, force: bool) -> list[Path]:
    """The files to be written: the words of a .npy go to a .txt beside it. A link is followed.

    Raises MisuseError, before any work, for what is there already without `force`, and for what is no file; LabError
    for a folder that is not there.
    """
    ending = path.suffix.lower()
    if ending not in WRITERS:
        raise MisuseError(
            tr("{path} has no ending that can be written", path=path),
            tr("end it in {endings}", endings=tr(", ").join(WRITERS)),
        )
    named = [path, path.with_suffix(".txt")] if ending == ".npy" else [path]
    for one in named:
        if os.path.exists(one) and not os.path.isfile(one):
            raise MisuseError(tr("{one} is no file, which alone is written", one=one), tr("name a file"))
        if os.path.lexists(one) and not force:
            raise _there(one)
    found = [located(str(one)) for one in named]
    for one in found:
        if not os.path.isdir(one.parent):
            raise LabError(
                tr("cannot write {path}: No such file or directory", path=path),
                tr("make the folder {folder} first", folder=one.parent),
            )
    return found


def write(
    path: Path,
    count: int,
    dimension: int,
    blocks: Iterable[Block],
    dimensions: Sequence[str] = (),
    force: bool = False,
) -> None:
    """Write `count` rows; `dimensions` names the columns of a table."""
    ending, files = path.suffix.lower(), targets(path, force)
    vectors = _Vectors(ending, count, dimension, blocks, dimensions)
    try:
        _whole(files, WRITERS[ending], vectors, force)
    except OSError as error:
        raise LabError(
            tr("cannot write {path}: {reason}", path=path, reason=reason(error)), tr("name a file that can be written")
        ) from None


def _whole(files: Sequence[Path], writer: Callable[..., int], vectors: _Vectors, force: bool) -> None:
    """Let a writer write the files, which have their names when all are whole."""
    parts = [target.with_name(f".{target.name}.tmp-{os.getpid()}") for target in files]
    with ExitStack() as stack:
        for part in parts:
            stack.callback(part.unlink, missing_ok=True)
        with ExitStack() as opened:
            written = writer(vectors, *(opened.enter_context(part.open("wb")) for part in parts))
        assert written == vectors.count, f"{written} rows were given, not {vectors.count}"
        _place(parts, files, force)


def _place(parts: Sequence[Path], files: Sequence[Path], force: bool) -> None:
    """Give the parts their names. Without `force` a name is claimed first, which fails where a file has it by now."""
    with ExitStack() as claimed:
        for file in () if force else files:
            try:
                file.touch(exist_ok=False)
            except FileExistsError:
                raise _there(file) from None
            claimed.callback(file.unlink)
        for part, file in zip(parts, files, strict=True):
            os.replace(part, file)
        claimed.pop_all()


def _there(path: Path) -> MisuseError:
    return MisuseError(tr("{path} is there already", path=path), tr("--force replaces it, or name another file"))


def _refuse(word: str, ending: str) -> None:
    """A word that would not read back as it is."""
    if ending == ".bin" and " " in word:
        raise MisuseError(tr("{word!r} holds a space, which the format .bin cannot", word=word), tr("use .npy"))
    if ending in (".vec", ".txt") and " " in word and is_number(word.rsplit(" ", 1)[1].encode()):
        raise MisuseError(
            tr("{word!r} ends in a number of its own, which the format {ending} cannot", word=word, ending=ending),
            tr("use .npy"),
        )
    if ending == ".npy" and word.endswith("\r"):
        raise MisuseError(
            tr("{word!r} ends in a carriage return, which a list of words cannot", word=word), tr("use .vec")
        )
    if ending in DELIMITERS and "\r" in word:
        raise MisuseError(
            tr("{word!r} holds a carriage return, which the format {ending} cannot", word=word, ending=ending),
            tr("use .vec"),
        )


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
        if not written and word.startswith(BOM):  # the first mark of a file is none of its text
            beside.write(BOM.encode())
        beside.write(word.encode() + b"\n")
        written += 1
    return written


def _objects(vectors: _Vectors, file: BinaryIO) -> int:
    written = 0
    for word, vector in vectors.rows():
        file.write(
            f'{{"word": {json.dumps(word, ensure_ascii=False)}, "vector": [{", ".join(_numerals(vector))}]}}\n'.encode()
        )
        written += 1
    return written


def _projector(vectors: _Vectors, file: BinaryIO, beside: BinaryIO) -> int:
    beside.write(b"word\tplace\n")
    written = 0
    for word, vector in vectors.rows():
        written += 1
        file.write("\t".join(_numerals(vector)).encode() + b"\n")
        beside.write(f"{visible(word)}\t{written}\n".encode())
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
    ".jsonl": _objects,
}
