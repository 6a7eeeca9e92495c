"""Work of many inputs: kept in a file that is gone on with, shared out, merged; nothing is lost, nothing doubled."""

import hashlib
import json
import subprocess
import sys

import pytest
from cli.bulk_verbs import VERBS
from cli.record_kinds import KINDS, VALIDATORS

from llmlab.cli.file_lock import lock

NUMBERED = ("item", "items", "item_records", "item_places")


@pytest.fixture
def environ(environ):
    """One thread: more of them wait for each other longer than tiny models compute."""
    return {**environ, "LLMLAB_THREADS": "1"}


@pytest.fixture
def shard(inputs, environ):
    """The same as processes of their own, whose stdin is the file itself."""

    def command(verb, *more):
        words = [str(inputs.get(word, word)) for word in VERBS[verb].split()]
        line = [sys.executable, "-m", "llmlab", *words, *map(str, more), "--model", "counted", "-f", "jsonl"]
        with inputs["LINES"].open("rb") as stdin:
            return subprocess.run(line, stdin=stdin, env=environ, capture_output=True, check=False)

    def shard(verb, *more):
        done = command(verb, *more)
        assert done.returncode == 0, done.stderr
        return done.stdout

    shard.command = command
    return shard


@pytest.mark.parametrize("verb", VERBS)
def test_a_file_holds_the_records_of_stdout_and_says_of_which_input_each_is(ask, tmp_path, verb):
    plain = ask(verb, "-f", "jsonl").out
    told = ask(verb, "-f", "jsonl", "--out", tmp_path / "out.jsonl")
    assert told.code == 0, told.err
    kept = (tmp_path / "out.jsonl").read_text(encoding="utf-8")
    assert told.out == kept
    records = [json.loads(line) for line in kept.splitlines()]
    if verb != "perplexity":  # whose record without --out is of the whole text
        bare = [{name: one[name] for name in one if name not in NUMBERED} for one in records]
        assert bare == [json.loads(line) for line in plain.splitlines()]
    items = [one["item"] for one in records]
    assert sorted(set(items)) == list(range(1, max(items) + 1))
    assert items == sorted(items)
    for one in records:
        assert items.count(one["item"]) == one["item_records"]
        assert one["items"] == (None if verb == "prob" else max(items))  # in this process stdin is a pipe
    kind = {"prob": "prob.ranking", "choose": "choose.questions", "perplexity": "perplexity.windows"}.get(verb, verb)
    assert [name for name in KINDS if VALIDATORS[name].is_valid(records[0])] == [kind]
    assert all(map(VALIDATORS[kind].is_valid, records))


@pytest.mark.parametrize("verb", VERBS)
def test_three_shards_merged_are_the_file_of_one_run_byte_for_byte(ask, shard, run, tmp_path, verb):
    ask(verb)  # so that the model is there
    whole = shard(verb, "--out", tmp_path / "whole.jsonl")
    parts = [tmp_path / f"part{number}.jsonl" for number in (3, 1, 2)]
    for path in parts:
        assert shard(verb, "--out", path, "--shard", f"{path.stem[-1]}/3") == path.read_bytes()
    assert (tmp_path / "whole.jsonl").read_bytes() == whole
    merged = run("merge", *map(str, parts))
    assert merged.out.encode() == whole
    assert "none is lost or doubled" in merged.err
    once = run("merge", *map(str, parts), "--out", str(tmp_path / "all.jsonl"))
    assert (tmp_path / "all.jsonl").read_bytes() == whole
    if verb in ("pairs", "choose"):
        assert once.out == ask(verb).out  # the verb's own table
    parts[0].write_bytes(b"".join(parts[0].read_bytes().splitlines(keepends=True)[:-1]))
    lost = run("merge", *map(str, parts))
    assert (lost.code, lost.out) == (1, "")
    assert f"of shard 3/3, {parts[0]}; run what is missing again" in lost.err
    shard(verb, "--out", parts[0], "--shard", "3/3")
    assert run("merge", *map(str, parts)).out.encode() == whole


def test_the_windows_of_shards_sum_to_the_text_on_an_engine_that_adds_in_batches_too(ask, run, tmp_path):
    whole = ask("perplexity", "--out", tmp_path / "whole.jsonl", model="GGUF")
    for number in (1, 2, 3):
        ask("perplexity", "--out", tmp_path / f"{number}.jsonl", "--shard", f"{number}/3", model="GGUF")
    merged = run("merge", *(str(tmp_path / f"{n}.jsonl") for n in (1, 2, 3)), "--out", str(tmp_path / "all.jsonl"))
    assert merged.out == whole.out
    assert (tmp_path / "all.jsonl").read_bytes() == (tmp_path / "whole.jsonl").read_bytes()


@pytest.mark.parametrize("verb", ["prob", "pairs", "choose", "perplexity", "generate"])
def test_a_shard_without_inputs_is_an_empty_part(ask, shard, run, tmp_path, verb):
    ask(verb)
    whole, empty = tmp_path / "whole.jsonl", tmp_path / "empty.jsonl"
    shard(verb, "--out", whole)
    assert shard(verb, "--out", empty, "--shard", "999/999") == b""
    assert empty.read_bytes() == b""
    if verb != "prob":  # whose stdin is a pipe in this process
        said = ask(verb, "--out", tmp_path / "table.jsonl", "--shard", "999/999")
        assert (said.code, said.out) == (0, "")
        count = json.loads(whole.read_text(encoding="utf-8").splitlines()[0])["items"]
        assert said.err.endswith(f"llmlab: shard 999/999 has no input: there are {count} in all\n")
    merged = run("merge", str(empty), str(whole))
    assert (merged.code, merged.out.encode()) == (0, whole.read_bytes())


@pytest.mark.parametrize("verb", ["prob", "pairs", "choose", "perplexity"])
@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"model": "other"}, "was made with model 'other', not 'counted'; name another file"),
        ({"revision": "2"}, "was made with revision '2', not"),
        ({"items": 41}, "was made of 41 inputs, not of "),
        ({"text": "x", "sentence_good": "x", "context": "x"}, "'x', not '"),
    ],
)
def test_a_file_of_another_run_is_left_alone(ask, tmp_path, verb, change, said):
    path = tmp_path / "out.jsonl"
    assert ask(verb, "--out", path).code == 0
    records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    changed = [one | {name: value for name, value in change.items() if name in one} for one in records]
    path.write_text("".join(json.dumps(one, ensure_ascii=False) + "\n" for one in changed), encoding="utf-8")
    before = path.read_bytes()
    done = ask(verb, "--out", path)
    assert (done.code, done.out, path.read_bytes()) == (2, "", before)
    assert said in done.err


def test_windows_know_their_text(ask, run, tmp_path, inputs):
    path, file = tmp_path / "out.jsonl", tmp_path / "text"
    file.write_bytes(inputs["LINES"].read_bytes())
    line = ["perplexity", str(file), "--window", "16", "--stride", "5", "--model", "counted", "--out", str(path)]
    ask("prob")  # so that the model is there
    assert run(*line).code == 0
    before, place = path.read_bytes(), 0
    for one in map(json.loads, before.splitlines()):
        own = file.read_bytes()[place : place + one["bytes"]]
        assert one["text_digest"] == hashlib.blake2b(own, digest_size=8).hexdigest()
        place += one["bytes"]
    file.write_bytes(inputs["LINES"].read_bytes().replace(b" 9\n", b" 8\n"))  # as long as it was
    done = run(*line)
    assert (done.code, done.out, path.read_bytes()) == (2, "", before)
    assert f"{path} was made with text_digest '" in done.err


def test_a_file_of_another_shard_or_of_somebody_else_is_left_alone(ask, tmp_path):
    path = tmp_path / "out.jsonl"
    assert ask("pairs", "--out", path, "--shard", "2/3").code == 0
    lines = path.read_bytes().splitlines(keepends=True)
    for content, said in (
        (b"".join(lines), "lacks input 1 and has later ones; it is another shard's: name another file"),
        (lines[1] + lines[0], "line 2 does not follow what stands before it; name another file"),
        (lines[0] * 2, "line 2 does not follow what stands before it"),
        (b'{"my": "config"}\n', "line 1 is no pair of llmlab"),
    ):
        path.write_bytes(content)
        done = ask("pairs", "--out", path)
        assert (done.code, path.read_bytes()) == (2, content)
        assert said in done.err


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize(
    ("options", "said"),
    [("--shard 1/3", "--shard is of records that are kept"), ("--out FILE --shard 4/3", "--shard '4/3' is no I/N")],
)
def test_a_wrong_shard_is_told_before_a_model_or_a_file_is_looked_for(run, tmp_path, verb, options, said):
    line = f"{VERBS[verb]} {options}".replace("LINES", "nowhere.txt").replace("FILE", str(tmp_path / "new.jsonl"))
    done = run(*line.split(), "--model", "nowhere")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"llmlab: {said}")


@pytest.mark.parametrize(
    ("verb", "options", "said"),
    [
        ("pairs", "--shard 1/3", "--shard is of records that are kept; add --out FILE, one for each shard"),
        ("prob", "--out FILE --shard 1/3", "--shard is of a file: how many lines a pipe brings nobody knows; give the"),
        ("pairs", "--out FILE --shard 4/3", "--shard '4/3' is no I/N with I from 1 to N; for example --shard 1/3"),
        ("pairs", "--out FILE -f json", "--out keeps records as they come, --format json shows all at once"),
        ("choose", "--out FILE --plot x.svg", "--out keeps records as they come, --plot shows all at once"),
        ("choose", "--out FILE --shots 1", "--out is for questions without examples"),
        ("choose", "--out FILE -c x", "--out is for a file's questions"),
        ("pairs", "--out FILE --model GGUF", "--out is for one model; give one --model"),
        ("pairs", "--out -", "--out names a file; for stdout: --format jsonl"),
        ("generate", "--shard 1/2", "--shard is of records that are kept"),
        ("prob", "--out FILE --formula", "--formula does not go with --out; leave out one of them"),
        ("prob", "--out FILE --by word", "--by does not go with --out"),
        ("prob", "--out FILE --by token", "--by does not go with --out"),
        ("prob", "--out FILE --unit nats", "--unit does not go with --out"),
        ("prob", "--out FILE --per-token", "--per-token does not go with --out"),
    ],
)
def test_misuse_makes_no_file(ask, gguf_file, tmp_path, verb, options, said):
    new = tmp_path / "new.jsonl"
    done = ask(verb, *(str({"FILE": new, "GGUF": gguf_file}.get(word, word)) for word in options.split()))
    assert (done.code, done.out, new.exists()) == (2, "", False)
    assert said in done.err


def test_a_merged_file_is_new_or_holds_the_records_already(ask, run, tmp_path):
    parts, there = [tmp_path / f"{number}.jsonl" for number in (1, 2)], tmp_path / "there.jsonl"
    for number, path in enumerate(parts, 1):
        assert ask("pairs", "--out", path, "--shard", f"{number}/2").code == 0
    both = b"".join(path.read_bytes() for path in parts)  # as long as the whole, and in another order
    folder, nowhere, merged = tmp_path / "folder", tmp_path / "none" / "x", tmp_path / "all.jsonl"
    folder.mkdir()
    (tmp_path / "all.jsonl.begun").write_text("mine too", encoding="utf-8")
    for path, content, said in (
        (there, b"mine", f"{there} is there already, and holds something else; remove it, or name another file"),
        (there, both, f"{there} is there already, and holds something else; remove it, or name another file"),
        (folder, None, f"{folder} is there already, and holds something else; remove it, or name another file"),
        (nowhere, None, "No such file or directory; check --out"),
    ):
        if content:
            path.write_bytes(content)
        done = run("merge", *map(str, parts), "--out", str(path))
        assert (done.code, done.out) == (2, "")
        assert done.err.endswith(f"{said}\n")
        assert not content or path.read_bytes() == content
    before = sorted(one.name for one in tmp_path.iterdir())
    first, again = (run("merge", *map(str, parts), "--out", str(merged)) for _ in range(2))
    assert (first.code, again.code) == (0, 0)
    assert again.out == first.out
    assert f"{merged} holds them already" in again.err
    assert "already" not in first.err
    items = [json.loads(line)["item"] for line in merged.read_bytes().splitlines()]
    assert items == list(range(1, 41))
    assert sorted(one.name for one in tmp_path.iterdir()) == sorted([*before, "all.jsonl"])
    assert (tmp_path / "all.jsonl.begun").read_text(encoding="utf-8") == "mine too"


KILLED = """
import os, signal, sys
from llmlab.cli import main
from llmlab.cli.world import World
os.fsync = lambda file: os.kill(os.getpid(), signal.SIGKILL)
main(World(argv=sys.argv[1:]))
"""


def test_what_a_killed_merge_leaves_goes_with_the_next_into_the_same_file(ask, run, environ, tmp_path):
    part, merged, other = (tmp_path / f"{name}.jsonl" for name in ("part", "all", "other"))
    assert ask("pairs", "--out", part).code == 0
    there = {one.name for one in tmp_path.iterdir()}

    def left():
        return sorted({one.name for one in tmp_path.iterdir()} - there)

    line = [sys.executable, "-c", KILLED, "merge", str(part), "--out", str(merged)]
    assert subprocess.run(line, env=environ, check=False).returncode < 0
    assert run("merge", str(part), "--out", str(other)).code == 0
    (begun, _) = left()
    assert begun.startswith(".llmlab-merge-")
    with (tmp_path / begun).open("rb", buffering=0) as file:
        assert lock(file)  # as if it were still written
        assert run("merge", str(part), "--out", str(merged)).code == 0
        assert left() == [begun, "all.jsonl", "other.jsonl"]
    merged.unlink()
    assert run("merge", str(part), "--out", str(merged)).code == 0
    assert left() == ["all.jsonl", "other.jsonl"]
    assert merged.read_bytes() == part.read_bytes()


@pytest.mark.parametrize("verb", VERBS)
def test_a_part_is_gone_on_with_as_the_shard_that_it_is(ask, shard, tmp_path, verb):
    ask(verb)  # so that the model is there
    path = tmp_path / "part.jsonl"
    shard(verb, "--out", path, "--shard", "1/3")
    before = path.read_bytes()
    number = next(place for place, line in enumerate(before.splitlines(), 1) if json.loads(line)["item"] == 4)
    said = f"{path} line {number} is of input 4, which shard 1/4 has not; go on with the --shard that began the file"
    command = shard.command(verb, "--out", path, "--shard", "1/4")
    assert (command.returncode, command.stdout, path.read_bytes()) == (2, b"", before)
    assert said in command.stderr.decode()
    shard(verb, "--out", path, "--shard", "1/3")
    assert path.read_bytes() == before


@pytest.mark.parametrize("first", ["file", "pipe"])
def test_a_file_and_a_pipe_of_the_same_lines_are_two_works(ask, shard, tmp_path, first):
    ask("prob")
    path = tmp_path / "out.jsonl"
    counted, piped = "40 inputs", "inputs that nobody has counted, of a pipe"
    if first == "file":
        shard("prob", "--out", path)
        told = ask("prob", "--out", path).err
        assert f"{path} was made of {counted}, not of {piped}; name another file" in told
    else:
        assert ask("prob", "--out", path).code == 0
        told = shard.command("prob", "--out", path).stderr.decode()
        assert f"{path} was made of {piped}, not of {counted}; name another file" in told
