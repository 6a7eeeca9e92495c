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
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import faiss
import numpy as np
from materials import Bench, Command, output

HERE = Path(__file__).parent
LLMLAB = str(Path(sysconfig.get_path("scripts")) / "llmlab")
TEXT, WORD = "He likes movie.", "love"
DRAW = ("--samples", "20", "--max-tokens", "20", "--temperature", "1")
SWEEP = "0.2,0.7,1,1.5,2"
SLOW = 3  # repeats of a rival that takes seconds
LONG = 1  # and of one that takes minutes: what it said of itself in the warm-up is its time

Clock = Callable[[Command, dict[str, str]], float]
Check = Callable[[str, str], str]  # from what ours and the rival print to a remark; leaves when they disagree


def environment_in(scratch: str) -> dict[str, str]:
    """Bytecode is compiled in a warm-up and kept for the run; none waits for a network that may not be there."""
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": f"{scratch}/bytecode", "HF_HUB_OFFLINE": "1"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    return environment


def whole(command: Command, environment: dict[str, str]) -> float:
    """Seconds of the whole process."""
    start = time.perf_counter()
    output(command, environment)
    return time.perf_counter() - start


def told(command: Command, environment: dict[str, str]) -> float:
    """The seconds that the command prints in its last line."""
    return seconds_told(output(command, environment))


def seconds_told(text: str) -> float:
    return float(text.splitlines()[-1])


def sums(ours: str, rival: str, within: float) -> str:
    """Compare the sums that both print, in nats a token, and their peak memory."""
    tables = [np.array([line.split() for line in text.splitlines()[:-2]], np.float64) for text in (ours, rival)]
    (our_sums, our_tokens), (sums, tokens) = (table.T for table in tables)
    if not np.array_equal(our_tokens, tokens):
        sys.exit("the two do not score the same tokens")
    apart = float(np.abs((our_sums - sums) / tokens).max())
    if not apart <= within:
        sys.exit(f"the sums differ by {apart:.2g} nats a token, more than {within:g}")
    memory, rival_memory = (int(text.splitlines()[-2]) for text in (ours, rival))
    lower = "lower" if memory < rival_memory else "NOT LOWER"
    return f"sums within {apart:.2g} nats a token; peak memory {memory} and {rival_memory} MiB: {lower}"


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
    needs: str = ""  # a module of the rival's that may not be installed
    check: Check | None = None


def neighbors(_: Bench) -> Command:
    return [LLMLAB, "neighbors", WORD]


def prob(_: Bench) -> Command:
    return [LLMLAB, "prob", TEXT]


# Both print the seconds of scoring alone. The rival runs in float32, its default for this folder.
minicons = partial(Pair, repeats=LONG, clock=told, needs="minicons")
SAME_TEN = 0.97  # share of words with the same ten nearest


def vectors(ours: str, rival: str) -> str:
    """Compare the vectors that both wrote: cosines, and which words have the same ten nearest."""
    one, other = (np.load(text.split()[0]) for text in (ours, rival))
    cosines = (one * other).sum(axis=1) / np.linalg.norm(one, axis=1) / np.linalg.norm(other, axis=1)
    rows = np.random.default_rng(0).choice(len(one), 2000, replace=False)
    nearest = []
    for table in (one, other):
        flat = faiss.IndexFlatIP(table.shape[1])
        flat.add(table)
        nearest.append(np.sort(flat.search(table[rows], 11)[1], axis=1))  # the word itself is one of the eleven
    same = float((nearest[0] == nearest[1]).all(axis=1).mean())
    remark = f"cosine at least {cosines.min():.6f}; {same:.1%} of words have the same ten nearest; {rival.split()[1:3]}"
    if cosines.min() < 0.999 or same < SAME_TEN:
        sys.exit(f"the vectors differ: {remark}")
    return remark


NEAR = partial(sums, within=1e-3)
ROUNDED = partial(sums, within=1)  # another number type: the same tokens, not the same digits


def same_tokens(ours: str, rival: str) -> str:
    """Leave unless both have cut the text into the same tokens, which each prints as a count and a checksum."""
    one, other = (text.partition("\n")[0] for text in (ours, rival))
    if one != other:
        sys.exit(f"the tokens differ: {one} and {other}")
    return f"the same {one.partition(' ')[0]} tokens"


BENCHES = (
    Pair("neighbors-st", neighbors, lambda b: script("st_faiss.py", b.encoder, *b.index, WORD), 20, repeats=SLOW),
    Pair(
        "neighbors-imports",
        neighbors,
        lambda _: [sys.executable, "-c", "import faiss, typer, rich.table"],
        1.3,
        at_most=True,
    ),
    Pair("prob-transformers", prob, lambda b: script("transformers_prob.py", b.folder, TEXT), 5, repeats=SLOW),
    Pair("prob-llama", prob, lambda b: script("llama_prob.py", b.gguf, TEXT), 1.4, at_most=True, needs="llama_cpp"),
    Pair(
        "embed", lambda _: [LLMLAB, "embed", WORD], lambda b: script("st_embed.py", b.encoder, WORD), 15, repeats=SLOW
    ),
    Pair(
        "generate",
        lambda b: [LLMLAB, "generate", b.prompt, *DRAW],
        lambda b: script("transformers_generate.py", b.folder, b.prompt, "1", "20", "batch"),
        3,
        repeats=SLOW,
    ),
    Pair(  # without start and loading, as all below; of a million bytes
        "tokens",
        lambda b: script("llmlab_tokens.py", b.megabyte),
        lambda b: script("tokenizers_text.py", f"{b.folder}/tokenizer.json", b.megabyte),
        0.5,
        clock=told,
        check=same_tokens,
    ),
    Pair(
        "generate-batch",
        lambda b: script("llmlab_generate.py", b.config.model, b.prompt, SWEEP, "20"),
        lambda b: script("transformers_generate.py", b.folder, b.prompt, SWEEP, "20", "batch"),
        3,
        repeats=LONG,
        clock=told,
    ),
    Pair(
        "generate-loop",
        lambda b: script("llmlab_generate.py", b.config.model, b.prompt, SWEEP, "20"),
        lambda b: script("transformers_generate.py", b.folder, b.prompt, SWEEP, "20", "loop"),
        10,
        repeats=LONG,
        clock=told,
    ),
    Pair(
        "words",
        lambda b: script("llmlab_words.py", b.words, str(b.scratch / "ours.npy")),
        lambda b: script("st_words.py", b.encoder, b.words, str(b.scratch / "rival.npy")),
        2,
        repeats=SLOW,
        clock=told,
        check=vectors,
    ),
    Pair(
        "train-vectors",
        lambda b: script("llmlab_vectors.py", b.english),
        lambda b: script("gensim_vectors.py", b.english, str(b.scratch / "rival.vec")),
        1.2,
        at_most=True,
        repeats=SLOW,
        clock=told,
        needs="gensim",
    ),
    minicons(
        "minicons-sentences",
        lambda b: script("llmlab_prob.py", b.folder, b.unrelated),
        lambda b: script("minicons_prob.py", b.folder, b.unrelated),
        1.4,
        check=NEAR,
    ),
    minicons(
        "minicons-sentences-best",
        lambda b: script("llmlab_prob.py", b.folder, b.unrelated, b.fastest),
        lambda b: script("minicons_prob.py", b.folder, b.unrelated),
        3,
        check=ROUNDED,
    ),
    minicons(
        "minicons-pairs",
        lambda b: script("llmlab_prob.py", b.folder, b.pairs),
        lambda b: script("minicons_prob.py", b.folder, b.pairs),
        2.5,
        check=NEAR,
    ),
)


def measure(pair: Pair, bench: Bench, repeats: int, environment: dict[str, str]) -> str:
    """One row of the table, and what the check remarks."""
    commands = pair.ours(bench), pair.rival(bench)
    said = [bench.said(command, environment) for command in commands]
    remark = f"\n{'':24}{pair.check(*said)}" if pair.check else ""
    if pair.clock is told and repeats == LONG:
        rounds = [[seconds_told(text) for text in said]]
    else:
        rounds = [[pair.clock(command, environment) for command in commands] for _ in range(repeats)]
    ours, rival = (statistics.median(column) for column in zip(*rounds, strict=True))
    ratio = ours / rival if pair.at_most else rival / ours
    met = ratio <= pair.goal if pair.at_most else ratio >= pair.goal
    what, sign = ("ours / rival", "<=") if pair.at_most else ("rival / ours", ">=")
    goal = f"{sign} {pair.goal:g}"
    row = f"{pair.name:24}{ours:8.2f} s{rival:8.2f} s  {what}{ratio:8.2f}  {goal:7}{'yes' if met else 'NO':5}{repeats}"
    return row + remark


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
    print(f"{'bench':24}{'ours':>10}{'rival':>10}  {'ratio of medians':20}  {'goal':7}{'met':5}runs", flush=True)
    with tempfile.TemporaryDirectory() as scratch:
        bench = Bench(Path(scratch))
        environment = environment_in(scratch)
        for pair in BENCHES:
            if given.name and pair.name not in given.name:
                continue
            if pair.needs and find_spec(pair.needs) is None:
                print(f"{pair.name:24}skipped: {pair.needs} is not installed")
                continue
            print(measure(pair, bench, given.repeats or pair.repeats, environment), flush=True)


if __name__ == "__main__":
    main()
