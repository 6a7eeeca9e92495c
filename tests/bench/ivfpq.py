"""How near a compressed index comes to the exact answer: FAISS IVF-PQ over real vectors, GloVe's and the default space's.

    python tests/bench/ivfpq.py                 both spaces, every setting
    python tests/bench/ivfpq.py glove           one

Recall@10 against the exact ten nearest by cosine, of words that are in the space, the word itself left out; bytes a
word of the file on disk; milliseconds a question, one at a time. The index is read back from disk, and mapped. llmlab
builds no such index: from `space export` on, this is what a user of millions of words would do (Jegou et al. 2011).
Random vectors would say nothing: they have no neighbourhoods that an index could use.
"""

import argparse
import os
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import faiss
import numpy as np
from numpy.typing import NDArray
from run import machine

QUERIES, K = 1000, 10
PROBES = (1, 16, 64)
SETTINGS = {  # FAISS's own words: lists, then the code of a vector
    "glove": ("IVF4096,Flat", "IVF4096,PQ25", "OPQ25,IVF4096,PQ25", "OPQ50,IVF4096,PQ50", "OPQ25_50,IVF4096,PQ25x12"),
    "minilm": ("IVF1024,Flat", "IVF1024,PQ48", "OPQ48,IVF1024,PQ48", "OPQ96,IVF1024,PQ96"),
}
Vectors = NDArray[np.float32]


@dataclass(frozen=True)
class Built:
    """An index on disk, and what it cost."""

    path: Path
    setting: str
    seconds: float


def directions(name: str) -> Vectors:
    """Every vector of a space, of length one: the inner product is the cosine then."""
    from llmlab.cli.world import World

    space = World().shelf().open(name)
    vectors = np.ascontiguousarray(space.rows(np.arange(len(space.words))), dtype=np.float32)
    faiss.normalize_L2(vectors)
    return vectors


def build(vectors: Vectors, setting: str, folder: Path) -> Built:
    start = time.perf_counter()
    index = faiss.index_factory(vectors.shape[1], setting, faiss.METRIC_INNER_PRODUCT)
    index.train(vectors)
    index.add(vectors)
    path = folder / "index.faiss"
    faiss.write_index(index, str(path))
    return Built(path, setting, time.perf_counter() - start)


def others(index: faiss.Index, vectors: Vectors, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """The K nearest of each row, without itself."""
    found = index.search(vectors[rows], K + 1)[1]
    return np.array([[one for one in near if one != row][:K] for near, row in zip(found, rows, strict=True)])


def report(built: Built, vectors: Vectors, rows: NDArray[np.int64], exact: NDArray[np.int64]) -> None:
    index = faiss.read_index(str(built.path), faiss.IO_FLAG_MMAP)
    lists = faiss.extract_index_ivf(index)
    size = os.path.getsize(built.path) / len(vectors)
    for probes in PROBES:
        lists.nprobe = probes
        others(index, vectors, rows[:10])
        start = time.perf_counter()
        found = np.concatenate([others(index, vectors, rows[i : i + 1]) for i in range(len(rows))])
        each = 1000 * (time.perf_counter() - start) / len(rows)
        recall = np.mean([len({*one} & {*other}) / K for one, other in zip(found, exact, strict=True)])
        print(f"{built.setting:28}{probes:7}{recall:11.3f}{size:14.0f}{each:13.2f}{built.seconds:10.0f}", flush=True)


def measure(name: str, folder: Path) -> None:
    vectors = directions(name)
    rows = np.random.default_rng(7).choice(len(vectors), QUERIES, replace=False)
    flat = faiss.IndexFlatIP(vectors.shape[1])
    flat.add(vectors)
    exact = others(flat, vectors, rows)
    start = time.perf_counter()
    others(flat, vectors, rows[:1])
    each = 1000 * (time.perf_counter() - start)
    print(f"{name}: {len(vectors):,} x {vectors.shape[1]}, {QUERIES} questions; exact {each:.1f} ms", flush=True)
    print(f"{'setting':28}{'nprobe':>7}{'recall@10':>11}{'bytes a word':>14}{'ms a question':>13}{'built, s':>10}")
    for setting in SETTINGS[name]:
        report(build(vectors, setting, folder), vectors, rows, exact)


def main() -> None:
    parser = argparse.ArgumentParser(description="Recall, size and time of compressed indexes of real vectors.")
    parser.add_argument("name", nargs="*", choices=[*SETTINGS, []], help="a space; none: both")
    print(machine(), flush=True)
    with tempfile.TemporaryDirectory() as scratch:
        for name in parser.parse_args().name or SETTINGS:
            measure(name, Path(scratch))


if __name__ == "__main__":
    main()
