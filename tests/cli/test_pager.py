"""Where a long text goes: to the pager that the user has, and without one as it is."""

import io
import signal
import sys

import pytest

from llmlab.cli import pager
from llmlab.cli.world import World

LONG = "a line\n" * 1000


class Keyboard(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def paged(monkeypatch):
    """What is written of a long text where somebody types, with a PAGER; the rest is the pager's."""

    def paged(asked):
        monkeypatch.setattr(sys, "stdin", Keyboard())
        world = World([], {"PAGER": asked, "TERM": "xterm"}, sys.stdin, io.StringIO(), io.StringIO())
        pager.page(world, LONG)
        return world.stdout.getvalue()

    return paged


@pytest.mark.parametrize("asked", ["", "no-such-pager -R", "'bad", 'less "'])
def test_a_pager_that_is_none_is_done_without(paged, asked):
    assert paged(asked) == LONG


@pytest.mark.skipif(sys.platform == "win32", reason="has no signal that another process sends")
def test_an_interrupt_is_the_pagers_alone_while_it_runs(paged):
    heard = []
    before = signal.signal(signal.SIGINT, lambda *_: heard.append(1))
    interrupts = "import os, signal, sys; sys.stdin.read(); os.kill(os.getppid(), signal.SIGINT)"
    try:
        assert paged(f"{sys.executable} -c '{interrupts}'") == ""
        assert heard == []
        signal.raise_signal(signal.SIGINT)
        assert heard == [1]
    finally:
        signal.signal(signal.SIGINT, before)
