"""Files of word vectors, read block by block: word2vec and GloVe text, word2vec binary, arrays, tables.

The name's ending says the format. Nothing is read that would have to be unpickled.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from llmlab.errors import MisuseError
from llmlab.files import DELIMITERS
from llmlab.spaces.formats import arrays, binary, table, text
from llmlab.spaces.formats.rows import Block, Rows, checked, ending

UNREADABLE = (".npz", ".kv", ".model", ".pkl", ".pickle", ".pt", ".pth", ".h5", ".hdf5", ".parquet", ".zip", ".gguf")
ARRAYS = {".npy": arrays.npy, ".safetensors": arrays.safetensors}


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
    _check(path, kind, words, standardize)
    if kind in ARRAYS:
        return _file(kind[1:], ARRAYS[kind](path, words))
    if kind in DELIMITERS:
        found = table.read(path, standardize)
        return VectorFile("table", found.rows.dimension, checked(found.rows), found.dimensions, found.notes)
    if kind == ".bin":
        return _file("word2vec binary", binary.read(path))
    header, rows = text.read(path)
    return _file("word2vec text" if header else "GloVe text", rows)


def _check(path: Path, kind: str, words: Path | None, standardize: bool) -> None:
    """Raise MisuseError for a format that is not read, and for an option that the format has no use for."""
    if kind in UNREADABLE:
        hint = "word2vec text or binary (.bin), GloVe, .vec, .npy, .safetensors, .csv or .tsv"
        raise MisuseError(f"a file ending in {kind} is not read", hint)
    if standardize and kind not in DELIMITERS:
        raise MisuseError(f"{path} is no table, and only a table is standardised", "leave out --standardize")
    if words is not None and kind not in ARRAYS:
        raise MisuseError(f"{path} holds its words itself", "leave out --words")


def _file(form: str, rows: Rows) -> VectorFile:
    return VectorFile(form, rows.dimension, checked(rows))
