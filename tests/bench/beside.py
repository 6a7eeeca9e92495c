"""Each engine alone and beside two busy processes: ratios of medians, which a fair share of two cores makes 2.

    python tests/bench/beside.py                     every engine
    python tests/bench/beside.py llama.cpp torch     these
    python tests/bench/beside.py --spinning          and with threads that wait as their libraries have it

The two states take turns. Whole processes are timed, warmed up once; a server is started before. What other work takes
of the machine while `alone` runs is told, in cores: with more than a few percent of one the ratio means little. The
seconds of processor are of the command itself, in both states: those that beside takes more are lost by spinning.
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
from dataclasses import dataclass
from pathlib import Path

from materials import Bench, Command, output
from run import LLMLAB, environment_in, machine

from llmlab.threads import OPENBLAS, OPENMP

GOAL, PAIRS, TEXTS, BUSY = 2.2, 100, 5000, 2
# What their libraries do by themselves: libgomp's own number, LLVM's, OpenBLAS's.
SPINNING = {"GOMP_SPINCOUNT": "300000", "KMP_BLOCKTIME": "200", "OPENBLAS_THREAD_TIMEOUT": "26"}
assert SPINNING.keys() == OPENMP.keys() | OPENBLAS.keys()


def commands(bench: Bench) -> dict[str, Command]:
    """A command of each engine, over the same pairs or texts."""
    lines = Path(bench.pairs).read_text(encoding="utf-8").splitlines()[: 2 * PAIRS]
    pairs = bench.texts("pairs.tsv", lambda: ["good\tbad", *map("\t".join, zip(lines[::2], lines[1::2], strict=True))])
    plain = [word for word in Path(bench.words).read_text(encoding="utf-8").splitlines() if word.isascii()]
    words = bench.texts("words.txt", lambda: plain[:TEXTS])
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


@dataclass(frozen=True)
class Took:
    """Seconds: of the clock, of the processor for the command, and for whatever else."""

    clock: float
    command: float
    others: float


def now() -> Took:
    with open("/proc/stat", encoding="ascii") as stat:
        worked = sum(map(int, stat.readline().split()[1:4])) / os.sysconf("SC_CLK_TCK")
    ended = os.times()
    command = ended.children_user + ended.children_system
    return Took(time.perf_counter(), command, worked - command)


def took(command: Command, environment: dict[str, str]) -> Took:
    before = now()
    output(command, environment)
    after = now()
    return Took(after.clock - before.clock, after.command - before.command, after.others - before.others)


def row(name: str, command: Command, environment: dict[str, str], repeats: int) -> str:
    output(command, environment)
    alone, beside = [], []
    for _ in range(repeats):
        for state, times in ((nullcontext(), alone), (busy(), beside)):
            with state:
                times.append(took(command, environment))
    one, two = (statistics.median(one.clock for one in times) for times in (alone, beside))
    spent = [statistics.median(one.command for one in times) for times in (alone, beside)]
    others = statistics.mean(one.others / one.clock for one in alone)
    met = "yes" if two / one <= GOAL else "NO"
    row = f"{name:26}{one:8.2f} s{two:8.2f} s{two / one:8.2f}  <= {GOAL:g}  {met:5}"
    return f"{row}{spent[0]:8.2f}{spent[1]:8.2f}{others:9.2f}"


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
    print(f"{'':65}{'processor, s':16}{'others,':>8}", flush=True)
    heads = f"{'engine':26}{'alone':>10}{'beside':>10}{'ratio':>8}  goal    met  "
    print(f"{heads}{'alone':>8}{'beside':>8}{'cores':>9}", flush=True)
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
