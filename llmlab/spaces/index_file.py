"""A flat FAISS index written block by block in constant memory: byte for byte what faiss.write_index writes.

float32 is an IndexFlat, float16 an IndexScalarQuantizer. Both open memory-mapped.
"""

from pathlib import Path
from typing import Any

import faiss
import numpy as np

from llmlab import memory
from llmlab.arrays import Floats
from llmlab.errors import DamagedError
from llmlab.language import tr

ROWS_AT = 8  # where the header of an index holds the number of its rows; its last eight bytes count what follows
NUMBERS: dict[str, np.dtype[Any]] = {"float32": np.dtype("<f4"), "float16": np.dtype("<f2")}


class IndexFile:
    """An index that grows. `rows` of a file that is there already are kept, what follows them is cut off."""

    def __init__(self, path: Path, dimension: int, precision: str = "float32", rows: int = 0) -> None:
        self._number, self._dimension, self.rows = NUMBERS[precision], dimension, rows
        self._header = header(dimension, precision)
        self._file = path.open("r+b" if rows else "w+b")
        self._file.write(self._header)
        self._file.seek(len(self._header) + rows * dimension * self._number.itemsize)
        self._file.truncate()

    def __enter__(self) -> "IndexFile":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def add(self, vectors: Floats) -> None:
        """Append rows [n, D]."""
        self._file.write(np.ascontiguousarray(vectors, self._number).data)
        self.rows += len(vectors)

    def flush(self) -> None:
        """Write the rows so far into the file, and their number into its header."""
        numbers = self.rows * self._dimension
        counted = numbers if self._number.itemsize == 4 else 2 * numbers  # of an IndexFlat floats, of the other bytes
        for place, value in ((ROWS_AT, self.rows), (len(self._header) - 8, counted)):
            self._file.seek(place)
            self._file.write(value.to_bytes(8, "little"))
        self._file.seek(0, 2)
        self._file.flush()

    def close(self) -> None:
        if not self._file.closed:
            self.flush()
            self._file.close()


def header(dimension: int, precision: str = "float32") -> bytes:
    """What stands before the rows: an index without any."""
    return bytes(faiss.serialize_index(_empty(dimension, precision)))


def open_index(path: Path) -> Any:
    """An index memory-mapped. Raises DamagedError for a file that is none."""
    memory.check(path.name, tr("give a smaller space"), mapped=path.stat().st_size if path.is_file() else 0)
    try:
        return faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC)
    except RuntimeError:
        again = tr(
            "it may be of another version of FAISS: llmlab space remove {name}, and make it again",
            name=path.parent.name,
        )
        raise DamagedError(tr("FAISS cannot read {path}", path=path), again) from None


def _empty(dimension: int, precision: str) -> Any:
    if precision == "float32":
        return faiss.IndexFlat(dimension, faiss.METRIC_L2)
    return faiss.IndexScalarQuantizer(dimension, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_L2)
