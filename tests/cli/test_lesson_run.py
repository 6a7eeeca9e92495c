"""A lesson's commands are run one by one: at a terminal each waits for Enter, in a pipe none does."""

import io
import re
import sys
from pathlib import Path

import pytest
from lesson_pages import COMMANDS

from llmlab.cli import sessions
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


def test_models_stay_open_from_one_command_to_the_next(environ):
    out = io.StringIO()
    world = World(["lesson"], environ, None, out, io.StringIO())
    speak("en")
    assert [sessions.run_one(world, "llmlab next The -k 1") for _ in range(2)] == [0, 0]
    assert world.library().causal_lm("") is world.library().causal_lm("")
    inner = World([], environ)
    world.lend(inner)
    assert inner.library() is world.library()


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

    monkeypatch.setattr("llmlab.cli.options.ModelOptions.causal_lm", interrupted)
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
