"""Runs of many samples: streamed, resumed, interrupted, and never torn."""

import json
import os
import resource
import signal
import subprocess
import sys
import time

import pytest


@pytest.fixture
def command(gguf_file, tmp_path):
    """llmlab in a process of its own, on the tiny model."""
    environment = os.environ | {"LLMLAB_CACHE": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}

    def start(*arguments, **options):
        line = [sys.executable, "-m", "llmlab", *arguments, "--model", str(gguf_file)]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        return subprocess.Popen(line, env=environment, **(pipes | options))

    return start


@pytest.fixture
def generate(run, gguf_file):
    """llmlab generate in this process, on the tiny model."""
    return lambda *arguments, stdin=b"": run("generate", *arguments, "--model", str(gguf_file), stdin=stdin)


def records(path):
    return [json.loads(line) for line in path.read_bytes().splitlines()]  # U+2028 ends no line of bytes


def key(row):
    return row["prompt"], row["temperature"], row["sample"]


RUN = ("--prompts", "-", "-t", "0,0.7,1.3", "-n", "4", "--max-tokens", "6", "--seed", "3")
PROMPTS = "The cat\n今天\nA\n".encode()


def test_jsonl_is_one_record_a_sample_with_everything_that_made_it(generate):
    found = [json.loads(line) for line in generate(*RUN, "-f", "jsonl", stdin=PROMPTS).out.encode().splitlines()]
    assert len({key(row) for row in found}) == len(found) == 3 * 3 * 4
    assert {row["seed"] for row in found} == {3}
    assert {(row["engine"], row["bos"], row["top_k"], row["same_noise"]) for row in found} == {
        ("llama.cpp", "<s>", 0, False)
    }
    document = json.loads(generate(*RUN, "-f", "json", stdin=PROMPTS).out)
    told = [{"prompt": one["prompt"], **row} for one in document["prompts"] for row in one["samples"]]
    by_key = {key(row): row for row in found}
    assert {key(row) for row in told} == set(by_key)
    assert all({**by_key[key(row)], **row} == by_key[key(row)] for row in told)


def test_a_prompt_said_twice_is_drawn_once_and_resumed_as_once(generate, tmp_path):
    path = tmp_path / "out.jsonl"
    arguments = ("--prompts", "-", "-n", "2", "--max-tokens", "3", "--seed", "1", "--out", str(path), "-f", "jsonl")
    told = [generate(*arguments, stdin=b"The cat\nThe cat\n") for _ in range(2)]
    assert [one.out.count("\n") for one in told] == [2, 2]
    assert all("llmlab: 1 repeated prompt is asked once\n" in one.err for one in told)
    assert len(records(path)) == 2


def test_repeated_prompts_of_a_file_are_told_of_once_and_others_not(generate, tmp_path):
    file, line = tmp_path / "prompts", ("-t", "0", "--max-tokens", "1", "--prompts")
    for text, said in (("The\nA\nThe\nA\n", ["llmlab: 2 repeated prompts are asked once"]), ("The\nA\n", [])):
        file.write_text(text, encoding="utf-8")
        told = generate(*line, str(file)).err.splitlines()  # which may tell of a slow start too
        assert [one for one in told if "repeated" in one] == said


def test_a_run_goes_on_where_its_file_ends(generate, tmp_path):
    whole, parted = tmp_path / "whole.jsonl", tmp_path / "parted.jsonl"
    generate(*RUN, "--out", str(whole), stdin=PROMPTS)
    lines = whole.read_bytes().splitlines(keepends=True)
    assert len(lines) == 36
    parted.write_bytes(b"".join(lines[:10]) + lines[10][:40])  # killed in the middle of a line
    again = [word for word in RUN if word not in ("--seed", "3")]  # the file knows its seed
    done = generate(*again, "--out", str(parted), stdin=PROMPTS)
    assert done.code == 0, done.err
    assert parted.read_bytes().splitlines()[:10] == whole.read_bytes().splitlines()[:10]
    wanted = {key(row): row for row in records(whole)}
    assert len(records(parted)) == len(wanted)
    for row in records(parted):
        assert row["text"] == wanted[key(row)]["text"]
        assert row["logprob_nats"] == pytest.approx(wanted[key(row)]["logprob_nats"], abs=1e-4)
    before = parted.read_bytes()
    shown = generate(*again, "--out", str(parted), stdin=PROMPTS)  # nothing is left to draw; the picture is the same
    assert parted.read_bytes() == before
    assert shown.out == done.out


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--top-k", "5"), "was made with top_k 0, not 5; name another file"),
        (("--seed", "4"), "was made with seed 3, not 4"),
        (("--max-tokens", "9"), "was made with max_tokens 6, not 9"),
    ],
)
def test_a_file_of_other_settings_is_left_alone(generate, tmp_path, options, message):
    path = tmp_path / "out.jsonl"
    arguments = ["The", "-t", "1", "--max-tokens", "6", "--seed", "3"]
    generate(*arguments, "--out", str(path))
    before = path.read_bytes()
    done = generate(*arguments, *options, "--out", str(path))
    assert (done.code, path.read_bytes()) == (2, before)
    assert message in done.err


@pytest.mark.parametrize("content", [b"not json\n", b'{"text": "x"}\n', b"[1]\n"])
def test_a_file_of_something_else_is_left_alone(generate, tmp_path, content):
    path = tmp_path / "out.jsonl"
    path.write_bytes(content)
    done = generate("The", "--out", str(path))
    assert (done.code, path.read_bytes()) == (2, content)
    assert f"{path} line 1 is no sample of llmlab" in done.err


def complaints(err):
    """What stderr says beside progress, of which a busy machine may tell."""
    return [line for line in err.decode().splitlines() if not line.startswith("llmlab: sampling: ")]


def limit_file_size():
    """The disk is full after 5,000 bytes."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))


def test_a_full_disk_keeps_whole_records_and_says_what_to_do(command, tmp_path):
    path = tmp_path / "out.jsonl"
    arguments = ("generate", "The", "-t", "1", "-n", "50", "--max-tokens", "8", "--seed", "3", "--out", str(path))
    full = command(*arguments, preexec_fn=limit_file_size)
    out, err = full.communicate(timeout=120)
    assert (full.returncode, out, len(complaints(err))) == (1, b"", 1)
    assert b"cannot write" in err
    assert b"what was finished is kept; make room and run the same command again" in err
    kept = records(path)  # every line is whole
    assert 3 < len(kept) < 50
    assert path.stat().st_size <= 5000
    free = command(*arguments)
    assert (complaints(free.communicate(timeout=120)[1]), free.returncode) == ([], 0)
    assert records(path)[: len(kept)] == kept
    assert len(records(path)) == 50


@pytest.mark.parametrize("form", ["table", "jsonl"])
def test_an_interrupt_keeps_what_was_finished(command, tmp_path, form):
    path = tmp_path / "out.jsonl"
    running = command("generate", "The", "-t", "1", "-n", "20000", "--max-tokens", "30", "--out", str(path), "-f", form)
    wait_for(lambda: path.exists() and path.stat().st_size > 20_000)
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=120)
    assert running.returncode == 130
    assert err.decode().endswith("llmlab: interrupted\n")
    assert b"Traceback" not in err
    kept = records(path)
    assert 5 < len(kept) < 20_000
    if form == "jsonl":
        told = [json.loads(line) for line in out.splitlines()]
        assert told in (kept, kept[:-1])  # the signal may come between the file and the pipe
    else:
        assert out.decode().startswith("The\n")
        assert f"seed {kept[0]['seed']}" in out.decode()


@pytest.mark.parametrize("verb", [["generate", "--stream"], ["trace"]], ids=" ".join)
def test_an_interrupted_text_is_shown_as_far_as_it_came(command, verb):
    running = command(*verb, "The", "--max-tokens", "200", "--seed", "5", "-t", "1", stdout=subprocess.PIPE)
    if "--stream" in verb:
        assert running.stdout.read(3)
    else:
        time.sleep(1.5)
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=120)
    assert running.returncode in (130, 0)  # a tiny model may be done before the signal comes
    assert b"Traceback" not in err
    assert out.endswith(b"\n") or not out


def test_a_closed_pipe_ends_a_stream_of_records_quietly(command):
    running = command("generate", "The", "-t", "1", "-n", "5000", "--max-tokens", "20", "-f", "jsonl")
    first = running.stdout.readline()
    running.stdout.close()
    assert json.loads(first)["prompt"] == "The"
    with running.stderr:
        assert (complaints(running.stderr.read()), running.wait(timeout=120)) == ([], 0)


def wait_for(condition):
    for _ in range(600):
        if condition():
            return
        time.sleep(0.1)
    pytest.fail("it did not happen within a minute")
