"""`--out` and SIGKILL at random moments, and as the file has random lengths: it ends as that of an undisturbed run."""

import json
import random
import signal
import subprocess
import sys
import time

import pytest
from soak import SEED, times

pytestmark = [pytest.mark.soak, pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")]
WORDS = ["the", "cat", "sat", "on", "a", "mat", "dog", "ran", "and", "slow", "今天", "天气"]
KILLED = {  # what is asked, and of how many lines
    "prob": ("prob - --out", 600),
    "pairs": ("pairs PAIRS --out", 400),
    "generate": ("generate --prompts LINES --raw -t 0,1 -n 2 --max-tokens 6 --seed 4 --out", 40),
}


@pytest.fixture
def environ(environ):
    """One thread: more of them wait for each other longer than tiny models compute."""
    return {**environ, "LLMLAB_THREADS": "1"}


@pytest.fixture
def command(tmp_path, gguf_file):
    """The words of what is asked, and the bytes of its stdin."""

    def command(verb):
        line, count = KILLED[verb]
        chance = random.Random(SEED)
        lines = [f"{' '.join(chance.choices(WORDS, k=chance.randint(2, 12)))} {number}" for number in range(count)]
        pairs = (json.dumps({"good": one, "bad": one[::-1]}) for one in lines)
        files = {"LINES": tmp_path / "lines.txt", "PAIRS": tmp_path / "pairs.jsonl"}
        files["LINES"].write_text("".join(f"{one}\n" for one in lines), encoding="utf-8")
        files["PAIRS"].write_text("".join(f"{one}\n" for one in pairs), encoding="utf-8")
        words = [str(files.get(word, word)) for word in line.split()]
        return lambda out: [*words, str(out), "--model", str(gguf_file)], files["LINES"]

    return command


@pytest.mark.parametrize("verb", KILLED)
def test_a_file_whose_runs_were_killed_becomes_that_of_an_uninterrupted_run(run, environ, command, tmp_path, verb):
    words, lines = command(verb)
    whole, path, chance = tmp_path / "whole.jsonl", tmp_path / "out.jsonl", random.Random(SEED)

    def start(out):
        nowhere = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        command = [sys.executable, "-m", "llmlab", *words(out)]
        process = subprocess.Popen(command, env=environ, stdin=subprocess.PIPE, **nowhere)
        process.stdin.write(lines.read_bytes())  # less than a pipe holds
        process.stdin.close()
        return process

    assert run(*words(whole), stdin=lines.read_bytes()).code == 0
    began = time.monotonic()
    with start(path):
        pass
    lasts = time.monotonic() - began
    assert same(verb, path, whole)
    path.unlink()
    cut = 0
    for number in range(times(300) // len(KILLED)):
        with start(path) as process:
            if number % 2:
                time.sleep(chance.uniform(0, lasts))
            else:
                wait_for_bytes(path, chance.randrange(whole.stat().st_size), process)
            process.send_signal(signal.SIGKILL)
        held = path.read_bytes() if path.exists() else b""
        cut += 0 < len(held) < whole.stat().st_size
        assert verb == "generate" or whole.read_bytes().startswith(held)
        if chance.random() < 0.5:  # else it is killed again
            done = run(*words(path), stdin=lines.read_bytes())
            assert done.code == 0, done.err
            assert same(verb, path, whole)
            path.unlink()
    assert cut  # some were killed as they wrote


def wait_for_bytes(path, count, process):
    """Until a file has more bytes than that: how long a run takes to begin depends on what else the machine does."""
    while process.poll() is None and not (path.exists() and path.stat().st_size > count):
        time.sleep(0.001)


def same(verb, path, whole):
    """Whether two files are byte for byte the same; samples are drawn together with those that are missing."""
    found, expected = path.read_bytes(), whole.read_bytes()
    return found == expected or (verb == "generate" and sorted(found.splitlines()) == sorted(expected.splitlines()))
