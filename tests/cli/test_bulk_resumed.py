"""Work of many inputs that was stopped goes on to the file of an uninterrupted run."""

import json
import random
from contextlib import contextmanager

import pytest
from cli.bulk_verbs import VERBS

from llmlab.cli.world import World
from llmlab.progress import silent


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


@pytest.fixture
def told(tmp_path, monkeypatch):
    """What the progress of a run into out.jsonl says is done, and how many records that holds then.

    At the end of each what was known before the run.
    """
    path, told = tmp_path / "out.jsonl", []

    def note(done, total, known):
        told.append((done, path.read_bytes().count(b"\n") if path.exists() else 0, known))

    @contextmanager
    def progress(world, label):
        yield note if label in ("scoring", "sampling") else silent

    monkeypatch.setattr(World, "progress", progress)
    return told


@pytest.mark.parametrize("verb", VERBS)
def test_the_progress_is_what_the_file_holds(ask, told, tmp_path, verb):
    ask(verb)  # so that the model is there
    del told[:]
    path = tmp_path / "out.jsonl"
    assert ask(verb, "--out", path).code == 0
    records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    ends = {0: 0} | {one["item"]: number for number, one in enumerate(records, 1)}
    assert all(lines == (done if verb == "generate" else ends[done]) for done, lines, _ in told)
    assert told[-1][1:] == (len(records), 0)


@pytest.mark.parametrize("verb", VERBS)
def test_the_progress_of_a_run_that_goes_on_tells_what_the_file_held(ask, told, tmp_path, verb):
    path = tmp_path / "out.jsonl"
    assert ask(verb, "--out", path).code == 0
    lines = path.read_bytes().splitlines(keepends=True)
    records = list(map(json.loads, lines))
    end = max(number for number in range(1, 17) if records[number]["item"] != records[number - 1]["item"])
    path.write_bytes(b"".join(lines[:end]))
    held = end if verb == "generate" else records[end - 1]["item"]
    del told[:]
    assert ask(verb, "--out", path).code == 0
    assert all(known == min(done, held) for done, _, known in told)
    assert (told[-1][0] > held, told[-1][2]) == (True, held)


def test_a_long_input_is_told_of_while_it_is_scored(run, gguf_file, told, tmp_path):
    line = b"the cat " * 2000
    done = run("prob", "-", "--out", str(tmp_path / "out.jsonl"), "--model", str(gguf_file), stdin=line)
    assert done.code == 0, done.err
    assert told.count((0, 0, 0)) > 2
    assert told[-1] == (1, 1, 0)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"answer": 1}, "was made with right True, not False"),
        ({"choices": ["other", "words"]}, "was made with choice '"),
        ({"group": "g9"}, "was made with group 'g0', not 'g9'"),
    ],
)
def test_a_question_that_was_changed_since_is_noticed(ask, inputs, tmp_path, change, said):
    path, other = tmp_path / "out.jsonl", tmp_path / "questions.jsonl"
    assert ask("choose", "--out", path).code == 0
    questions = [json.loads(line) for line in inputs["QUESTIONS"].read_text(encoding="utf-8").splitlines()]
    place = next(n for n, one in enumerate(questions) if n % 2 == 0 and len(one["choices"]) == 2)
    questions[place] |= change
    other.write_text("".join(json.dumps(one) + "\n" for one in questions), encoding="utf-8")
    before = path.read_bytes()
    done = ask("choose", "--out", path, file=other)
    assert (done.code, done.out, path.read_bytes()) == (2, "", before)
    assert said in done.err


@pytest.mark.parametrize(
    ("verb", "name", "change"),
    [
        ("prob", "logprob_nats", lambda was: was - 0.001),
        ("prob", "scored_tokens", lambda was: was + 1),
        ("pairs", "margin_nats", lambda was: was + 0.001),
        ("pairs", "logprob_bad_nats", lambda was: was + 0.001),
        ("pairs", "right", lambda was: not was),
        ("choose", "logprob_nats", lambda was: was - 0.001),
    ],
)
def test_a_figure_that_was_changed_since_is_noticed(ask, run, tmp_path, verb, name, change):
    path = tmp_path / "out.jsonl"
    assert ask(verb, "--out", path).code == 0
    lines = path.read_text(encoding="utf-8").splitlines()
    record = json.loads(lines[4])
    lines[4] = json.dumps(record | {name: change(record[name])}, ensure_ascii=False)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    before, said = (
        path.read_bytes(),
        f"llmlab: the numbers of {path} line 5 contradict each other; it was changed",
    )
    counted = verb != "prob"  # whose stdin is a pipe in this process
    for done in (ask(verb, "--out", path), *([run("merge", str(path))] if counted else [])):
        assert (done.code, done.out, path.read_bytes()) == (2, "", before)
        assert done.err.startswith(said)


def test_a_merged_file_is_held_against_its_inputs_by_the_verb_itself(ask, inputs, run, tmp_path):
    edited, parts, merged = tmp_path / "edited.jsonl", [tmp_path / "1", tmp_path / "2"], tmp_path / "all.jsonl"
    edited.write_bytes(inputs["PAIRS"].read_bytes().replace(b'"g2"', b'"g7"', 1))  # a line of the first shard
    assert ask("pairs", "--out", parts[0], "--shard", "1/2").code == 0
    assert ask("pairs", "--out", parts[1], "--shard", "2/2", file=edited).code == 0
    assert run("merge", *map(str, parts), "--out", str(merged)).code == 0  # it knows no input but by its records
    assert ask("pairs", "--out", merged).code == 0
    told = ask("pairs", "--out", merged, file=edited)
    assert (told.code, told.out) == (2, "")
    assert "was made with group 'g2', not 'g7'" in told.err


def test_lines_that_grow_are_gone_on_with_by_a_pipe_and_not_by_name(ask, inputs, run, tmp_path):
    piped, named, grown = tmp_path / "piped", tmp_path / "named", tmp_path / "grown.jsonl"
    grown.write_bytes(inputs["PAIRS"].read_bytes() + inputs["PAIRS"].read_bytes().splitlines()[7])
    assert ask("pairs", "--out", named).code == 0
    told = ask("pairs", "--out", named, file=grown)
    assert (told.code, told.out) == (2, "")
    said = (
        "was made of 40 inputs, not of 41 inputs; name another file; lines that are to grow come by a pipe, cat FILE |"
    )
    assert said in told.err
    line = ["pairs", "-", "--model", "counted", "--out", str(piped)]
    for count, file in ((40, inputs["PAIRS"]), (41, grown)):
        assert run(*line, stdin=file.read_bytes()).code == 0
        assert piped.read_bytes().count(b"\n") == count
