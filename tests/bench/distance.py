"""How far each engine and number type is from torch float32: the figures of configs/models.toml.

Mean total variation (half the sum of |p - q|) of the next-token distribution over 100 contexts: each text of
tests/data/texts.json that has at least four characters, cut in its middle.

    python tests/bench/distance.py gemma-3-270m
"""

import json
import sys
from pathlib import Path

import numpy as np

from llmlab.cli.world import World

KINDS = (("llama.cpp", "native"), ("llama.cpp", "float16"), ("llama.cpp", "bfloat16"), ("torch", "bfloat16"))


def main(name: str) -> None:
    texts = json.loads((Path(__file__).parents[1] / "data" / "texts.json").read_text(encoding="utf-8"))
    long_enough = [text for text in texts if len(text) >= 4]
    contexts = [text[: len(text) // 2] for text in long_enough[:50] + long_enough[-50:]]
    reference = distributions(name, "torch", "float32", contexts)
    for engine, dtype in KINDS:
        variation = 0.5 * np.abs(distributions(name, engine, dtype, contexts) - reference).sum(axis=1)
        print(f'"{engine} {dtype}" = {variation.mean():.5f}  # largest {variation.max():.4f}')


def distributions(name: str, engine: str, dtype: str, contexts: list[str]) -> np.ndarray:
    """P(next token), [contexts, V]."""
    model = World().library(engine, dtype).causal_lm(name)
    return np.exp(np.stack([model.next([model.encode(context)])[0] for context in contexts]).astype(np.float64))


if __name__ == "__main__":
    main(sys.argv[1])
