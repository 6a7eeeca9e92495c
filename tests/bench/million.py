"""A space of 1,000,000 x 300 random vectors: import, open, answer, and the memory they take.

And an approximate index over 1,200,000 words: its recall@10 against the exact one, and how much faster it is. Random
vectors have no neighbourhoods that an index could use, so these are the GloVe vectors three times, with noise.
Everything is written to a temporary folder (about 6 GB) that goes away. Each step runs in a process of its own.
"""

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from llmlab.spaces.facts import SpaceFacts

COUNT, DIMENSION, COPIES, NOISE = 1_000_000, 300, 3, 0.3
QUERIES = 200


def import_(file: str, name: str) -> None:
    from llmlab.cli.world import World
    from llmlab.spaces.reading import Reading

    start = time.perf_counter()
    space = World().shelf().from_file(Reading.of(file), name)
    print(f"import: {time.perf_counter() - start:.1f} s, peak memory {peak()}, {measured(space.facts)}")


def measured(facts: "SpaceFacts") -> str:
    kept = ("words", "dimension", "stored", "index", "lists", "visited", "recall_at_10")
    return ", ".join(f"{key} {getattr(facts, key)}" for key in kept)


def open_(name: str) -> None:
    """Opening is timed without the import of the libraries, then one question."""
    import faiss

    from llmlab.cli.world import World
    from llmlab.lab.vectors import neighbors
    from llmlab.spaces.lookup import look_up

    assert faiss
    shelf = World().shelf()
    start = time.perf_counter()
    space = shelf.open(name)
    query = look_up(space, space.words[123_456], None)
    opened = time.perf_counter() - start
    goal = "yes" if opened < 0.05 else "NO"
    start = time.perf_counter()
    found = neighbors.nearest(space, query, 10, "cosine")
    answered = time.perf_counter() - start
    print(f"open and look a word up: {1000 * opened:.1f} ms (goal < 50 ms: {goal})")
    print(f"first answer: {1000 * answered:.0f} ms, {len(found.neighbors)} neighbours; peak memory {peak()}")


def approximate(name: str) -> None:
    """Recall over words that were not used to choose how many lists are visited, and the ratio of the times."""
    from llmlab.cli.world import World
    from llmlab.lab.vectors import neighbors
    from llmlab.spaces.lookup import Query

    space = World().shelf().open(name)
    rows = np.random.default_rng(7).choice(len(space.words), QUERIES, replace=False)
    queries = [Query("?", space.vector(int(row)), int(row)) for row in rows]
    answers, seconds = [], []
    for exact in (False, True):
        neighbors.nearest(space, queries[0], 10, "cosine", exact=exact)
        start = time.perf_counter()
        answers.append([neighbors.nearest(space, query, 10, "cosine", exact=exact) for query in queries])
        seconds.append((time.perf_counter() - start) / QUERIES)
    hits = sum(
        len({one.row for one in fast.neighbors} & {one.row for one in slow.neighbors})
        for fast, slow in zip(*answers, strict=True)
    )
    recall, ratio = hits / (10 * QUERIES), seconds[1] / seconds[0]
    met = "yes" if recall >= 0.95 and ratio >= 10 else "NO"
    print(f"approximate: {1000 * seconds[0]:.2f} ms, exact {1000 * seconds[1]:.1f} ms a question, {ratio:.0f} times")
    print(f"recall@10 {recall:.3f} over {QUERIES} words (goal >= 0.95 at 10 times the speed: {met})")


def peak() -> str:
    """Peak resident memory, most of it pages of mapped files that the system may take back; and what is not."""
    whole = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    own = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("RssAnon")) // 1024
    return f"{whole} MiB ({own} MiB without mapped files at the end)"


def write_random(folder: Path) -> Path:
    path = folder / "random.npy"
    out = np.lib.format.open_memmap(path, "w+", np.float32, (COUNT, DIMENSION))
    rng = np.random.default_rng(0)
    for start in range(0, COUNT, 50_000):
        out[start : start + 50_000] = rng.standard_normal((50_000, DIMENSION), np.float32)
    out.flush()
    path.with_suffix(".txt").write_text("\n".join(f"w{row}" for row in range(COUNT)) + "\n")
    return path


def write_copies(folder: Path) -> Path:
    from llmlab.cli.world import World

    space = World().shelf().open("glove")
    own = space.rows(np.arange(len(space.words)))
    path = folder / "copies.npy"
    out = np.lib.format.open_memmap(path, "w+", np.float32, (COPIES * len(own), own.shape[1]))
    rng = np.random.default_rng(0)
    for copy in range(COPIES):
        noise = NOISE * copy * own.std() * rng.standard_normal(own.shape, np.float32)
        out[copy * len(own) : (copy + 1) * len(own)] = own + noise
    out.flush()
    path.with_suffix(".txt").write_text("\n".join(f"w{row}" for row in range(len(out))) + "\n")
    return path


def main() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        copies = write_copies(folder)
        environment = os.environ | {"LLMLAB_CACHE": scratch}

        def step(*arguments: str) -> None:
            subprocess.run([sys.executable, __file__, *arguments], env=environment, check=True)

        print(f"{COUNT:,} x {DIMENSION} random vectors", flush=True)
        step("import", str(write_random(folder)), "random")
        step("open", "random")
        print("the GloVe vectors three times, with noise", flush=True)
        step("import", str(copies), "copies")
        step("approximate", "copies")


if __name__ == "__main__":
    STEPS = {"import": import_, "open": open_, "approximate": approximate}
    STEPS[sys.argv[1]](*sys.argv[2:]) if len(sys.argv) > 1 else main()
