"""An approximate index for a large space: the words near a few of the nearest cluster centres are compared, not all.

Inverted lists (Sivic and Zisserman 2003; Jegou, Douze and Schmid 2011) over vectors at length 1. They are made in
shards with the same centres, so that memory does not grow with the space, and opened memory-mapped. How many
lists a search visits is measured: the fewest with which recall@10 against the exact index reaches TARGET.
"""

from pathlib import Path
from typing import Any

import faiss
import numpy as np

from llmlab.arrays import Floats, Ints
from llmlab.spaces.index_file import open_index

TARGET = 0.95
SAMPLED = 500  # words whose neighbours are compared
NEAREST, PROPOSED = 10, 40  # the proposals are ranked again by their float32 rows
SHARD_BYTES = 256 * 2**20
ADDED = 50_000  # rows
TRAINING_ROWS = 40  # for each list


class Approximate:
    """An opened index."""

    def __init__(self, folder: Path) -> None:
        self._shards: list[Any] = [
            faiss.read_index(str(path), faiss.IO_FLAG_MMAP) for path in sorted(folder.glob("*.faiss"))
        ]
        for shard in self._shards:  # its 32 threads that read ahead take longer than the search
            on_disk: Any = faiss.downcast_InvertedLists(shard.invlists)
            on_disk.prefetch_nthread = 0

    def search(self, queries: Floats, count: int, visited: int) -> tuple[Floats, Ints]:
        """Scores and rows of up to `count` words of the visited lists, [n, count]; -1 where there are no more."""
        parameters = faiss.SearchParametersIVF()
        parameters.nprobe = visited
        found = [shard.search(queries, count, params=parameters) for shard in self._shards]
        scores, rows = (np.hstack(parts) for parts in zip(*found, strict=True))
        order = np.argsort(-scores, axis=1, kind="stable")[:, :count]
        return np.take_along_axis(scores, order, 1), np.take_along_axis(rows, order, 1)


def build(unit: Path, folder: Path) -> dict[str, Any]:
    """Write the index over the rows of `unit` into a new folder; returns its facts, recall included."""
    exact = open_index(unit)
    exact.metric_type = faiss.METRIC_INNER_PRODUCT
    lists = int(4 * np.sqrt(exact.ntotal))
    rng = np.random.default_rng(0)
    _fill(_trained(exact, lists, rng), exact, folder)
    rows = np.sort(rng.choice(exact.ntotal, min(SAMPLED, exact.ntotal), replace=False))
    visited, recall = _visits(Approximate(folder), exact, rows, lists)
    return {"index": "ivf", "lists": lists, "visited": visited, "recall_at_10": recall, "recall_sampled": len(rows)}


def _trained(exact: Any, lists: int, rng: np.random.Generator) -> Any:
    """The cluster centres, from a sample of the rows."""
    centres = faiss.IndexFlatIP(exact.d)
    index = faiss.IndexIVFFlat(centres, exact.d, lists, faiss.METRIC_INNER_PRODUCT)
    index.cp.max_points_per_centroid = TRAINING_ROWS
    sample = np.sort(rng.choice(exact.ntotal, min(TRAINING_ROWS * lists, exact.ntotal), replace=False))
    index.train(exact.reconstruct_batch(sample))
    return index


def _fill(index: Any, exact: Any, folder: Path) -> None:
    """Write all rows, a shard at a time."""
    folder.mkdir(exist_ok=True)
    size = max(SHARD_BYTES // (4 * exact.d + 8), 1)
    for number, start in enumerate(range(0, exact.ntotal, size)):
        for first in range(start, min(start + size, exact.ntotal), ADDED):
            rows = np.arange(first, min(first + ADDED, start + size, exact.ntotal), dtype=np.int64)
            index.add_with_ids(exact.reconstruct_n(first, len(rows)), rows)
        faiss.write_index(index, str(folder / f"{number:04}.faiss"))
        index.reset()


def _visits(index: Approximate, exact: Any, rows: Ints, lists: int) -> tuple[int, float]:
    """The fewest lists that reach the recall aimed at, in powers of 2, and that recall."""
    queries = exact.reconstruct_batch(rows)
    _, wanted = exact.search(queries, NEAREST)
    visited = 1
    while True:
        _, found = index.search(queries, PROPOSED, visited)
        recall = _recall(exact, queries, found, wanted)
        if recall >= TARGET or visited >= lists:
            return visited, recall
        visited = min(2 * visited, lists)


def _recall(exact: Any, queries: Floats, proposed: Ints, wanted: Ints) -> float:
    """Share of the wanted rows that are among the ten best proposals."""
    hits = 0
    for query, some, right in zip(queries, proposed, wanted, strict=True):
        able = some[some >= 0]
        scores = exact.reconstruct_batch(able) @ query
        hits += len(np.intersect1d(able[np.argsort(-scores, kind="stable")[:NEAREST]], right))
    return hits / wanted.size
