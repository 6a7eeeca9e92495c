"""What a text costs by character: beside the same text by token, warm in one process; and `next` as a whole process.

40 texts of 5 to 40 characters, half English and half Chinese, on the default model. By token and by character take
turns; a text comes again only after all others, and the best of three rounds counts.
"""

import json
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from run import LLMLAB, environment_in, machine, whole

from llmlab.cli.world import World
from llmlab.lab.probability.by_character import spelt
from llmlab.lab.probability.prob import ledger

TEXTS, LENGTHS, ROUNDS = 40, range(5, 41), 3
TIMES = 4  # the goal: by character at most so many times by token
COMMAND, RUNS, GOAL_S = [LLMLAB, "next", "今天天气很", "--by", "character"], 7, 1.5


def main() -> None:
    print(machine(), flush=True)
    warm()
    cold()


def warm() -> None:
    library = World().library()
    model, spellings = library.causal_lm(), library.spellings()
    asked = texts()
    ways = partial(ledger, model), partial(spelt, model, spellings)
    for way in ways:
        way(asked[0])
    rounds = [[[seconds(way, text) for way in ways] for text in asked] for _ in range(ROUNDS)]
    best = np.min(rounds, axis=0)  # [texts, (by token, by character)]
    ratios = best[:, 1] / best[:, 0]
    worst = int(ratios.argmax())
    by_token, by_character = (f"{1000 * one:.1f} ms" for one in np.median(best, axis=0))
    print(f"prob of {len(asked)} texts, {model.info.name} on {model.info.engine}; ratio: by character / by token")
    print(f"medians: by token {by_token}, by character {by_character}, ratio {np.median(ratios):.2f}")
    print(f"largest {ratios[worst]:.2f} ({asked[worst]!r}; goal <= {TIMES}: {met(ratios[worst] <= TIMES)})", flush=True)


def cold() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        environment = environment_in(scratch)
        whole(COMMAND, environment)
        times = [whole(COMMAND, environment) for _ in range(RUNS)]
    median = statistics.median(times)
    print(f"llmlab {' '.join(COMMAND[1:])}, a process each: median of {RUNS} {median:.2f} s, least {min(times):.2f} s")
    print(f"(goal < {GOAL_S} s: {met(median < GOAL_S)})")


def texts() -> list[str]:
    """As many of either half of tests/data/texts.json, evenly spread over it."""
    every = json.loads((Path(__file__).parents[1] / "data" / "texts.json").read_text(encoding="utf-8"))
    fit = [text for text in every if len(text) in LENGTHS]
    return [fit[place] for place in np.linspace(0, len(fit) - 1, TEXTS).astype(int)]


def seconds(way: Callable[[str], object], text: str) -> float:
    start = time.perf_counter()
    way(text)
    return time.perf_counter() - start


def met(goal: bool) -> str:
    return "yes" if goal else "NO"


if __name__ == "__main__":
    main()
