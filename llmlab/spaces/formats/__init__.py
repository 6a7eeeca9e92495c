"""Files of word vectors, read block by block: word2vec and GloVe text, word2vec binary, arrays, tables.

The name's ending says the format. Nothing is read that would have to be unpickled.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from llmlab.errors import MisuseError
from llmlab.files.opening import ending
from llmlab.files.tables import DELIMITERS
from llmlab.language import tr
from llmlab.spaces.formats import arrays, binary, table, text
from llmlab.spaces.formats.rows import Block, LeftOut, checked
from llmlab.spaces.reading import Reading

UNREADABLE = (".npz", ".kv", ".model", ".pkl", ".pickle", ".pt", ".pth", ".h5", ".hdf5", ".parquet", ".zip", ".gguf")
ARRAYS = {".npy": arrays.npy, ".safetensors": arrays.safetensors}


@dataclass(frozen=True)
class VectorFile:
    """A file whose format is known; its rows follow when they are asked for, and then what was left out is known."""

    format: str
    dimension: int
    blocks: Iterator[Block]
    left_out: LeftOut
    dimensions: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    means: tuple[float, ...] = ()  # of the dimensions before they were standardised
    deviations: tuple[float, ...] = ()


def read(reading: Reading) -> VectorFile:
    """Words and vectors in the file's order."""
    path, left_out = reading.path, LeftOut()
    kind = ending(path)
    _check(reading, kind)
    if kind in DELIMITERS:
        found = table.read(path, reading.standardize, reading.missing, left_out)
        blocks = checked(found.rows, left_out)
        columns = found.dimensions, found.notes, found.means, found.deviations
        return VectorFile("table", found.rows.dimension, blocks, left_out, *columns)
    if kind in ARRAYS:
        form, rows = kind[1:], ARRAYS[kind](path, reading.words)
    elif kind == ".bin":
        form, rows = "word2vec binary", binary.read(path)
    else:
        header, rows = text.read(path, left_out)
        form = "word2vec text" if header else "GloVe text"
    return VectorFile(form, rows.dimension, checked(rows, left_out, reading.skip_bad_words), left_out)


def _check(reading: Reading, kind: str) -> None:
    """Raise MisuseError for a format that is not read, and for an option that the format has no use for."""
    path = reading.path
    if kind in UNREADABLE:
        hint = tr("word2vec text or binary (.bin), GloVe, .vec, .npy, .safetensors, .csv or .tsv")
        raise MisuseError(tr("a file ending in {kind} is not read", kind=kind), hint)
    if reading.standardize and kind not in DELIMITERS:
        raise MisuseError(
            tr("{path} is no table, and only a table is standardised", path=path), tr("leave out --standardize")
        )
    if reading.missing and kind not in DELIMITERS:
        raise MisuseError(
            tr("{path} is no table, and only a table's cells stand for nothing", path=path), tr("leave out --missing")
        )
    if reading.skip_bad_words and kind in DELIMITERS:
        raise MisuseError(
            tr("{path} is a table, which is UTF-8 or nothing", path=path), tr("leave out --skip-bad-words")
        )
    if reading.words is not None and kind not in ARRAYS:
        raise MisuseError(tr("{path} holds its words itself", path=path), tr("leave out --words"))
