"""How near a compressed index comes to the exact answer: FAISS IVF-PQ over the vectors of real words.

    python tests/bench/ivfpq.py                 both spaces, every setting
    python tests/bench/ivfpq.py glove           one

Recall@10 against the ten nearest by cosine, of words that are in the space, the word itself left out; once as the index
ranks them, once with its hundred nearest ranked again by their whole vectors. Bytes a word are those of the index's
file; milliseconds are of one question at a time. The index is read back from disk, and mapped. llmlab builds no such
index: this is what a user of many million words does from `space export` on (Jegou et al. 2011). Random vectors would
say nothing: they have no neighbourhoods that an index could use.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import faiss
import numpy as np
from numpy.typing import NDArray
from run import machine

QUERIES, K, AGAIN = 1000, 10, 100
SLOW = 50  # questions to the exact index that are timed
PROBES = (1, 16, 64)  # lists that a question visits
SETTINGS = {  # in FAISS's own words: a rotation, the lists, the code of a vector
    "glove": ("IVF4096,Flat", "IVF4096,PQ10", "IVF4096,PQ25", "OPQ25,IVF4096,PQ25"),
    "minilm": ("IVF1024,Flat", "IVF1024,PQ48", "OPQ48,IVF1024,PQ48", "IVF1024,PQ96"),
}
Vectors = NDArray[np.float32]
Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Space:
    """Vectors of length one, so that the inner product is the cosine; questions, and their ten nearest."""

    vectors: Vectors  # [N, D]
    asked: Rows  # [QUERIES]
    nearest: Rows  # [QUERIES, K]

    def recall(self, found: Rows) -> float:
        return float(np.mean([len({*one} & {*other}) / K for one, other in zip(found, self.nearest, strict=True)]))


def opened(name: str) -> Space:
    from llmlab.cli.world import World

    space = World().shelf().open(name)
    vectors = np.ascontiguousarray(space.rows(np.arange(len(space.words))), dtype=np.float32)
    faiss.normalize_L2(vectors)
    asked = np.random.default_rng(7).choice(len(vectors), QUERIES, replace=False)
    flat = faiss.IndexFlatIP(vectors.shape[1])
    flat.add(vectors)
    found = flat.search(vectors[asked], K + 1)[1]
    nearest = np.array([without(near, row)[:K] for near, row in zip(found, asked, strict=True)])
    faiss.omp_set_num_threads(1)
    each_ms = timed(lambda row: flat.search(vectors[[row]], K + 1)[1][0], asked[:SLOW])[1]
    print(
        f"{name}: {len(vectors):,} x {vectors.shape[1]}, {QUERIES} questions; exact {each_ms:.1f} ms a question",
        flush=True,
    )
    return Space(vectors, asked, nearest)


def timed(answer: Callable[[int], Rows], rows: Rows) -> tuple[Rows, float]:
    """The answers one by one, and the milliseconds of each: the median, for others use the machine too."""
    found, seconds = [], []
    for row in rows:
        start = time.perf_counter()
        found.append(answer(int(row)))
        seconds.append(time.perf_counter() - start)
    return np.array(found), 1000 * float(np.median(seconds))


def without(rows: Rows, row: int) -> Rows:
    return rows[rows != row]


def padded(rows: Rows) -> Rows:
    """Ten, even where the lists that were visited hold fewer."""
    return np.pad(rows[:K], (0, max(K - len(rows), 0)), constant_values=-1)


def build(vectors: Vectors, setting: str, path: Path) -> float:
    """The seconds that an index took."""
    start = time.perf_counter()
    faiss.omp_set_num_threads(os.cpu_count() or 1)
    index = faiss.index_factory(vectors.shape[1], setting, faiss.METRIC_INNER_PRODUCT)
    index.train(vectors)
    index.add(vectors)
    faiss.write_index(index, str(path))
    return time.perf_counter() - start


def measure(space: Space, setting: str, path: Path) -> None:
    seconds = build(space.vectors, setting, path)
    size = path.stat().st_size / len(space.vectors)
    index = faiss.read_index(str(path), faiss.IO_FLAG_MMAP)

    def plain(row: int) -> Rows:
        return padded(without(index.search(space.vectors[[row]], K + 1)[1][0], row))

    def again(row: int) -> Rows:
        near = without(index.search(space.vectors[[row]], AGAIN)[1][0], row)
        near = near[near >= 0]
        return padded(near[np.argsort(-(space.vectors[near] @ space.vectors[row]))])

    faiss.omp_set_num_threads(1)  # a question is too short to share
    for probes in PROBES:
        faiss.extract_index_ivf(index).nprobe = probes
        figures = [
            f"{space.recall(found):11.3f}{ms:8.2f}" for found, ms in (timed(w, space.asked) for w in (plain, again))
        ]
        print(f"{setting:22}{probes:7}{size:8.0f}{''.join(figures)}{seconds:8.0f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description="Recall, size and time of compressed indexes of real vectors.")
    parser.add_argument("name", nargs="*", help=f"of: {', '.join(SETTINGS)}; none: both")
    print(machine(), flush=True)
    with tempfile.TemporaryDirectory() as scratch:
        for name in parser.parse_args().name or SETTINGS:
            space = opened(name)
            print(f"{'setting':22}{'nprobe':>7}{'bytes':>8}{'recall':>11}{'ms':>8}{'again':>11}{'ms':>8}{'built s':>8}")
            for setting in SETTINGS[name]:
                measure(space, setting, Path(scratch) / "index.faiss")


if __name__ == "__main__":
    main()
