"""Minimal pairs by rule: `python tests/grammar_pairs.py` writes configs/exercises/grammar-pairs.{en,zh}.jsonl.

The good sentence is one that a shipped grammar makes, of a seed that no text to learn from has; the bad one is the
same with one rule broken (broken_rules.py), and the recogniser finds that no rule makes it.
"""

import itertools
import json
from pathlib import Path

from broken_rules import KINDS, sentence
from recogniser import Recogniser

from llmlab.lab.training.grammar import read

ROOT = Path(__file__).parents[1]
EXERCISES = ROOT / "configs" / "exercises"
SEED, LEARNED = 7, 110_000  # sentences of seed 1 that a model may have learned from
EACH = 25  # pairs of a kind
TEXTS = {"en": "english", "zh": "chinese"}


def grammar(language):
    name = f"{TEXTS[language]}.grammar"
    return read((ROOT / "configs" / "corpora" / name).read_text(encoding="utf-8"), name)


def learned_from(language):
    """The sentences that a model may have learned from."""
    return set(itertools.islice(grammar(language).sentences(1), LEARNED))


def made(language, learned):
    """The pairs, kind by kind."""
    rules = grammar(language)
    recogniser = Recogniser(rules)
    found = {kind: {} for kind in KINDS[language]}
    for i in itertools.count():
        if all(len(pairs) == EACH for pairs in found.values()):
            break
        one = sentence(rules, SEED, i)
        good = rules.written(one.words)
        if good in learned or any(good in pairs for pairs in found.values()):
            continue
        for kind in sorted(found, key=lambda kind: len(found[kind])):
            broken = KINDS[language][kind](one) if len(found[kind]) < EACH else None
            if broken and not recogniser.accepts(bad := rules.written(broken)):
                found[kind][good] = bad
                break
    return [
        {"sentence_good": good, "sentence_bad": bad, "UID": kind, "language": language, "pair_id": place}
        for kind, pairs in found.items()
        for place, (good, bad) in enumerate(pairs.items())
    ]


def written(pairs):
    return "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in pairs)


def path(language):
    return EXERCISES / f"grammar-pairs.{language}.jsonl"


if __name__ == "__main__":
    for code in KINDS:
        path(code).write_text(written(made(code, learned_from(code))), encoding="utf-8")
