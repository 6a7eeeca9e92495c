"""Work of many inputs that was stopped goes on to the file of an uninterrupted run."""

import json
import random
from contextlib import contextmanager

import pytest
from cli.bulk_verbs import VERBS

from llmlab.cli.world import World


@pytest.fixture
def environ(environ):
    """One thread: more of them wait for each other longer than tiny models compute."""
    return {**environ, "LLMLAB_THREADS": "1"}


@pytest.mark.parametrize("verb", VERBS)
def test_a_file_cut_at_any_byte_becomes_that_of_an_uninterrupted_run(ask, tmp_path, verb):
    table = ask(verb, "--out", tmp_path / "whole.jsonl").out
    whole, path = (tmp_path / "whole.jsonl").read_bytes(), tmp_path / "cut.jsonl"
    lines = [len(line) for line in whole.splitlines(keepends=True)]
    places = [sum(lines[:9]), sum(lines[:10]), len(whole) - 1, len(whole)]
    for end in (*places, *random.Random(2).sample(range(sum(lines[:8]), len(whole)), 8)):
        path.write_bytes(whole[:end])
        done = ask(verb, "--out", path)
        assert done.code == 0, done.err
        assert done.out == table
        assert sorted(path.read_bytes().splitlines()) == sorted(whole.splitlines())
        assert verb == "generate" or path.read_bytes() + b"\n" * (end == len(whole) - 1) == whole


@pytest.mark.parametrize("verb", VERBS)
def test_a_run_that_goes_on_says_the_digits_of_an_uninterrupted_one_on_an_engine_that_adds_in_batches(
    ask, tmp_path, verb
):
    assert ask(verb, "--out", tmp_path / "whole.jsonl", model="GGUF").code == 0
    whole, path = (tmp_path / "whole.jsonl").read_bytes(), tmp_path / "cut.jsonl"
    lines = whole.splitlines(keepends=True)
    for count in random.Random(3).sample(range(1, len(lines)), 4):
        path.write_bytes(b"".join(lines[:count]) + lines[count][:9])
        assert ask(verb, "--out", path, model="GGUF").code == 0
        assert sorted(path.read_bytes().splitlines()) == sorted(whole.splitlines())
        assert verb == "generate" or path.read_bytes() == whole


@pytest.mark.parametrize("verb", VERBS)
def test_the_progress_is_what_the_file_holds(ask, tmp_path, monkeypatch, verb):
    path, told = tmp_path / "out.jsonl", []

    @contextmanager
    def progress(world, label):
        held = lambda: path.read_bytes().count(b"\n") if path.exists() else 0  # noqa: E731
        yield lambda done, total: told.append((done, held())) if label in ("scoring", "sampling") else None

    ask(verb)  # so that the model is there
    monkeypatch.setattr(World, "progress", progress)
    assert ask(verb, "--out", path).code == 0
    records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    ends = {0: 0} | {one["item"]: number for number, one in enumerate(records, 1)}
    assert all(lines == (done if verb == "generate" else ends[done]) for done, lines in told)
    assert told[-1][1] == len(records)
