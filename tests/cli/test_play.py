"""The games at the prompt: through a pipe, on a terminal, interrupted; what goes to stdout and what to stderr."""

import contextlib
import io
import json
import os
import pty
import select
import signal
import subprocess
import sys
import time

import pytest

from llmlab.cli import main
from llmlab.cli.world import World

STORY = "The cat sat on the mat. The dog sat on the mat. The cat and the dog sat on the mat.\n"
SPACE = "word,x,y\nhouse,1,0\nriver,1,1\ngarden,0,1\nbread,1,0.2\nzyzzyva,-1,0\n"
MOST_S = 120
GUESS = "guess STORY --seed 1 --length 3 --by word MODEL"
SECRET = "secret --space SPACE --seed 1"


@pytest.fixture
def models(models, tmp_path):
    for name, text in (("story.txt", STORY), ("space.csv", SPACE)):
        (tmp_path / name).write_text(text, encoding="utf-8")
    return {**models, "STORY": [str(tmp_path / "story.txt")], "SPACE": [str(tmp_path / "space.csv")]}


@pytest.fixture
def asked(lab):
    """The words that GUESS asks for."""
    records = [json.loads(line) for line in lab(f"{GUESS} -f jsonl", b"\n" * 3).out.splitlines()]
    return [record["word"].strip() for record in records]


def test_the_dialogue_is_on_stderr_and_the_result_on_stdout(lab, asked):
    done = lab(GUESS, "\n".join([asked[0], "x", "x", *asked[1:]]).encode())
    assert done.code == 0
    for said in ("Guess the next word until it is right", "seed 1", "x: no", "you have tried that", ": 1 guess;"):
        assert said in done.err
        assert said not in done.out or said == "seed 1"
    assert done.out.splitlines()[1].startswith("By your guesses the text has between ")
    assert "> " not in done.err  # no prompt where nobody types


def test_the_end_of_the_input_ends_the_game_with_what_there_is(lab, asked):
    done = lab(f"{GUESS} -f json", f"{asked[0]}\nx\n".encode())
    document = json.loads(done.out)
    assert (done.code, len(document["guessed"]), document["player"]["right_at_once"]) == (0, 1, 1.0)
    assert lab(f"{GUESS} -q", "\n".join(asked).encode()).out == "0.0\n"
    assert lab(f"{GUESS} -q", b"").out == "nan\n"
    assert "Nothing was guessed." in lab(GUESS, b"").out


def test_ends_of_lines_are_no_part_of_an_answer_and_a_space_is_one(lab, asked):
    done = lab(f"{GUESS} -f jsonl", "\r\n".join(asked).encode())
    assert [json.loads(line)["guesses"] for line in done.out.splitlines()] == [1, 1, 1]
    line = "guess STORY --seed 4 --length 30 --by character -f jsonl MODEL"
    records = [json.loads(record) for record in lab(line, b"\n" * 30).out.splitlines()]
    assert [record["guesses"] for record in records] == [None] * 30
    text = "".join(record["character"] for record in records)
    told = [json.loads(record) for record in lab(line, "\n".join(text).encode()).out.splitlines()]
    assert " " in text
    assert [record["guesses"] for record in told] == [1] * 30


def test_a_seed_is_drawn_and_said(lab):
    done = lab("guess STORY --length 1 -f jsonl MODEL", b"\n")
    assert f"seed {json.loads(done.out)['seed']}\n" in done.err


def test_a_hidden_word_is_found_through_a_pipe(lab):
    told = json.loads(lab(f"{SECRET} -f json", b"!").out)
    done = lab(SECRET, f"nosuch\nzyzzyva\n?\n{told['secret']}\n".encode())
    assert (done.code, told["found"]) == (0, False)
    assert "has no word nosuch" in done.err
    assert "warmer" in done.err
    assert f'The word is "{told["secret"]}": found in 3 guesses, 1 of them a hint.' in done.out
    assert lab(f"{SECRET} -q", told["secret"].encode()).out == "1\n"
    assert lab(f"{SECRET} -q", b"zyzzyva").out == "nan\n"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("guess -", "stdin holds the answers"),
        ("guess nosuchfile.txt", "cannot read nosuchfile.txt"),
        ("guess STORY --length 5000", "too few to guess 5000"),
        ("secret --space ''", "--space is empty"),
        ("secret --language klingon", "no language is called 'klingon'"),
    ],
)
def test_misuse_is_one_line(refuses, line, said):
    refuses(line, b"a\n", said)


def test_a_closed_stdin_is_misuse(environ, models):
    out, err = io.StringIO(), io.StringIO()
    line = ["secret", "--space", *models["SPACE"], "--seed", "1"]
    assert main(World(line, environ, None, out, err)) == 2
    assert "stdin is closed" in err.getvalue()


@pytest.fixture
def terminal(models, tmp_path):
    """A game on a pseudo-terminal: its process, what it writes until a text, what is typed."""
    master, slave = pty.openpty()
    environ = {**os.environ, "LLMLAB_CACHE": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path), "TERM": "xterm"}
    command = "import fcntl, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0)\nfrom llmlab.__main__ import start; start()"
    line = [sys.executable, "-c", command, "secret", "--space", *models["SPACE"], "--seed", "1"]
    streams = dict.fromkeys(("stdin", "stdout", "stderr"), slave)
    process = subprocess.Popen(line, **streams, start_new_session=True, env=environ)
    seen = b""

    def read(until: bytes) -> str:
        nonlocal seen
        end = time.monotonic() + MOST_S
        while until not in seen:
            assert time.monotonic() < end, seen
            if select.select([master], [], [], 0.1)[0]:
                seen += os.read(master, 1 << 16)
        return seen.decode()

    yield process, read, lambda keys: os.write(master, keys)
    process.kill()
    process.wait()
    os.close(master)
    os.close(slave)


def test_on_a_terminal_a_line_is_edited_and_ctrl_d_ends_the_game(terminal):
    process, read, types = terminal
    read(b"1> ")
    types(b"zyzzyvx\x7fa\n")
    read(b"2> ")
    types(b"\x04")
    seen = read(b"zyzzyva-1" if process.wait(MOST_S) else b"cosine:")
    assert process.returncode == 0
    assert "zyzzyva: cosine" in seen
    assert "not found in 1 guess;" in seen


@pytest.mark.parametrize("how", ["typed", "sent"])
def test_ctrl_c_ends_with_130_and_one_line(terminal, how):
    process, read, types = terminal
    read(b"1> ")
    interrupt = {"typed": lambda: types(b"\x03"), "sent": lambda: process.send_signal(signal.SIGINT)}[how]
    for _ in range(10):  # one that comes between the prompt and the reading is seen only with the next
        time.sleep(1)
        interrupt()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(10)
            break
    seen = read(b"interrupted\r\n")
    assert process.wait(MOST_S) == 130
    assert "Traceback" not in seen
