"""A lesson's commands are run one by one: at a terminal each waits for Enter, in a pipe none does."""

import io
import re
import sys
from pathlib import Path

import pytest
from lesson_pages import COMMANDS

from llmlab.cli import main, sessions
from llmlab.cli.world import World
from llmlab.language import speak
from llmlab.packaged import packaged

pytestmark = pytest.mark.usefixtures("lessons")


@pytest.fixture
def environ(environ, gguf_file):
    return {**environ, "LLMLAB_MODEL": str(gguf_file)}


def test_in_a_pipe_all_commands_are_run_one_after_the_other(lab, environ, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)  # where no configs lies
    done = lab("lesson 6 --run")
    assert done.code == 0, done.err
    alone = [lab("next The -k 3").out, "a\n", lab(f"embed 小明 小红 --space {packaged() / 'exercises/people.csv'}").out]
    shown = [f"$ {command}\n{output}" for command, output in zip(COMMANDS, alone, strict=True)]
    assert done.out == "\n".join(shown)
    assert Path.cwd() == tmp_path


def test_models_stay_open_from_one_command_to_the_next(environ, monkeypatch):
    libraries = []
    make = World._make_library
    monkeypatch.setattr(World, "_make_library", lambda *options: libraries.append(1) or make(*options))
    out = io.StringIO()
    world = World(["lesson"], environ, None, out, io.StringIO())
    speak("en")
    assert [sessions.run_one(world, "llmlab next The -k 1") for _ in range(2)] == [0, 0]
    assert [sessions.recorded(world, "llmlab next The -k 1")[0] for _ in range(2)] == [0, 0]
    assert len(libraries) == 1


@pytest.mark.parametrize(("typed", "ran"), [("", 0), ("q\n", 0), ("\nq\n", 1), ("\n\n Q \n", 2), ("\n\n\n", 3)])
def test_at_a_terminal_each_command_is_shown_and_waits(at, typed, ran):
    done = at("lesson", "6", "--run", typed=typed)
    out = done.out
    assert done.code == 0, done.err
    shown = re.findall(r"^\$ (.*)$", out, re.MULTILINE)
    assert shown == list(COMMANDS[: min(ran + 1, 3)])
    assert "The likeliest of all tokens:\n\n$ " in out  # what is said of the first
    assert ("is the likeliest next" in out, "\na\n" in out, "小红" in out.rpartition("$")[2][60:]) == (
        ran > 0,
        ran > 1,
        ran > 2,
    )


def test_an_interrupt_ends_the_run_with_one_word(at, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("llmlab.cli.model_options.ModelOptions.causal_lm", interrupted)
    done = at("lesson", "6", "--run", typed="\n\n\n")
    assert (done.code, done.err.count("interrupted")) == (130, 1)
    assert done.out.count("$ ") == 1
    monkeypatch.setattr(World, "ask", interrupted)
    done = at("lesson", "6", "--run")
    assert (done.code, done.err) == (130, "llmlab: interrupted\n")


def test_a_command_that_fails_is_no_end_and_tells(lab, lessons):
    page = "# 11 Rows\n\n```console\n$ llmlab space show none\n$ false | exit 3\n$ printf a | cat\n```\n"
    (lessons / "11-rows.en.md").write_text(page, "utf-8")
    done = lab("lesson 11 --run")
    assert done.code == 3
    assert done.out.endswith("$ printf a | cat\na")
    assert "none" in done.err


def test_a_shell_finds_this_llmlab_its_settings_and_its_language(lab, lessons, tmp_path):
    own = tmp_path / "own.toml"
    own.write_text("[neighbors]\nk = 7\n")
    page = "# 11 行\n\n```console\n$ echo $LLMLAB_LANG $LLMLAB_CONFIG | cat; command -v python\n```\n"
    (lessons / "11-rows.zh.md").write_text(page, "utf-8")
    done = lab(f"--config {own} lesson 11 --run --lang zh")
    language, config, python = done.out.split("\n", 1)[1].split()
    assert (language, Path(config)) == ("zh", own)
    assert Path(python).parent == Path(sys.executable).parent


def test_what_is_named_from_here_is_found_and_made_here(lab, environ, lessons, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("own.toml").write_text("[neighbors]\nk = 2\n")
    environ |= {"LLMLAB_CACHE": "own-cache", "LLMLAB_STATE": "own-state"}
    commands = (
        "llmlab space import mine configs/exercises/characters.csv",
        "llmlab neighbors 神 --space mine -f csv",
        "llmlab neighbors 神 --space mine -f csv | cat",
    )
    (lessons / "11-rows.en.md").write_text("# 11 Rows\n\n```console\n$ " + "\n$ ".join(commands) + "\n```\n", "utf-8")
    done = lab("--config own.toml lesson 11 --run")
    assert done.code == 0, done.err
    alone, by_shell = (part.split() for part in re.split(r"^\$ .*", done.out, flags=re.MULTILINE)[2:])
    assert alone == by_shell
    assert len(alone) == 1 + 2  # the header, and not all 4
    assert (tmp_path / "own-cache" / "spaces" / "mine").is_dir()


def test_a_shell_finds_what_the_program_has_where_the_user_is(lab, lessons, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    page = (
        "# 11 Rows\n\n```console\n$ head -1 configs/exercises/people.csv > first.txt\n$ echo a/configs/b | cat\n```\n"
    )
    (lessons / "11-rows.en.md").write_text(page, "utf-8")
    assert lab("lesson 11 --run").out.endswith("\na/configs/b\n")
    people = (packaged() / "exercises" / "people.csv").read_text("utf-8")
    assert (tmp_path / "first.txt").read_text("utf-8") == people.partition("\n")[0] + "\n"


def test_without_a_shell_its_command_fails_and_the_others_are_run(lab, monkeypatch):
    monkeypatch.setattr(sessions.shutil, "which", lambda *_, **__: None)
    done = lab("lesson 6 --run")
    assert (done.code, done.err) == (
        1,
        "llmlab: no sh is installed, which this command needs; run what stands before the first |\n",
    )
    assert re.findall(r"^\$ (.*)$", done.out, re.MULTILINE) == list(COMMANDS)


class Leaving(io.StringIO):
    """A pipe whose reader goes when it is given this; what is written after that goes nowhere."""

    def __init__(self, last, file):
        super().__init__()
        self.last, self.file = re.compile(last), file

    def write(self, text):
        if self.last and self.last.search(text):
            self.last = None
            raise BrokenPipeError
        return super().write(text)

    def fileno(self):
        return self.file.fileno()


@pytest.mark.parametrize(
    ("last", "ran"), [(r"^\$ llmlab next", 0), ("is the likeliest next", 1), ("^a\n", 2), ("x^", 3)]
)
def test_when_nobody_reads_no_other_command_is_run(environ, tmp_path, monkeypatch, last, ran):
    commands = []
    run_one = sessions.run_one
    monkeypatch.setattr(sessions, "run_one", lambda world, one: commands.append(one) or run_one(world, one))
    with (tmp_path / "out").open("w") as file:
        world = World(["lesson", "6", "--run", "--lang", "en"], environ, None, Leaving(last, file), io.StringIO())
        assert main(world) == 0
    assert tuple(commands) == COMMANDS[:ran]


def test_an_interrupt_shows_its_traceback_where_it_is_asked_for(at, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("llmlab.cli.model_options.ModelOptions.causal_lm", interrupted)
    for line in (("next", "The"), ("lesson", "6", "--run")):
        done = at("--debug", *line, "--lang", "en", typed="\n\n\n")
        assert (done.code, done.err.count("Traceback"), done.err.count("in interrupted")) == (130, 1, 1)
        assert "Traceback" not in at(*line, "--lang", "en", typed="\n\n\n").err
