"""`generate --out`: what llmlab did not write is never cut, and a file has one writer."""

import json
import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from llmlab.cli.out_file import OutFile
from llmlab.errors import LabError, MisuseError

RUN = ("-t", "0.5,1", "-n", "6", "--max-tokens", "6", "--seed", "3")


@pytest.fixture
def generate(run, gguf_file):
    return lambda *arguments: run("generate", "The cat", *arguments, "--model", str(gguf_file))


@pytest.fixture
def made(generate, tmp_path):
    """The bytes of a file that one run made."""
    path = tmp_path / "made.jsonl"
    assert generate(*RUN, "--out", str(path)).code == 0
    return path.read_bytes()


def texts(raw):
    rows = [json.loads(line) for line in raw.splitlines()]
    return {(row["temperature"], row["sample"]): (row["text"], row["token_ids"]) for row in rows}


@pytest.mark.parametrize(
    "content",
    [
        b'{"my":"config"}',
        b"my notes",
        b'{"prompt": "mine',  # as a record begins; but no record before it says that it is one
        b"\n",
        b"\0" * 9,
        b"{\n",
        b"\xff\xfe",
        b'{"prompt": "x", "seed": "y", "temperature": 1, "sample": 0, "text": "", "token_ids": [], "logprob_nats": 0, '
        b'"finish": ""}\n',
    ],
)
def test_a_file_of_somebody_elses_is_left_as_it_is(generate, tmp_path, content):
    path = tmp_path / "x.json"
    path.write_bytes(content)
    os.utime(path, ns=(1, 1))
    done = generate("--out", str(path))
    assert (done.code, done.out, path.read_bytes(), path.stat().st_mtime_ns) == (2, "", content, 1)
    assert done.err == f"llmlab: {path} line 1 is no sample of llmlab; name another file\n"


@pytest.mark.parametrize("end", [b"", b"\n"])
def test_a_last_line_that_is_deleted_as_is_told_lets_the_file_go_on(generate, made, tmp_path, end):
    path = tmp_path / "torn.jsonl"
    path.write_bytes(made + b'{"half": ' + end)
    assert "delete that line, the last one" in generate(*RUN, "--out", str(path)).err
    path.write_bytes(path.read_bytes().removesuffix(b'{"half": ' + end))
    assert generate(*RUN, "--out", str(path)).code == 0
    assert path.read_bytes() == made


def test_of_a_line_that_others_follow_none_is_to_be_deleted(generate, made, tmp_path):
    path = tmp_path / "mixed.jsonl"
    path.write_bytes(made + b"notes\n" + made)
    assert generate(*RUN, "--out", str(path)).err.endswith("line 13 is no sample of llmlab; name another file\n")


@pytest.mark.parametrize("tail", [b'{"my":"config"}', b"notes", b'{"prompt": "x", "mine": ', b'{"prompt": x', b"\xff"])
def test_what_stands_after_records_is_cut_only_if_it_is_the_beginning_of_one(generate, tmp_path, made, tail):
    path = tmp_path / "out.jsonl"
    path.write_bytes(made + tail)
    done = generate(*RUN, "--out", str(path))
    assert (done.code, path.read_bytes()) == (2, made + tail)
    said = f"{path} line 13 is no sample of llmlab; delete that line, the last one, or name another file\n"
    assert done.err.endswith(said)


def test_a_run_cut_at_any_byte_goes_on_to_the_file_of_an_uninterrupted_one(generate, tmp_path, made):
    path = tmp_path / "out.jsonl"
    lines = made.splitlines(keepends=True)
    start = len(lines[0]) + len(lines[1])
    ends = range(start, start + len(lines[2]) + 1)
    first = (1, 5, len(lines[0]) // 2, len(lines[0]) - 2)
    for end in (*first, *ends[:: len(lines[2]) // 5], *ends[-2:], len(made) - 1):
        path.write_bytes(made[:end])
        done = generate(*(RUN if end in first else RUN[:-2]), "--out", str(path))  # the file knows its seed
        assert done.code == 0, done.err
        assert texts(path.read_bytes()) == texts(made)
        whole = made[: made[:end].rfind(b"\n") + 1]
        assert path.read_bytes().startswith(whole)


@pytest.mark.parametrize("end", [40, 900, "line"])
def test_the_zeros_of_a_power_loss_are_cut(generate, tmp_path, made, end):
    path = tmp_path / "out.jsonl"
    path.write_bytes(made[: made.index(b"\n") + 1 if end == "line" else end] + bytes(5000))
    assert generate(*RUN, "--out", str(path)).code == 0
    assert texts(path.read_bytes()) == texts(made)
    assert b"\0" not in path.read_bytes()


def test_what_is_written_is_synced_at_once_then_every_few_seconds_and_at_the_end(tmp_path, monkeypatch):
    synced, now, path = [], [1000.0], tmp_path / "new.jsonl"
    monkeypatch.setattr("os.fsync", lambda file: synced.append(path.read_bytes().count(b"\n")))
    monkeypatch.setattr("llmlab.cli.out_file.monotonic", lambda: now[0])
    with OutFile(path) as out:
        for seconds in (0, 1, 2, 7, 8):
            now[0] = 1000.0 + seconds
            out.append({"n": seconds})
    assert synced == [1, 1, 4, 5]  # the first with the file's name, that of its folder


def test_a_last_line_that_only_lacks_its_end_is_kept(generate, tmp_path, made):
    path = tmp_path / "out.jsonl"
    path.write_bytes(made.splitlines()[0])
    assert generate(*RUN, "--out", str(path)).code == 0
    assert path.read_bytes().splitlines()[0] == made.splitlines()[0]
    assert texts(path.read_bytes()) == texts(made)


@pytest.mark.parametrize(
    "wrong", [("--top-p", "0"), ("-t", "hot"), ("--stream",), ("--preset", "none"), ("--max-tokens", "9999")]
)
def test_misuse_makes_no_file_and_touches_none(generate, tmp_path, made, wrong):
    new, old = tmp_path / "new.jsonl", tmp_path / "old.jsonl"
    torn = made[:-20]
    old.write_bytes(torn)
    for path in (new, old):
        assert generate(*RUN, *wrong, "--out", str(path)).code == 2
    assert not new.exists()
    assert old.read_bytes() == torn


def test_places_that_cannot_be_written_are_named(generate, tmp_path):
    (tmp_path / "file").write_text("x")
    for path, why in (
        (tmp_path, "Is a directory"),
        (tmp_path / "none" / "x.jsonl", "No such file or directory"),
        (tmp_path / "file" / "x.jsonl", "Not a directory"),
    ):
        done = generate("--out", str(path))
        assert (done.code, done.out) == (2, "")
        assert done.err == f"llmlab: cannot write {path}: {why}; check --out\n"


def test_a_link_is_followed_whether_its_file_is_there_or_not(generate, tmp_path, made):
    target, link = tmp_path / "target.jsonl", tmp_path / "link.jsonl"
    link.symlink_to(target)
    for _ in range(2):  # the file is made, then read
        assert generate(*RUN, "--out", str(link)).code == 0
        assert texts(target.read_bytes()) == texts(made)
    assert link.is_symlink()
    assert sorted(one.name for one in tmp_path.iterdir() if one.suffix == ".jsonl") == [
        "link.jsonl",
        "made.jsonl",
        "target.jsonl",
    ]


def test_devices_and_pipes_are_written_to(generate, tmp_path, made):
    assert generate(*RUN, "--out", os.devnull).code == 0
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    assert generate(*RUN, "--out", str(pipe)).code == 0
    reader.join(timeout=60)
    assert texts(read[0]) == texts(made)


@pytest.fixture
def process(gguf_file, tmp_path):
    """A run in a process of its own."""
    environment = os.environ | {"LLMLAB_CACHE": str(tmp_path / "cache"), "XDG_CONFIG_HOME": str(tmp_path)}

    def start(path, *arguments):
        line = [sys.executable, "-m", "llmlab", "generate", "The cat", *arguments, "--out", str(path)]
        line += ["--model", str(gguf_file)]
        return subprocess.Popen(line, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)

    return start


def wait_for(path, size):
    for _ in range(1200):
        if path.exists() and path.stat().st_size >= size:
            return
        time.sleep(0.05)
    pytest.fail("nothing was written within a minute")


def test_a_second_writer_is_told_who_writes_and_may_go_on_when_the_first_is_gone(process, generate, tmp_path):
    path = tmp_path / "out.jsonl"
    many = ("-t", "1", "-n", "3000", "--max-tokens", "12", "--seed", "3")
    with process(path, *many) as first:
        wait_for(path, 3000)
        second = generate(*many, "--out", str(path))
        first.kill()
        first.communicate()
    who = f"process {first.pid}" if sys.platform == "linux" else "another process"
    assert second.err == f"llmlab: {who} is writing {path}; wait for it, or name another file\n"
    assert (second.code, second.out) == (2, "")
    assert generate(*many[:3], "40", *many[4:], "--out", str(path)).code == 0
    assert [one.name for one in tmp_path.iterdir() if "lock" in one.name] == []


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_killed_run_goes_on_with_the_texts_of_an_uninterrupted_one(process, generate, tmp_path, how):
    arguments = ("-t", "0.7,1", "-n", "150", "--max-tokens", "12", "--seed", "8")
    whole, parted = tmp_path / "whole.jsonl", tmp_path / "parted.jsonl"
    assert generate(*arguments, "--out", str(whole)).code == 0
    with process(parted, *arguments) as killed:
        wait_for(parted, 20_000)
        killed.send_signal(how)
        _, said = killed.communicate()
    before = parted.read_bytes()
    held = f"llmlab: {parted} holds {len(before.splitlines()):,} records; the same command goes on from there"
    assert (held in " ".join(said.decode().split())) == (how == signal.SIGINT)
    assert generate(*arguments, "--out", str(parted)).code == 0
    assert len(before) < parted.stat().st_size
    assert sorted(parted.read_bytes().splitlines()) == sorted(whole.read_bytes().splitlines())


def test_what_another_program_adds_meanwhile_is_not_overwritten(tmp_path, made):
    from llmlab.cli.out_file import OutFile
    from llmlab.errors import LabError

    path = tmp_path / "out.jsonl"
    path.write_bytes(made[:-5])
    with OutFile(path) as out:
        path.write_bytes(made[:-5] + b"mine")
        with pytest.raises(LabError, match="another program has written"):
            out.append({"prompt": "x"})
    assert path.read_bytes() == made[:-5] + b"mine"


def test_a_run_holds_a_new_file_from_before_it_draws(tmp_path):
    path = tmp_path / "new.jsonl"
    with OutFile(path) as first, OutFile(path) as second:
        first.begin()
        with pytest.raises(MisuseError, match="is writing"):
            second.begin()
    assert not path.exists()  # nothing was drawn


def test_a_file_that_another_run_has_finished_meanwhile_is_left_alone(tmp_path):
    path = tmp_path / "new.jsonl"
    with OutFile(path) as late:
        path.write_bytes(b"{}\n")
        with pytest.raises(LabError, match="another program has written"):
            late.begin()
    assert path.read_bytes() == b"{}\n"
