"""What the process does for scripts: exit codes of signals, streams that are closed or full, colours."""

import os
import re
import signal
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(os.name == "nt", reason="has a shell and signals of its own")
LLMLAB = f"{sys.executable} -m llmlab"
ESCAPE = "\x1b"


@pytest.fixture
def shell(environ, models):
    """What a line of sh comes to; in it GGUF stands for a tiny model."""

    def shell(line, **more):
        for name, words in models.items():
            line = re.sub(rf"\b{name}\b", " ".join(words), line)
        told = {**environ, "LLMLAB": LLMLAB, **more}
        return subprocess.run(["sh", "-c", line], env=told, capture_output=True, text=True, timeout=120, check=False)

    return shell


@pytest.mark.parametrize(
    ("line", "code", "said"),
    [
        (
            "$LLMLAB prob The GGUF >&-",
            1,
            "stdout is closed: nobody would read the answer; leave out >&-, or use > FILE",
        ),
        ("$LLMLAB prob - GGUF <&-", 2, "stdin is closed; give the text as an argument, or pipe it"),
        ("$LLMLAB prob The GGUF > /dev/full", 1, "stdout cannot be written: No space left on device"),
        ("$LLMLAB prob The GGUF -f jsonl > /dev/full", 1, "stdout cannot be written: No space left on device"),
        ("$LLMLAB prob The GGUF -q > /dev/full", 1, "stdout cannot be written: No space left on device"),
        ("PYTHONIOENCODING=ascii $LLMLAB prob 好 GGUF", 1, "set PYTHONIOENCODING=utf-8"),
    ],
)
def test_a_stream_that_cannot_be_used_is_one_line(shell, line, code, said):
    done = shell(line)
    assert (done.returncode, done.stderr.count("\n")) == (code, 1)
    assert said in done.stderr


@pytest.mark.parametrize("closed", ["<&-", "2>&-", "<&- 2>&-"])
def test_a_closed_stream_that_is_not_needed_changes_nothing(shell, closed):
    line = "$LLMLAB prob 'The cat' GGUF -f jsonl"
    assert shell(f"{line} {closed}").stdout == shell(line).stdout != ""


def test_what_is_opened_never_takes_the_place_of_a_closed_stream(shell, tmp_path):
    """With stderr closed a file would be the next number 2, and hold what libraries say."""
    out = tmp_path / "out.jsonl"
    done = shell(f"printf 'The cat\\nsat\\n' | $LLMLAB prob - GGUF --out {out} -f jsonl 2>&-")
    assert (done.returncode, out.read_text()) == (0, done.stdout)


@pytest.mark.parametrize(("name", "code"), [("SIGINT", 130), ("SIGTERM", 143)])
def test_a_signal_ends_a_stream_with_its_number_and_one_line(environ, models, name, code):
    line = [sys.executable, "-m", "llmlab", "generate", "The", "-n", "100000", "-f", "jsonl", *models["GGUF"]]
    with subprocess.Popen(line, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout.readline().startswith(b'{"')
        process.send_signal(getattr(signal, name))
        process.stdout.close()
        *_, last = process.stderr.read().splitlines()
        assert (process.wait(timeout=60), last) == (code, b"llmlab: interrupted")


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_a_signal_while_it_loads_shows_no_traceback(environ, name):
    """Ctrl-C comes at once: from an import on, which is the first that this file of the path hands over."""
    code = (
        "import os, signal, sys\n"
        "class Now:\n"
        "    def find_spec(self, name, *more):\n"
        f"        name == 'llmlab.cli' and os.kill(os.getpid(), signal.{name})\n"
        "sys.meta_path.insert(0, Now())\n"
        "from llmlab.__main__ import start\n"
        "start()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (-getattr(signal, name), "", "")


def test_a_reader_that_has_enough_ends_it_in_silence(shell):
    done = shell("yes 'The cat' | $LLMLAB prob - GGUF -f jsonl | head -3")
    assert (done.returncode, done.stdout.count("\n"), done.stderr) == (0, 3, "")


@pytest.mark.parametrize(
    ("environment", "coloured"),
    [
        ({}, False),
        ({"FORCE_COLOR": "1"}, True),
        ({"FORCE_COLOR": "0"}, False),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
    ],
)
def test_a_pipe_is_coloured_when_that_is_forced(shell, environment, coloured):
    found = shell("$LLMLAB prob 'The cat' GGUF", TERM="xterm-256color", **environment).stdout
    assert (ESCAPE in found) == coloured
    plain = re.sub("\x1b\\[[0-9;]*m", "", found)
    assert plain.splitlines()[-1] == shell("$LLMLAB prob 'The cat' GGUF").stdout.splitlines()[-1]
