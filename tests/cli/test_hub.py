"""`--model organisation/name` as it is typed: processes of their own, and a hub on this machine."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hub_server import Hub

LINE = [sys.executable, "-m", "llmlab", "prob", "The cat", "-q", "--model"]
SLOW_S = 0.05  # before each 64 KiB


@pytest.fixture
def environ(environ, tmp_path):
    """Nothing of the hub is here, and nobody is logged in."""
    clean = {key: value for key, value in environ.items() if not key.startswith(("HF_", "LLMLAB_"))}
    return clean | {"HF_HOME": str(tmp_path / "hf"), "LLMLAB_CACHE": str(tmp_path / "cache"), "COLUMNS": "80"}


@pytest.fixture
def typed(environ):
    """Run a line in a process of its own, with these variables set."""

    def typed(model, **variables):
        return subprocess.run([*LINE, model], env=environ | variables, capture_output=True, text=True, check=False)

    return typed


@pytest.fixture
def expected(run, gguf_file):
    return run("prob", "The cat", "-q", "--model", str(gguf_file)).out


@pytest.fixture
def served(gguf_file):
    files = {"a.gguf": gguf_file.read_bytes() + bytes(4 * 2**20), "b.gguf": b"GGUF"}
    with Hub(files) as server:
        yield server


def test_a_model_is_fetched_once_and_then_needs_no_hub(served, typed, expected):
    first = typed("organisation/name@v1:a.gguf", HF_ENDPOINT=served.url)
    assert (first.returncode, first.stdout) == (0, expected), first.stderr
    assert first.stderr == f"llmlab: fetching organisation/name@v1:a.gguf from {served.url[7:]} (5 MiB, once)\n"
    question, file = "/api/models/organisation/name/revision/v1", f"/organisation/name/resolve/{served.commit}/a.gguf"
    assert [one.path for one in served.asked] == [question, file]
    served.stop()
    for variables in ({"HF_ENDPOINT": served.url}, {"HF_HUB_OFFLINE": "1"}):
        again = typed("organisation/name@v1:a.gguf", **variables)
        assert (again.returncode, again.stdout, again.stderr) == (0, expected, "")


def test_a_folder_of_safetensors_is_fetched_and_answers(typed, run, lm_folder):
    with Hub({path.name: path.read_bytes() for path in lm_folder.iterdir()}) as server:
        done = typed("organisation/name", HF_ENDPOINT=server.url)
        assert len(server.asked) == 1 + len([path for path in server.files if not path.endswith(".md")])
    assert done.returncode == 0, done.stderr
    assert done.stdout == run("prob", "The cat", "-q", "--model", str(lm_folder)).out
    again = typed("organisation/name", HF_HUB_OFFLINE="1")
    assert (again.returncode, again.stdout) == (0, done.stdout)


def test_a_killed_download_goes_on_where_it_was(served, environ, expected, typed):
    served.pause_s = SLOW_S
    started = subprocess.Popen([*LINE, "organisation/name:a.gguf"], env=environ | {"HF_ENDPOINT": served.url})
    end = time.monotonic() + 60
    while not begun(environ) and time.monotonic() < end:
        time.sleep(SLOW_S)
    started.kill()
    started.wait()
    had, served.pause_s = begun(environ), 0
    done = typed("organisation/name:a.gguf", HF_ENDPOINT=served.url)
    assert (done.returncode, done.stdout) == (0, expected), done.stderr
    assert served.gets()[-1].headers["range"] == f"bytes={had}-"


def begun(environ):
    """Bytes of files that are not whole yet."""
    return sum(path.stat().st_size for path in Path(environ["HF_HOME"]).rglob("*.incomplete"))


@pytest.mark.skipif(os.name == "nt", reason="Windows has no pseudo-terminals")
def test_a_terminal_sees_how_far_it_is(served, environ, expected):
    import pty

    served.pause_s = SLOW_S
    ours, theirs = pty.openpty()
    variables = environ | {"HF_ENDPOINT": served.url, "TERM": "xterm"}
    started = subprocess.Popen(
        [*LINE, "organisation/name:a.gguf"], env=variables, stdout=subprocess.PIPE, stderr=theirs, text=True
    )
    os.close(theirs)
    seen = b"".join(iter(lambda: read(ours), b"")).decode()
    assert started.communicate()[0] == expected
    assert "fetching organisation/name:a.gguf, MiB" in seen
    assert re.search(r"[34] of 4", seen)


def read(terminal):
    try:
        return os.read(terminal, 2**16)
    except OSError:  # Linux says so at the end
        return b""


def test_a_pipe_hears_lines_and_sees_no_bar(served, typed):
    served.pause_s = SLOW_S
    told = typed("organisation/name:a.gguf", HF_ENDPOINT=served.url).stderr
    assert "\x1b" not in told
    assert "\r" not in told
    assert all(line.startswith("llmlab: fetching organisation/name:a.gguf") for line in told.splitlines())
    assert re.search(r"MiB: [34] of 4", told.splitlines()[-1])


@pytest.mark.parametrize(
    ("model", "variables", "code", "parts"),
    [
        (
            "organisation/none",
            {"HF_HUB_OFFLINE": "1", "HF_ENDPOINT": "https://huggingface.co"},
            1,
            [
                "cannot fetch organisation/none from huggingface.co: HF_HUB_OFFLINE is set",
                "unset HF_HUB_OFFLINE",
                "gemma-3-270m",
            ],
        ),
        (
            "organisation/none",
            {"HF_ENDPOINT": "http://127.0.0.1:9"},
            1,
            ["cannot fetch organisation/none from 127.0.0.1:9", "a folder or a .gguf file", "all-minilm-l6-v2"],
        ),
        (
            "organisation/none",
            {},
            2,
            ["shows no model organisation/none; check the name (there is no folder organisation/none)"],
        ),
        ("organisation/name@v9", {}, 2, ["organisation/name has no revision 'v9'"]),
        (
            "organisation/name",
            {},
            2,
            ["several GGUF models; give organisation/name:FILE, where FILE is one of a.gguf (5"],
        ),
        ("ollama:none", {"OLLAMA_MODELS": "/none"}, 1, ["ollama:none: no models of Ollama in /none"]),
    ],
)
def test_what_cannot_be_had_is_one_line(served, typed, model, variables, code, parts):
    done = typed(model, **{"HF_ENDPOINT": served.url, **variables})
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (code, "", 1), done.stderr
    for part in parts:
        assert part in done.stderr
