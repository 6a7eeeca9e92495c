"""Whether sample 0 of a seed is the same text whatever is drawn beside it, and how far its numbers move with a batch.

same_sample.py [SEEDS]: 8 tokens of the default model at T = 1, alone and with 5 or 20 samples, one or three T.
"""

import sys

import numpy as np

from llmlab.backends.sampling import log_softmax
from llmlab.cli.world import World
from llmlab.lab.prompt import read
from llmlab.lab.temperature.drawn import Plan
from llmlab.lab.temperature.generate import sample

TEMPERATURES = ((1.0,), (0.5, 1.0, 1.5))
SAMPLES = (1, 5, 20)
TOKENS = 8

seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 100
model = World().library().causal_lm()
prompt = read(model, "The capital of France is")


def first(seed: int, temperatures: tuple[float, ...], samples: int) -> tuple[int, ...]:
    plan = Plan(temperatures, samples, TOKENS, seed)
    drawn = sample(model, prompt, plan, plan.places)
    return next(one.ids for one in list(drawn) if (one.temperature, one.sample) == (1.0, 0))


def probabilities(ids: tuple[int, ...], rows: int) -> np.ndarray:
    """Of the token after each of `ids`, read by so many rows side by side, [len(ids), V]."""
    decoder = model.decoder(prompt.tokens, rows, len(ids))
    steps = [decoder.step(range(rows), [token] * rows)[0].copy() for token in ids]
    return np.exp([log_softmax(logits).astype(np.float64) for logits in steps])


ways = [(temperatures, samples) for temperatures in TEMPERATURES for samples in SAMPLES]
found: list[list[tuple[int, ...]]] = []
for temperatures, samples in ways:
    found.append([first(seed, temperatures, samples) for seed in range(seeds)])
    same = sum(one == other for one, other in zip(found[-1], found[0], strict=True))
    print(f"{samples} samples at {len(temperatures)} temperatures: {same} of {seeds} as alone", flush=True)
print(f"all {len(ways)} ways: {sum(len(set(texts)) == 1 for texts in zip(*found, strict=True))} of {seeds}", flush=True)
alone = found[0]
for rows in (5, 20, 60):
    apart = [np.abs(probabilities(ids, rows) - probabilities(ids, 1)).sum(axis=1) / 2 for ids in alone[:10]]
    print(f"{rows} rows: total variation to one row {np.mean(apart):.1e} on average, {np.max(apart):.1e} at most")
