"""A space on disk: words.txt (one a line, in vocabulary order), vectors.faiss, and unit.faiss for cosine.

Both indexes are exact (flat) and open memory-mapped. Where the vectors already have length 1, one file serves.
"""

import mmap
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from llmlab.backends.base import Floats, Ints
from llmlab.errors import DamagedError

WORDS, VECTORS, UNIT = "words.txt", "vectors.faiss", "unit.faiss"
EDGE = 1e-4  # more than float32 can misplace a score, relative to the scores' scale
FAISS_METRIC = {
    "l2": "METRIC_L2",
    "l1": "METRIC_L1",
    "dot": "METRIC_INNER_PRODUCT",
    "cosine": "METRIC_INNER_PRODUCT",
}


class Words:
    """A vocabulary as one memory-mapped text: nothing is parsed to find a word."""

    def __init__(self, path: Path) -> None:
        with path.open("rb") as file:
            self._text = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)

    def __len__(self) -> int:
        return len(self._ends)

    def __getitem__(self, row: int) -> str:
        start = int(self._ends[row - 1]) + 1 if row else 0
        return self._text[start : int(self._ends[row])].decode()

    def find(self, word: str) -> int | None:
        """The row of a word, None when it is not there."""
        line = b"\n" + word.encode() + b"\n"
        if "\n" in word or not word:
            return None
        if self._text[: len(line) - 1] == line[1:]:
            return 0
        place = self._text.find(line)
        return None if place < 0 else int(np.searchsorted(self._ends, place)) + 1

    def first(self, count: int) -> list[str]:
        """The first words of the vocabulary."""
        last = int(self._ends[min(count, len(self)) - 1])
        return self._text[:last].decode().split("\n")

    @cached_property
    def _ends(self) -> Ints:
        """Byte offset of the newline after each word."""
        return np.flatnonzero(np.frombuffer(self._text, np.uint8) == ord("\n"))


class SpaceFiles:
    """An opened space."""

    def __init__(self, folder: Path, facts: dict[str, Any]) -> None:
        self.facts = facts
        self.words = Words(folder / WORDS)
        self._folder = folder

    @property
    def dimension(self) -> int:
        return int(self._vectors.d)

    def vector(self, row: int) -> Floats:
        return np.asarray(self._vectors.reconstruct(row), np.float32)

    def rows(self, rows: Ints) -> Floats:
        """Vectors of several words, [len(rows), D]."""
        return np.asarray(self._vectors.reconstruct_batch(rows), np.float32)

    def search(self, query: Floats, count: int, metric: str) -> tuple[NDArray[np.float64], Ints]:
        """The `count` nearest rows by FAISS's own float32 score, which for l2 is the squared distance."""
        index = self._unit if metric == "cosine" else self._vectors
        import faiss

        index.metric_type = getattr(faiss, FAISS_METRIC[metric])  # a flat index scans: any metric will do
        if metric == "cosine":
            query = query / np.linalg.norm(query)
        scores, rows = index.search(query[None].astype(np.float32), min(count, len(self.words)))
        return scores[0].astype(np.float64), rows[0]

    def within(self, query: Floats, radius: float, metric: str) -> Ints:
        """Rows that may lie within a distance, or above a similarity: all that do, and perhaps some on its edge."""
        import faiss

        index = self._unit if metric == "cosine" else self._vectors
        if metric == "cosine":
            query = query / np.linalg.norm(query)
        slack = EDGE * max(abs(radius), float(query.astype(np.float64) @ query), 1.0)
        # FAISS has a range search for l2 and dot alone. What lies within an l1 distance lies within the same l2.
        similar = metric in ("cosine", "dot")
        index.metric_type = faiss.METRIC_INNER_PRODUCT if similar else faiss.METRIC_L2
        bound = radius - slack if similar else (max(radius, 0.0) ** 2 + slack)
        _, _, rows = index.range_search(query[None].astype(np.float32), float(bound))
        return np.sort(rows.astype(np.int64))

    @cached_property
    def _vectors(self) -> Any:
        return _open(self._folder / VECTORS)

    @cached_property
    def _unit(self) -> Any:
        unit = self._folder / UNIT
        return _open(unit) if unit.exists() else self._vectors


def write(folder: Path, words: Sequence[str], vectors: Floats) -> None:
    """Write a space: the words in vocabulary order and a row for each, [N, D] float32."""
    if len(words) != len(vectors) or not len(words):
        raise DamagedError(f"{len(words)} words and {len(vectors)} vectors make no space")
    if any("\n" in word for word in words):
        raise DamagedError("a word holds a line end, which words.txt cannot")
    if not np.isfinite(vectors).all():
        raise DamagedError("the vectors hold values that are not finite numbers")
    (folder / WORDS).write_text("\n".join(words) + "\n", encoding="utf-8")
    _write(folder / VECTORS, vectors)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    if np.abs(lengths - 1).max() > 1e-5:
        _write(folder / UNIT, vectors / np.maximum(lengths, np.float32(1e-30)))


def _write(path: Path, vectors: Floats) -> None:
    import faiss

    index = faiss.IndexFlat(vectors.shape[1], faiss.METRIC_L2)
    index.add(np.ascontiguousarray(vectors, np.float32))
    faiss.write_index(index, str(path))


def _open(path: Path) -> Any:
    import faiss  # here, so that embed without a space does not pay for it

    try:
        return faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC)
    except RuntimeError:
        raise DamagedError(f"FAISS cannot read {path}", "run `llmlab models prepare` to make it anew") from None
