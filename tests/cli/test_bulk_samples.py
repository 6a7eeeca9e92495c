"""Samples of many prompts: shared out, drawn by several runs into one file, merged."""

import json

import pytest


@pytest.fixture
def environ(environ):
    """One thread: more of them wait for each other longer than tiny models compute."""
    return {**environ, "LLMLAB_THREADS": "1"}


def test_samples_of_several_runs_in_one_file_are_whole_together_or_the_lost_are_named(ask, run, tmp_path):
    path = tmp_path / "out.jsonl"
    for plan in (["-t", "0.5", "-n", "1"], ["-t", "1", "-n", "2"], ["-t", "1,0.5", "-n", "1"]):
        assert ask("generate", *plan, "--out", path).code == 0
    lines = path.read_bytes().splitlines(keepends=True)
    assert len(lines) == 40 * 3
    assert "40 inputs, 120 records: none is lost or doubled" in run("merge", str(path)).err
    path.write_bytes(b"".join(lines[:-1]))
    lost = run("merge", str(path))
    assert (lost.code, lost.out) == (1, "")
    assert "1 of 40 inputs is missing: 40" in lost.err
    path.write_bytes(b"".join([*lines, lines[50]]))
    doubled = run("merge", str(path))
    assert (doubled.code, doubled.out) == (1, "")
    assert f"input {json.loads(lines[50])['item']} is there twice: {path}" in doubled.err


@pytest.mark.parametrize(("other", "drawn"), [(["-n", "3"], "[[0.0, 3], [1.0, 3]]"), (["-t", "1"], "[[1.0, 2]]")])
def test_shards_that_drew_other_samples_are_no_parts_of_one_work(ask, run, tmp_path, other, drawn):
    parts = [tmp_path / f"part{number}.jsonl" for number in (1, 2)]
    assert ask("generate", "--shard", "1/2", "--out", parts[0]).code == 0
    assert ask("generate", *other, "--shard", "2/2", "--out", parts[1]).code == 0
    done = run("merge", *map(str, parts))
    assert (done.code, done.out) == (2, "")
    assert f"{parts[1]} was made with item_places {drawn}, {parts[0]} with [[0.0, 2], [1.0, 2]]; draw" in done.err


def test_inputs_that_a_second_run_has_not_reached_are_missing(ask, run, tmp_path):
    path = tmp_path / "out.jsonl"
    assert ask("generate", "-t", "1", "--out", path).code == 0
    first = path.read_bytes()
    assert ask("generate", "-t", "1", "-n", "3", "--out", path).code == 0
    more = path.read_bytes().removeprefix(first).splitlines(keepends=True)
    path.write_bytes(first + b"".join(more[:30]))
    lost = run("merge", str(path))
    assert (lost.code, lost.out) == (1, "")
    assert "10 of 40 inputs are missing: 31, 32, 33, 34, 35 ... (10 in all); run" in lost.err


def test_shards_that_draw_are_given_their_seed_and_one_that_goes_on_knows_it(run, inputs, gguf_file, tmp_path):
    path, line = tmp_path / "part.jsonl", ["generate", "--prompts", str(inputs["LINES"]), "--max-tokens", "2"]
    line += ["--model", str(gguf_file), "--out", str(path), "--shard", "2/3", "-t"]
    done = run(*line, "0,1")
    assert (done.code, done.out, path.exists()) == (2, "", False)
    assert done.err == "llmlab: each shard would draw a seed of its own; give --seed N, the same to all\n"
    assert run(*line, "0").code == 0  # where nothing is drawn
    path.unlink()
    assert run(*line, "1", "--seed", "5").code == 0
    before = path.read_bytes()
    assert run(*line, "1").code == 0
    assert path.read_bytes() == before
    line[line.index("2/3")] = "1/1"
    path.unlink()
    assert run(*line, "1").code == 0  # all of the work


def test_a_shard_is_of_many_prompts(run, gguf_file, tmp_path):
    done = run("generate", "The", "--out", str(tmp_path / "x"), "--shard", "1/2", "--model", str(gguf_file))
    assert (done.code, done.err) == (2, "llmlab: --shard is of many prompts; add --prompts FILE\n")
