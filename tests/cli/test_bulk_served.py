"""Work of many inputs behind a server: an answer is in the file as it comes, and what is refused for good is named."""

import json
from threading import Lock
from time import sleep

import pytest
from backends.served.faulty import WORDS, Faulty

from llmlab.backends.served import pool, probe
from llmlab.lab import prompt

ENDS = [f"{one}{other}" for one in WORDS[1:9] for other in WORDS[12:20]]
WRONG, REFUSED = "The dog runs fast", 40  # the input that is refused, and its number
VERBS = ["prob -", "pairs FILE", "choose FILE", "generate --raw --prompts FILE -n 2 --max-tokens 2 --seed 1 -t 0,1"]


@pytest.fixture(scope="module")
def server():
    with Faulty(echo="right", refuses=" dog runs") as server:
        yield server


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(pool, "FIRST_WAIT_S", 0.002)
    monkeypatch.setattr(probe, "SAMPLES", 1)


@pytest.fixture
def environ(environ):
    return environ | {"LLMLAB_API_KEY": "any", "LLMLAB_SERVERS_RETRIES": "1"}


@pytest.fixture
def ask(run, server, tmp_path):
    """A verb over these texts, as it wants them."""

    def ask(verb, texts, *more):
        file = tmp_path / "inputs.jsonl"
        rows = {"pairs": lambda text: {"sentence_good": text, "sentence_bad": "The cat"}}
        rows["choose"] = lambda text: {"context": text, "choices": [" is", " on"], "answer": 0}
        lines = [json.dumps(rows[verb.split()[0]](text)) if verb.split()[0] in rows else text for text in texts]
        file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        words = [str(file) if word == "FILE" else word for word in verb.split()]
        where = ["--model", "openai:bigram", "--base-url", server.url]
        return run(*words, *map(str, more), *where, stdin=file.read_bytes())

    return ask


@pytest.mark.parametrize("verb", VERBS)
def test_what_is_refused_for_good_is_named_and_all_before_it_is_in_the_file(ask, tmp_path, verb):
    texts = [f"The{end}" for end in ENDS[:60]]
    wrong = [WRONG if number == REFUSED else text for number, text in enumerate(texts, 1)]
    path, whole = tmp_path / "out.jsonl", tmp_path / "whole.jsonl"
    stopped = ask(verb, wrong, "--out", path)
    assert (stopped.code, stopped.out[:1]) == (1, "")
    assert f'input {REFUSED}, "{WRONG}": ' in stopped.err
    assert "refuses: not this text; what was finished is kept; put another input in its place and run" in stopped.err
    kept = path.read_bytes()
    items = [json.loads(line)["item"] for line in kept.splitlines()]
    assert sorted(set(items)) == list(range(1, REFUSED))
    assert ask(verb, texts, "--out", path).code == 0
    assert ask(verb, texts, "--out", whole).code == 0
    assert path.read_bytes().startswith(kept)
    assert sorted(path.read_bytes().splitlines()) == sorted(whole.read_bytes().splitlines())


@pytest.mark.parametrize("verb", VERBS[:3])
def test_several_are_asked_for_at_once(ask, server, tmp_path, verb):
    server.most, server.pause_s = 0, 0.01
    try:
        assert ask(verb, [f"The{end}" for end in ENDS], "--out", tmp_path / "out.jsonl").code == 0
    finally:
        server.pause_s = 0
    assert server.most > 2


def test_prompts_are_read_several_at_once_too(ask, server, tmp_path, monkeypatch):
    at_once, most, lock = 0, 0, Lock()
    read = prompt.read

    def counted(*given, **more):
        nonlocal at_once, most
        with lock:
            at_once += 1
            most = max(most, at_once)
        sleep(0.01)
        with lock:
            at_once -= 1
        return read(*given, **more)

    monkeypatch.setattr(prompt, "read", counted)
    texts = [f"The{end}" for end in ENDS]
    assert ask(VERBS[3], texts, "--out", tmp_path / "out.jsonl").code == 0
    records = map(json.loads, (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines())
    assert list(dict.fromkeys(one["prompt"] for one in records)) == texts
    assert most > 2
