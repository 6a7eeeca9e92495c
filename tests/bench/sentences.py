"""The texts of the benches that score many sentences, the same every time."""

import json
from functools import cache
from pathlib import Path

import numpy as np
from wordfreq import top_n_list

ROOT = Path(__file__).parents[2]
COUNT = 500
MOST_WORDS = 24


def unrelated() -> list[str]:
    """500 sentences: the plain ones of tests/data/texts.json, then words drawn as often as English has them."""
    texts = json.loads((ROOT / "tests" / "data" / "texts.json").read_text(encoding="utf-8"))
    plain = [text for text in texts if text.isascii() and text.isprintable() and "<" not in text and len(text) > 20]
    words = top_n_list("en", 5000)
    weights = 1 / np.arange(1, len(words) + 1)  # Zipf (1935)
    generator = np.random.default_rng(0)
    made = []
    for count in generator.integers(4, MOST_WORDS, COUNT, endpoint=True):
        drawn = generator.choice(len(words), count, p=weights / weights.sum())
        made.append(" ".join(words[i] for i in drawn).capitalize() + ".")
    return [*plain, *made][:COUNT]


def megabyte() -> list[str]:
    """A million bytes of sentences, English and Chinese by turns, of words drawn as often as people write them."""
    generator = np.random.default_rng(0)
    made: list[str] = []
    size = 0
    while size < 1_000_000:
        language = ("en", "zh")[len(made) % 2]
        words = _words(language)
        weights = 1 / np.arange(1, len(words) + 1)
        drawn = generator.choice(len(words), generator.integers(4, MOST_WORDS), p=weights / weights.sum())
        sentence = (" " if language == "en" else "").join(words[i] for i in drawn)
        made.append(f"{sentence.capitalize()}{'.' if language == 'en' else '。'}")
        size += len(made[-1].encode()) + 1
    return made


@cache
def _words(language: str) -> list[str]:
    return list(top_n_list(language, 20_000))


def pairs() -> list[str]:
    """Both sentences of the first 500 minimal pairs of the exercises."""
    lines = (ROOT / "configs" / "exercises" / "pairs.jsonl").read_text(encoding="utf-8").splitlines()[:COUNT]
    return [pair[side] for pair in map(json.loads, lines) for side in ("sentence_good", "sentence_bad")]
