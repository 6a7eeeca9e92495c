"""What leaves a command: nothing that steers a terminal, whatever files, models and spaces are called."""

import io
import os
import re

import pytest

from llmlab.cli.world import World


class Terminal(io.StringIO):
    """What somebody watches."""

    def isatty(self):
        return True


NAME = "a\x1b[31m\u202eb"  # turns a terminal red, and the line around
SHOWN = "a<1B>[31m<202E>b"


@pytest.fixture
def cache(tmp_path):
    """A cache of its own for each test."""
    return tmp_path / "cache"


@pytest.fixture(autouse=True)
def files(tmp_path, monkeypatch):
    """Files of this name lie where the command runs."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / f"{NAME}.csv").write_text("word,x\nlove,1\nlove\n", encoding="utf-8")
    (tmp_path / f"{NAME}.jsonl").write_text("[1]\n", encoding="utf-8")
    (tmp_path / f"{NAME}.bytes").write_bytes(b"\xff")
    (tmp_path / f"{NAME}.vec").write_text("love 1 2\ncat 2 1\n", encoding="utf-8")
    (tmp_path / NAME).mkdir()


@pytest.mark.parametrize(
    "line",
    [
        "neighbors love --space '{0}.csv'",
        "neighbors dog --space '{0}.vec'",
        "neighbors love --space '{0}.nowhere'",
        "neighbors love --spaces '{0},mine'",
        "space import mine '{0}.csv'",
        "space import mine '{0}.nowhere'",
        "space import '{0}' x.vec",
        "space show '{0}'",
        "space eval '{0}.vec' --analogies '{0}.jsonl'",
        "pairs '{0}.jsonl'",
        "pairs '{0}.nowhere'",
        "choose '{0}.jsonl'",
        "choose '{0}.nowhere'",
        "perplexity '{0}.bytes' MODEL",
        "calibration '{0}.bytes' MODEL",
        "generate --prompts '{0}.bytes'",
        "generate a --out '{0}.jsonl' MODEL",
        "generate a --out '{0}/no/where' MODEL",
        "generate a --preset '{0}'",
        "prob a --model '{0}'",
        "prob a --model '{0}.nowhere'",
        "prob a --by '{0}'",
        "prob a '--{0}'",
        "models show '{0}.nowhere'",
        "--config '{0}.nowhere' models list",
        "--config '{0}.csv' models list",
        "'{0}'",
        "space '{0}'",
    ],
)
def test_a_name_never_steers_the_terminal(lab, line):
    done = lab(line.format(NAME))
    assert done.code in (1, 2), done
    assert done.out == ""
    assert_harmless(done.err)
    assert all(told.startswith("llmlab: ") for told in done.err.splitlines())


def test_a_name_is_shown_with_its_codes(lab):
    done = lab(f"pairs '{NAME}.jsonl'")
    assert done.err.startswith(f"llmlab: {SHOWN}.jsonl line 1 is no pair")


@pytest.mark.parametrize("form", ["table", "json", "jsonl", "csv", "tsv"])
@pytest.mark.parametrize(
    "line", ["neighbors love --space '{0}.vec'", "neighbors love --spaces '{0}.vec,mine'", "space show mine"]
)
def test_no_picture_or_record_holds_what_steers_a_terminal(lab, line, form):
    assert lab(f"space import mine '{NAME}.vec'").code == 0
    done = lab(f"{line.format(NAME)} -f {form}")
    assert done.code == 0, done.err
    assert_harmless(done.out)
    assert_harmless(done.err)


def assert_harmless(text):
    assert "\x1b" not in text
    assert "\u202e" not in text


@pytest.mark.parametrize(
    ("argv", "language"),
    [
        (["--lang", "zh", "prob", "a", "--lang=en"], "en"),
        (["--lang=en", "prob", "a", "--lang", "zh"], "zh"),
        (["--lang", "zh", "prob", "--", "--lang=en"], "zh"),  # what follows -- is text
    ],
)
def test_of_two_languages_the_last_counts(argv, language):
    assert World(argv=argv, environ={}).language == language


def test_a_message_is_one_line_whatever_it_holds():
    err = io.StringIO()
    World(argv=[], environ={}, stderr=err).say("no\nspace\x07  is\tcalled \x1b[2J")
    assert err.getvalue() == "llmlab: no space<07> is called <1B>[2J\n"


@pytest.mark.parametrize("width", [40, 80])
def test_a_terminal_gets_a_message_in_lines_broken_between_words(width):
    message = "prob needs TEXT...; for example: llmlab prob 'He likes movie.' 1,234.5 " * 3
    err = Terminal()
    World(argv=[], environ={"COLUMNS": str(width)}, stderr=err).say(message)
    lines = err.getvalue().splitlines()
    assert len(lines) > 2
    assert max(map(len, lines)) <= width
    assert " ".join(lines).split() == ["llmlab:", *message.split()]


def test_progress_of_a_log_is_a_line_when_patience_ends_and_a_line_a_tenth(monkeypatch):
    err, now = io.StringIO(), iter(range(0, 1000, 3))
    monkeypatch.setattr("time.monotonic", lambda: next(now))
    with World(argv=[], environ={}, stderr=err).progress("scoring \x1b[31m") as progress:
        for done in range(1, 41):
            progress(done, 40)
    lines = [re.fullmatch(r"llmlab: scoring <1B>\[31m: (\d+) of 40, .*", line) for line in err.getvalue().splitlines()]
    told = [int(line[1]) for line in lines]
    assert {10 * done // 40 for done in told} == set(range(11))
    assert told == sorted(set(told))


def test_short_work_says_nothing():
    err = io.StringIO()
    with World(argv=[], environ={}, stderr=err).progress("scoring") as progress:
        progress(1, 1)
    assert err.getvalue() == ""


@pytest.mark.parametrize(("columns", "width"), [("40", 40), ("132", 132)])
def test_the_width_is_that_of_columns(columns, width):
    assert World(argv=[], environ={"COLUMNS": columns}).width == width


@pytest.mark.parametrize("columns", ["", "wide", "-3"])
def test_columns_that_is_no_number_is_passed_over(columns, monkeypatch):
    monkeypatch.setattr("os.get_terminal_size", lambda number: os.terminal_size((97, 24)))
    assert World(argv=[], environ={"COLUMNS": columns}).width == 97


def test_debug_says_how_many_threads_compute_on_how_many_cores(run, environ, monkeypatch, gguf_file):
    monkeypatch.setattr("llmlab.threads.cores", lambda: 3)
    environ.pop("OMP_NUM_THREADS", None)
    environ["GOMP_SPINCOUNT"] = "1000"
    asked = ("tokens", "Hi", "--model", str(gguf_file))
    assert run("--debug", *asked).err.startswith("llmlab: threads: 3, on 3 of ")
    environ["LLMLAB_THREADS"] = "2"
    done = run("--debug", *asked)
    assert done.err.startswith("llmlab: threads: 2, on 3 of ")
    assert "GOMP_SPINCOUNT=1000" in done.err
    assert "threads" not in run(*asked).err
