"""The verb of the lessons: it lists, shows, runs, checks and projects them, in a pipe as on a terminal."""

import json
import os
import re
import subprocess
import sys

import pytest
from lesson_pages import CHINESE, ENGLISH

from llmlab.lessons import pages
from llmlab.packaged import packaged

pytestmark = pytest.mark.usefixtures("lessons")
REFUSED = [
    ("lesson 7", "there is no lesson 7; there are 6 next, 11 rows"),
    ("lesson rowing", "there is no lesson rowing; there are 6 next, 11 rows"),
    ("lesson --check 2", "--check needs a lesson; for example llmlab lesson 7 --check 0.7"),
    ("lesson --run", "--run needs a lesson; for example llmlab lesson 7 --run"),
    ("lesson 6 --run --check 2", "--run does not go with --check; give one of them"),
    ("lesson 6 --check 2 --slides x.html", "--check does not go with --slides"),
    ("lesson 6 --format json", "--format and --quiet are of the list and of --check"),
    ("lesson 6 --run -q", "--format and --quiet are of the list and of --check"),
    ("lesson 11 --check 2", "lesson 11 has no task to check; read it with: llmlab lesson 11"),
    ("lesson 6 --check high", "the answer to this task is one number"),
    ("lesson 6 --check ''", "the answer to this task is one number"),
    ("lesson 6 --slides x.pdf", "x.pdf is no .html file"),
    ("lesson 6 --slides nowhere/x.html", "there is no such folder"),
    ("lesson --slides 7", "there is no lesson 7"),
    ("lesson --slides all.html", "--slides needs a lesson; for example llmlab lesson 7 --slides all.html"),
    ("lesson 6 --slides", "Option '--slides' requires an argument; see `llmlab lesson --help`"),
]


@pytest.fixture
def state(tmp_path):
    return tmp_path / "state" / "lessons.json"


@pytest.mark.parametrize(("line", "expected"), REFUSED)
def test_what_cannot_be_meant_is_one_line_that_says_what_to_type(refuses, line, expected):
    refuses(line, b"", expected)


# The list


def test_the_list_says_what_is_done_and_what_is_next(tells, lab):
    tells("lesson", b"", ["0 of 2 lessons are done; the next: llmlab lesson 6", "The next word"])
    assert lab("lesson next --check 2").code == 0
    tells("lesson", b"", ["1 of 2 lessons are done; the next: llmlab lesson 11", "✓"])
    assert [one["done"] for one in json.loads(lab("lesson --format json").out)["lessons"]] == [True, False]
    assert lab("lesson -q").out == "next\nrows\n"


def test_a_damaged_file_of_what_is_done_is_said_and_begun_anew(lab, state):
    state.parent.mkdir()
    state.write_text('{"done": ["ne')
    for line in ("lesson", "lesson 6 --check 3"):
        lab(line)
        assert state.read_text() == '{"done": ["ne'
    done = lab("lesson")
    assert (done.code, done.err.count("\n")) == (0, 1)
    assert f"{state} is damaged: which lessons are done is not known" in done.err
    assert lab("lesson 6 --check 2").code == 0
    assert lab("lesson").err == ""
    assert json.loads(state.read_text()) == {"done": ["next"]}


# The page


def test_a_pipe_is_given_the_page_as_it_is(lab):
    assert lab("lesson 6").out == ENGLISH
    assert lab("lesson next --lang zh").out == CHINESE


@pytest.mark.parametrize(("language", "title"), [("en", "6 The next word"), ("zh", "6 下一个词")])
def test_a_terminal_is_given_the_page_drawn(at, language, title):
    done = at("lesson", "6", "--lang", language)
    assert (done.code, done.err) == (0, "")
    said = re.sub(r"\x1b\[[0-9;]*m", "", done.out)
    assert said.startswith(f"{title}\n")
    assert "##" not in said.replace("## 1", "")  # of the session
    assert "06-next" not in said
    assert "<b>Guess</b>" in said or language == "zh"


PATCHED = """
import sys
from pathlib import Path
from llmlab.lessons import pages
folder = Path(sys.argv.pop(1))
pages.folder = lambda: folder
from llmlab.__main__ import start
start()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="has no pseudo-terminals")
@pytest.mark.parametrize(("rows", "paged"), [(24, True), (200, False)])
def test_what_is_longer_than_the_screen_goes_through_the_users_pager(environ, lessons, rows, paged):
    import fcntl
    import pty
    import struct
    import termios

    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, 80, 0, 0))
    own = {**environ, "PAGER": "sed s/^/>/"}
    command = [sys.executable, "-c", PATCHED, str(lessons), "lesson", "6", "--lang", "en"]
    process = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, env=own)
    os.close(slave)
    seen = b""
    while b"fingers" not in seen:
        seen += os.read(master, 1 << 16)
    assert process.wait() == 0
    os.close(master)
    assert (b">" in seen.splitlines()[0]) == paged


# An answer


def test_a_right_answer_is_told_why_and_noted(lab, state):
    done = lab("lesson 6 --check 2")
    assert (done.code, done.err) == (0, "")
    assert done.out == "Right: lesson 6, The next word\n1 + 1 = 2\n"
    assert json.loads(state.read_text()) == {"done": ["next"]}


def test_a_wrong_answer_is_told_why_and_ends_with_1(lab, state):
    done = lab("lesson 6 --check 3")
    assert (done.code, done.out, done.err) == (1, "Not yet: lesson 6, The next word\ncount again\n", "")
    assert not state.exists()


@pytest.mark.parametrize(
    ("line", "stdin", "right"),
    [
        ("--check -", b"2\r\n", True),
        ("--check -", b"3", False),
        ("--check=-2", b"", False),
        ("--check -2", b"", False),
        ("--check ２", b"", True),
    ],
)
def test_an_answer_is_typed_or_piped(lab, line, stdin, right):
    done = lab(f"lesson 6 {line} -f json", stdin)
    assert json.loads(done.out)["right"] is right
    assert done.code == (0 if right else 1)
    assert lab(f"lesson 6 {line} -q", stdin).out == ("right\n" if right else "wrong\n")


def test_a_right_answer_that_cannot_be_kept_is_still_told(lab, state):
    state.parent.write_text("")  # a file where the folder should be
    done = lab("lesson 6 --check 2")
    assert done.out.startswith("Right")
    assert (done.code, "LLMLAB_STATE names another place" in done.err) == (1, True)


def test_a_check_asks_the_lab_of_the_settings(lab, monkeypatch, gguf_file):
    asked = []
    check = sys.modules["llmlab.lessons.checks.next"].check
    monkeypatch.setattr(
        sys.modules["llmlab.lessons.checks.next"],
        "check",
        lambda reply, lab: asked.append(lab.next("The", k=1)) or check(reply, lab),
    )
    assert lab("lesson 6 --check 2").code == 0
    record = json.loads(lab("next The -k 1 -f jsonl").out)
    assert json.loads(json.dumps(asked[0].records()[0])) == record


def test_a_process_of_its_own_does_the_same(environ, lab, monkeypatch):
    monkeypatch.setattr(pages, "folder", lambda: packaged() / "lessons")  # which another process reads
    run = [sys.executable, "-m", "llmlab", "lesson", "-f", "json"]
    done = subprocess.run(run, capture_output=True, text=True, env={**os.environ, **environ}, check=True)
    assert done.stdout == lab("lesson -f json").out
