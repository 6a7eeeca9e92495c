"""The verb of the screen, where there is no screen."""

import sys
from types import SimpleNamespace

import pytest


@pytest.mark.parametrize("line", ["explore", "explore 今天", "explore --word love", "explore --model nobody-has-this"])
def test_without_a_terminal_there_is_no_screen(refuses, line):
    refuses(line, b"", "explore is a screen to play on: it needs a terminal")


def test_an_empty_name_of_a_space_is_no_wish_for_the_settings_own(refuses):
    refuses("explore --space ''", b"", "--space is empty")


def test_without_textual_one_line_says_what_to_install(environ, monkeypatch):
    from llmlab.cli import main
    from llmlab.cli.world import World

    monkeypatch.setitem(sys.modules, "textual", None)
    monkeypatch.delitem(sys.modules, "llmlab.explore.screen", raising=False)
    for name in [name for name in sys.modules if name.startswith("textual.")]:
        monkeypatch.delitem(sys.modules, name)
    said = []
    terminal = SimpleNamespace(isatty=lambda: True)
    err = SimpleNamespace(write=said.append, flush=lambda: None, isatty=lambda: False)
    code = main(World(["explore"], {**environ, "TERM": "xterm"}, terminal, terminal, err))
    assert code == 1
    assert "".join(said) == 'llmlab: the screen needs textual; pip install "llmlab[explore]"\n'


def test_help_needs_no_library(lab):
    done = lab("explore --help")
    assert done.code == 0
    assert "--word" in done.out
    assert "--seed" in done.out
