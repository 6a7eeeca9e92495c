"""A space on disk: words.txt (one a line, in vocabulary order), vectors.faiss, and unit.faiss for cosine.

Both indexes are exact (flat) and open memory-mapped. Where the vectors already have length 1, one file serves.
A large space has the folder approximate too, which answers for cosine unless the exact answer is asked for.
"""

import mmap
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from llmlab.arrays import Doubles, Floats, Ints, unit_rows
from llmlab.spaces.facts import WORDS, SpaceFacts

VECTORS, UNIT, APPROXIMATE = "vectors.faiss", "unit.faiss", "approximate"
BLOCK = 50_000  # rows read or widened at a time
FARTHEST = 1e18  # a float32 holds its square
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


class Space:
    """An opened space."""

    def __init__(self, folder: Path, facts: SpaceFacts) -> None:
        self.facts = facts
        self.words = Words(folder / WORDS)
        self.folder = folder

    @property
    def dimension(self) -> int:
        return int(self._vectors.d)

    @property
    def rows_stored(self) -> int:
        """How many vectors there are: as many as words, in a space that is whole."""
        return int(self._vectors.ntotal)

    @property
    def approximate(self) -> bool:
        """Whether cosine is answered by an approximate index, where the exact answer is not asked for."""
        return self.facts.index == "ivf"

    def vector(self, row: int) -> Floats:
        return np.asarray(self._vectors.reconstruct(row), np.float32)

    def rows(self, rows: Ints) -> Floats:
        """Vectors of several words, [len(rows), D]."""
        return np.asarray(self._vectors.reconstruct_batch(rows), np.float32)

    def blocks(self) -> Iterator[tuple[list[str], Floats]]:
        """All words with their vectors [n, D], in vocabulary order, so many at a time."""
        count = len(self.words)
        for start in range(0, count, BLOCK):
            rows = np.arange(start, min(start + BLOCK, count))
            yield [self.words[int(row)] for row in rows], self.rows(rows)

    def search(self, queries: Floats, count: int, metric: str, exact: bool = True) -> tuple[Doubles, Ints]:
        """The `count` nearest rows to each query [n, D] by FAISS's own float32 score, for l2 the squared distance.

        Not `exact`, an approximate index may leave some out and fill up with row -1.
        """
        import faiss

        queries = self._queries(queries, metric)
        count = min(count, len(self.words))
        if metric == "cosine" and self.approximate and not exact:
            scores, rows = self._approximate.search(queries, count, self.facts.visited)
        else:
            index = self._unit if metric == "cosine" else self._vectors
            if metric == "l1" and not isinstance(index, faiss.IndexFlat):
                scores, rows = _scan(index, queries, count)
            else:
                index.metric_type = getattr(faiss, FAISS_METRIC[metric])  # a flat index scans: any metric will do
                scores, rows = index.search(queries, count)
        return scores.astype(np.float64), rows

    def within(self, query: Floats, radius: float, metric: str) -> Ints:
        """Rows that may lie within a distance, or above a similarity: all that do, and perhaps some on its edge."""
        import faiss

        index = self._unit if metric == "cosine" else self._vectors
        query = self._queries(query[None], metric)[0]
        # What float32 can misplace grows with the score's terms: |a| |b| of a product, the square of a distance.
        length, reach = float(np.linalg.norm(query.astype(np.float64))), min(max(radius, 0.0), FARTHEST)
        longest = 1.0 if metric == "cosine" else self.facts.longest
        slack = EDGE * max(length * longest if metric in ("cosine", "dot") else reach**2, length**2, 1.0)
        # FAISS has a range search for l2 and dot alone. What lies within an l1 distance lies within the same l2.
        similar = metric in ("cosine", "dot")
        index.metric_type = faiss.METRIC_INNER_PRODUCT if similar else faiss.METRIC_L2
        bound = np.clip(radius - slack, -FARTHEST, FARTHEST) if similar else reach**2 + slack
        _, _, rows = index.range_search(query[None].astype(np.float32), float(bound))
        return np.sort(rows.astype(np.int64))

    def _queries(self, queries: Floats, metric: str) -> Floats:
        return np.ascontiguousarray(unit_rows(queries) if metric == "cosine" else queries, np.float32)

    @cached_property
    def _vectors(self) -> Any:
        from llmlab.spaces.index_file import open_index  # here, so that embed without a space does not pay for FAISS

        return open_index(self.folder / VECTORS)

    @cached_property
    def _unit(self) -> Any:
        from llmlab.spaces.index_file import open_index

        unit = self.folder / UNIT
        return open_index(unit) if unit.exists() else self._vectors

    @cached_property
    def _approximate(self) -> Any:
        from llmlab.spaces.approximate import Approximate

        return Approximate(self.folder / APPROXIMATE)


def _scan(index: Any, queries: Floats, count: int) -> tuple[Floats, Ints]:
    """The nearest by l1 among rows that FAISS can compare by l2 and dot alone, widened block by block."""
    import faiss

    scores, rows = np.empty((len(queries), 0), np.float32), np.empty((len(queries), 0), np.int64)
    for start in range(0, index.ntotal, BLOCK):
        block = index.reconstruct_n(start, min(BLOCK, index.ntotal - start))
        found, places = faiss.knn(queries, block, min(count, len(block)), metric=faiss.METRIC_L1)
        scores, rows = np.hstack([scores, found]), np.hstack([rows, places + start])
        order = np.argsort(scores, axis=1, kind="stable")[:, :count]
        scores, rows = np.take_along_axis(scores, order, 1), np.take_along_axis(rows, order, 1)
    return scores, rows
