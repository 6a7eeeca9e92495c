"""The verbs of many inputs, and a file of each kind that they read."""

import json
import random

import pytest

WORDS = ["the", "cat", "sat", "on", "a", "mat", "dog", "ran", "and", "slow", "今天", "天气"]
VERBS = {  # and what they are asked, from the files below
    "prob": "prob -",
    "pairs": "pairs PAIRS",
    "choose": "choose QUESTIONS",
    "perplexity": "perplexity LINES --window 16 --stride 5",
    "generate": "generate --prompts LINES -t 0,1 -n 2 --max-tokens 3 --seed 4",
}


def text(generator):
    return " ".join(generator.choices(WORDS, k=generator.randint(1, 6)))


@pytest.fixture(scope="session")
def inputs(tmp_path_factory):
    """A file of each kind, of 40 inputs."""
    folder, own = tmp_path_factory.mktemp("bulk"), random.Random(1)
    lines = [f"{text(own)} {number}" for number in range(40)]
    pairs = [{"sentence_good": text(own), "sentence_bad": text(own), "UID": f"g{n % 3}"} for n in range(40)]
    questions = [
        {"context": text(own), "choices": own.sample(WORDS, own.randint(2, 4)), "answer": 0, "group": f"g{n % 2}"}
        for n in range(40)
    ]
    files = {"LINES": ("lines.txt", "\n".join(lines) + "\n")}
    files["PAIRS"] = ("pairs.jsonl", "".join(json.dumps(one) + "\n" for one in pairs))
    files["QUESTIONS"] = ("questions.jsonl", "".join(json.dumps(one) + "\n" for one in questions))
    for name, content in files.values():
        (folder / name).write_text(content, encoding="utf-8")
    return {name: folder / file for name, (file, _) in files.items()}


@pytest.fixture
def ask(run, inputs, gguf_file, cache):
    """Run one of VERBS with more options; its model counts n-grams, and so says the same digits in any batch."""
    if not (cache / "models" / "counted").exists() and "counted" not in run("models", "list").out:
        assert run("train", "ngram", "counted", "--text", str(inputs["LINES"])).code == 0

    def ask(verb, *more, model="counted", file=None):
        words = [str(file if file and word in inputs else inputs.get(word, word)) for word in VERBS[verb].split()]
        name = str(gguf_file) if model == "GGUF" else model
        return run(*words, *map(str, more), "--model", name, stdin=inputs["LINES"].read_bytes())

    return ask
