"""llmlab's commands beside what a competent user would write instead: ratios of medians, measured in one run.

    python tests/bench/run.py                      every bench
    python tests/bench/run.py prob-llama embed     these
    python tests/bench/run.py --repeats 15 prob-llama

Each pair is warmed up once (files in the page cache, bytecode compiled), then the two commands take turns.
What both need (a converted folder, a saved index) is made before and not timed. A new bench is one line of
BENCHES; what it needs is a method of Bench.
"""

import argparse
import os
import platform
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import faiss
import numpy as np

from llmlab import config as configuration
from llmlab.cli.world import World
from llmlab.models import prepare
from llmlab.models.engines import has_llama, workshop
from llmlab.models.sources import locate
from llmlab.models.spaces import open_space

HERE = Path(__file__).parent
LLMLAB = str(Path(sysconfig.get_path("scripts")) / "llmlab")
TEXT, WORD = "He likes movie.", "love"
DRAW = ("--samples", "20", "--max-tokens", "20", "--temperature", "1")
SLOW = 3  # repeats of a rival that takes seconds

Command = list[str]
Clock = Callable[[Command, dict[str, str]], float]


class Bench:
    """What the commands are given: models found as llmlab finds them, an index in a folder that goes away."""

    def __init__(self, scratch: Path) -> None:
        self.config, self.world, self.scratch = configuration.load(None), World(), scratch
        self.prompt = self.config.generate.question

    @cached_property
    def encoder(self) -> str:
        return str(locate(self.config, self.config.encoder).path)

    @cached_property
    def folder(self) -> str:
        """The causal model as an ordinary transformers folder."""
        return str(
            prepare.transformers_folder(workshop(self.config, self.world), locate(self.config, self.config.model))
        )

    @cached_property
    def gguf(self) -> str:
        """The file that the engine llama.cpp reads."""
        source, shop = locate(self.config, self.config.model), workshop(self.config, self.world)
        dtype = self.config.dtype
        if dtype == "auto":
            dtype = source.entry.dtype if source.entry else "native"
        return str(prepare.gguf(shop, source) if dtype == "native" else prepare.gguf_as(shop, source, dtype))

    @cached_property
    def index(self) -> Command:
        """A flat inner-product index over the default space's words, and the words."""
        space = open_space(self.config, self.world)
        count = len(space.words)
        index, words = self.scratch / "index.faiss", self.scratch / "words.txt"
        flat = faiss.IndexFlatIP(space.dimension)
        flat.add(space.rows(np.arange(count)))
        faiss.write_index(flat, str(index))
        words.write_text("\n".join(space.words.first(count)) + "\n", encoding="utf-8")
        return [str(index), str(words)]


def whole(command: Command, environment: dict[str, str]) -> float:
    """Seconds of the whole process."""
    start = time.perf_counter()
    output(command, environment)
    return time.perf_counter() - start


def told(command: Command, environment: dict[str, str]) -> float:
    """The seconds that the command prints in its last line."""
    return float(output(command, environment).splitlines()[-1])


def output(command: Command, environment: dict[str, str]) -> str:
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)} failed ({done.returncode}):\n{done.stderr}")
    return done.stdout


def script(name: str, *arguments: str) -> Command:
    return [sys.executable, str(HERE / name), *arguments]


@dataclass(frozen=True)
class Pair:
    """Two commands and the goal: so many times faster than the rival, or at most so many times its time."""

    name: str
    ours: Callable[[Bench], Command]
    rival: Callable[[Bench], Command]
    goal: float
    at_most: bool = False  # ratio = ours / rival, to be <= goal; else rival / ours, to be >= goal
    repeats: int = 7
    clock: Clock = whole
    llama: bool = False  # the rival is llama-cpp-python, which may not be installed


def neighbors(_: Bench) -> Command:
    return [LLMLAB, "neighbors", WORD]


def prob(_: Bench) -> Command:
    return [LLMLAB, "prob", TEXT]


BENCHES = (
    Pair("neighbors-st", neighbors, lambda b: script("st_faiss.py", b.encoder, *b.index, WORD), 20, repeats=SLOW),
    Pair(
        "neighbors-imports",
        neighbors,
        lambda _: [sys.executable, "-c", "import faiss, typer, rich.table"],
        1.5,
        at_most=True,
    ),
    Pair("prob-transformers", prob, lambda b: script("transformers_prob.py", b.folder, TEXT), 5, repeats=SLOW),
    Pair("prob-llama", prob, lambda b: script("llama_prob.py", b.gguf, TEXT), 1.4, at_most=True, llama=True),
    Pair(
        "embed", lambda _: [LLMLAB, "embed", WORD], lambda b: script("st_embed.py", b.encoder, WORD), 15, repeats=SLOW
    ),
    Pair(
        "generate",
        lambda b: [LLMLAB, "generate", b.prompt, *DRAW],
        lambda b: script("transformers_generate.py", b.folder, b.prompt),
        3,
        repeats=SLOW,
    ),
    Pair(
        "generate-only",  # without start and loading
        lambda b: script("llmlab_generate.py", b.config.model, b.prompt),
        lambda b: script("transformers_generate.py", b.folder, b.prompt),
        3,
        repeats=SLOW,
        clock=told,
    ),
)


def measure(pair: Pair, bench: Bench, repeats: int, environment: dict[str, str]) -> str:
    """One row of the table."""
    commands = pair.ours(bench), pair.rival(bench)
    for command in commands:
        output(command, environment)
    rounds = [[pair.clock(command, environment) for command in commands] for _ in range(repeats)]
    ours, rival = (statistics.median(column) for column in zip(*rounds, strict=True))
    ratio = ours / rival if pair.at_most else rival / ours
    met = ratio <= pair.goal if pair.at_most else ratio >= pair.goal
    what, sign = ("ours / rival", "<=") if pair.at_most else ("rival / ours", ">=")
    goal = f"{sign} {pair.goal:g}"
    return f"{pair.name:18}{ours:8.2f} s{rival:8.2f} s  {what}{ratio:8.2f}  {goal:7}{'yes' if met else 'NO':5}{repeats}"


def machine() -> str:
    models = Path("/proc/cpuinfo")
    lines = models.read_text(encoding="utf-8").splitlines() if models.exists() else []
    name = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())
    load = os.getloadavg()[0]
    return f"{len(os.sched_getaffinity(0))} cores, {name}, Python {platform.python_version()}, load before {load:.1f}"


def main() -> None:
    names = [pair.name for pair in BENCHES]
    parser = argparse.ArgumentParser(description="Ratios of medians against other ways to do the same.")
    parser.add_argument("name", nargs="*", help=f"of: {', '.join(names)}; none: all")
    parser.add_argument("--repeats", type=int, help=f"runs of each command (default 7, slow ones {SLOW})")
    given = parser.parse_args()
    if unknown := set(given.name) - set(names):
        parser.error(f"no bench is called {', '.join(sorted(unknown))}")
    print(machine(), flush=True)
    print(f"{'bench':18}{'ours':>10}{'rival':>10}  {'ratio of medians':20}  {'goal':7}{'met':5}runs", flush=True)
    with tempfile.TemporaryDirectory() as scratch:
        bench = Bench(Path(scratch))
        # Bytecode is compiled in the warm-up and kept for the run; no rival waits for a network that may not be there.
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": f"{scratch}/bytecode", "HF_HUB_OFFLINE": "1"}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        for pair in BENCHES:
            if given.name and pair.name not in given.name:
                continue
            if pair.llama and not has_llama():
                print(f"{pair.name:18}skipped: llama-cpp-python is not installed")
                continue
            print(measure(pair, bench, given.repeats or pair.repeats, environment), flush=True)


if __name__ == "__main__":
    main()
