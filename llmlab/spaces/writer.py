"""Writing a space: words and vectors come in blocks, so that a space of any size is made in constant memory.

What was added before an interrupt or a power loss is kept as far as it proves to be whole, and `rows` says from where
to go on. `finish` adds what search needs:
vectors at length 1 for cosine, smaller numbers where they cost no rank, an approximate index for a large space.
"""

import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from msgspec.structs import replace

from llmlab import cache
from llmlab.arrays import Doubles, Floats, Ints, lengths, unit_rows
from llmlab.errors import DamagedError, LabError
from llmlab.language import tr
from llmlab.spaces import approximate, journal
from llmlab.spaces.facts import WORDS, Precision
from llmlab.spaces.index_file import IndexFile, header, open_index
from llmlab.spaces.space import APPROXIMATE, UNIT, VECTORS
from llmlab.view import Record

BLOCK_BYTES = 16 * 2**20  # of float32 rows read at a time
SAMPLED = 500  # words whose neighbours are compared
NEAREST = 10
NOTED_S = 1  # to wait for the disk after each block took 4 s of an import that takes 40 s, this takes 1 s
WORTH = 10_000  # words; below, smaller numbers save nothing that matters
LARGE = 1_000_000  # words; above, an approximate index answers


class SpaceWriter:
    """A space that grows in an unfinished folder; `damaged` where the folder held more than proved to be whole."""

    def __init__(self, folder: Path, dimension: int) -> None:
        self._folder, self._dimension = folder, dimension
        self._journal, self.damaged = journal.resume(folder, dimension, len(header(dimension)))
        self._words = (folder / WORDS).open("r+b" if self._journal.rows else "w+b")
        self._words.truncate(self._journal.bytes)
        self._words.seek(self._journal.bytes)
        self._index = IndexFile(folder / VECTORS, dimension, rows=self._journal.rows)
        self._noted = time.monotonic()

    def __enter__(self) -> "SpaceWriter":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        self._close()
        if self.rows and isinstance(error, LabError) and not isinstance(error, DamagedError):
            error.say_kept()  # as cache.make does

    @property
    def rows(self) -> int:
        """How many words there are."""
        return self._index.rows

    def add(self, words: Sequence[str], vectors: Floats) -> None:
        """Append words and their rows [n, D] float32. Ctrl-C loses none of them, a power loss those of a second."""
        if len(words) != len(vectors):
            raise DamagedError(
                tr("{words} words and {vectors} vectors make no space", words=len(words), vectors=len(vectors))
            )
        if any("\n" in word or not word for word in words):
            raise DamagedError(tr("a word is empty or holds a line end, which words.txt cannot"))
        if not np.isfinite(vectors).all():
            raise DamagedError(tr("the vectors hold values that are not finite numbers"))
        text, numbers = "".join(f"{word}\n" for word in words).encode(), np.ascontiguousarray(vectors, "<f4")
        self._words.write(text)
        self._index.add(numbers)
        added = journal.stored(words, text, numbers)
        self._journal = replace(self._journal, blocks=(*self._journal.blocks, added))
        if time.monotonic() - self._noted > NOTED_S:
            self._note()

    def _close(self) -> None:
        if not self._words.closed:
            self._note()
            self._words.close()
            self._index.close()

    def _note(self) -> None:
        """Wait for the disk, then note what is on it."""
        self._words.flush()
        self._index.flush()
        for name in (WORDS, VECTORS):
            cache.sync(self._folder / name)
        journal.save(self._folder, self._journal)
        self._noted = time.monotonic()

    def finish(self, precision: Precision = "auto") -> Record:
        """Make the space whole; `precision` is float32, float16, or auto: float16 where it costs no rank.

        Returns facts: how rows are stored, which index answers, what was measured to decide it, and how a word is
        looked up: as it is written (keep), or in lower case too where no word has capitals (lower).
        """
        self._close()
        if not self.rows:
            raise DamagedError(tr("no words make no space"))
        vectors, unit = self._folder / VECTORS, self._folder / UNIT
        longest, all_unit = _longest(vectors)
        indexes = [vectors] if all_unit else [vectors, unit]
        if not all_unit:
            _write_unit(vectors, unit)
        same = _same_in_float16(indexes[-1])
        chosen = precision
        if precision == "auto":
            chosen = "float16" if same == 1 and self.rows >= WORTH else "float32"
        case = "keep" if any(block.capitals for block in self._journal.blocks) else "lower"
        facts: Record = {"words": self.rows, "dimension": self._dimension, "case": case}
        facts |= {"stored": chosen, "same_ten_in_float16": same, "longest": longest}
        if self.rows > LARGE:
            facts |= approximate.build(indexes[-1], self._folder / APPROXIMATE)
        narrow = [_narrow(path) for path in indexes] if chosen == "float16" else []
        (self._folder / journal.JOURNAL).unlink()  # from here on the rows are no longer what `add` goes on from
        for path, other in zip(indexes, narrow, strict=False):
            os.replace(other, path)
        return facts


def write(folder: Path, words: Sequence[str], vectors: Floats, precision: Precision = "auto") -> Record:
    """Write a whole space at once: the words in vocabulary order and a row for each, [N, D] float32."""
    with SpaceWriter(folder, vectors.shape[1]) as writer:
        writer.add(words, vectors)
        return writer.finish(precision)


def blocks(index: Any) -> Iterator[Floats]:
    """The rows of an index, block by block."""
    size = max(BLOCK_BYTES // (4 * index.d), 1)
    for start in range(0, index.ntotal, size):
        yield np.asarray(index.reconstruct_n(start, min(size, index.ntotal - start)), np.float32)


def _longest(vectors: Path) -> tuple[float, bool]:
    """The length of the longest row, and whether all have length 1."""
    extremes = [(own.min(), own.max()) for own in map(lengths, blocks(open_index(vectors)))]
    shortest, longest = min(low for low, _ in extremes), max(high for _, high in extremes)
    return float(longest), bool(abs(shortest - 1) <= 1e-5 and abs(longest - 1) <= 1e-5)


def _write_unit(vectors: Path, unit: Path) -> None:
    """Write the rows at length 1, a zero row as it is."""
    index = open_index(vectors)
    with IndexFile(unit, index.d) as out:
        for block in blocks(index):
            out.add(unit_rows(block).astype(np.float32))


def _same_in_float16(unit: Path) -> float:
    """Share of sampled words whose ten nearest are the same ones in the same order when rows are float16."""
    index = open_index(unit)
    rows = np.unique(np.linspace(0, index.ntotal - 1, SAMPLED).astype(np.int64))
    queries = np.asarray(index.reconstruct_batch(rows), np.float32)
    candidates = _nearest(index, queries)
    same = 0
    for query, near in zip(queries, candidates, strict=True):
        exact = np.asarray(index.reconstruct_batch(near), np.float64)
        narrow = exact.astype(np.float16).astype(np.float64)
        with_narrow = query.astype(np.float16).astype(np.float64)
        orders = _best(exact @ query), _best(narrow @ with_narrow)
        same += bool(np.array_equal(orders[0], orders[1])) and bool(np.isfinite(narrow).all())
    return same / len(rows)


def _best(scores: Doubles) -> Ints:
    return np.argsort(-np.round(scores, 12), kind="stable")[:NEAREST]


def _nearest(index: Any, queries: Floats) -> Any:
    """Rows of the nearest by dot product, some more than are compared, in vocabulary order."""
    import faiss

    index.metric_type = faiss.METRIC_INNER_PRODUCT
    _, rows = index.search(queries, min(3 * NEAREST, index.ntotal))
    return np.sort(rows, axis=1)


def _narrow(path: Path) -> Path:
    """The same index with float16 rows, beside it. Raises DamagedError for numbers that are too large."""
    index = open_index(path)
    narrow = path.with_suffix(".narrow")
    with IndexFile(narrow, index.d, "float16") as out:
        for block in blocks(index):
            if np.abs(block).max() > np.finfo(np.float16).max:
                raise DamagedError(tr("the vectors hold numbers too large for float16"), tr("use --precision float32"))
            out.add(block)
    return narrow
