"""Each engine alone and beside two busy processes: ratios of medians, which a fair share of two cores makes 2.

    python tests/bench/beside.py                     every engine
    python tests/bench/beside.py llama.cpp torch     these
    python tests/bench/beside.py --spinning          and with threads that wait as their libraries have it

The two states take turns. Whole processes are timed, warmed up once; a server is started before. What other work takes
of the machine while `alone` runs is told: with more than a few percent the ratio means nothing.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from materials import Bench, Command, output
from run import LLMLAB, environment_in, machine

from llmlab.threads import OPENBLAS, OPENMP

GOAL, PAIRS, TEXTS, BUSY = 2.2, 100, 2000, 2
# What their libraries do by themselves: libgomp's own number, LLVM's, OpenBLAS's.
SPINNING = {"GOMP_SPINCOUNT": "300000", "KMP_BLOCKTIME": "200", "OPENBLAS_THREAD_TIMEOUT": "26"}
assert SPINNING.keys() == OPENMP.keys() | OPENBLAS.keys()


def commands(bench: Bench) -> dict[str, Command]:
    """A command of each engine, over the same pairs or texts."""
    lines = Path(bench.pairs).read_text(encoding="utf-8").splitlines()[: 2 * PAIRS]
    pairs = bench.texts("pairs.tsv", lambda: ["good\tbad", *map("\t".join, zip(lines[::2], lines[1::2], strict=True))])
    words = bench.texts("words.txt", lambda: Path(bench.words).read_text(encoding="utf-8").splitlines()[:TEXTS])
    scored = [LLMLAB, "pairs", pairs, "--format", "json"]
    piped = ["sh", "-c", 'exec "$@" < "$0"', words, LLMLAB]
    embedded = [*piped, "embed", "-", "--format", "jsonl"]
    return {
        "llama.cpp": [*scored, "--engine", "llama.cpp"],
        "server": [*scored, "--engine", "server"],
        "torch": [*scored, "--engine", "torch"],
        "ctranslate2": [*embedded, "--engine", "ctranslate2"],
        "encoder of torch": [*embedded, "--engine", "torch"],
        "numpy": [*embedded, "-m", "use-multilingual"],
        "neighbors": [*piped, "neighbors", "-", "--format", "jsonl"],
    }


@contextmanager
def busy() -> Iterator[None]:
    """Two processes that compute without end, beside this one."""
    others = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(BUSY)]
    try:
        yield
    finally:
        for other in others:
            other.kill()
            other.wait()


def ticks() -> tuple[int, int]:
    """The ticks in which the machine has worked, and those in which processes that have ended here have."""
    with open("/proc/stat", encoding="ascii") as stat:
        user, nice, system = map(int, stat.readline().split()[1:4])
    spent = os.times()
    own = spent.user + spent.system + spent.children_user + spent.children_system
    return user + nice + system, int(own * os.sysconf("SC_CLK_TCK"))


def seconds(command: Command, environment: dict[str, str]) -> tuple[float, float]:
    """Of a whole process, and how many cores others used meanwhile."""
    start, (worked, own) = time.perf_counter(), ticks()
    output(command, environment)
    took, (worked_then, own_then) = time.perf_counter() - start, ticks()
    return took, (worked_then - worked - (own_then - own)) / os.sysconf("SC_CLK_TCK") / took


def row(name: str, command: Command, environment: dict[str, str], repeats: int) -> str:
    output(command, environment)
    alone, beside, others = [], [], []
    for _ in range(repeats):
        for state, times in ((nullcontext(), alone), (busy(), beside)):
            with state:
                took, cores = seconds(command, environment)
            times.append(took)
            if times is alone:
                others.append(cores)
    one, two = statistics.median(alone), statistics.median(beside)
    met = "yes" if two / one <= GOAL else "NO"
    return f"{name:20}{one:8.2f} s{two:8.2f} s{two / one:8.2f}  <= {GOAL:g}  {met:5}{statistics.mean(others):8.2f}"


@contextmanager
def served(environment: dict[str, str]) -> Iterator[None]:
    """A server of the default model, which the engine `server` asks."""
    output([LLMLAB, "serve", "--detach"], environment)
    try:
        yield
    finally:
        output([LLMLAB, "serve", "--stop"], environment)


def main() -> None:
    parser = argparse.ArgumentParser(description="Engines alone and beside two busy processes.")
    parser.add_argument("name", nargs="*", help="of the engines; none: all")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--spinning", action="store_true", help="as the libraries have it, too")
    given = parser.parse_args()
    print(machine(), flush=True)
    print(f"{'engine':20}{'alone':>10}{'beside':>10}{'ratio':>8}  goal    met   others", flush=True)
    with tempfile.TemporaryDirectory() as scratch:
        environment = environment_in(scratch)
        for name, command in commands(Bench(Path(scratch))).items():
            if given.name and name not in given.name:
                continue
            for spinning in (False, True) if given.spinning else (False,):
                settings = environment | (SPINNING if spinning else {})
                with served(settings) if name == "server" else nullcontext():
                    print(row(name + " spinning" * spinning, command, settings, given.repeats), flush=True)


if __name__ == "__main__":
    main()
