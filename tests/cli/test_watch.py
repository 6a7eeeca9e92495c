"""Long work tells that it goes on: after two seconds at the latest, whether it has come forward or not."""

import io
import time

import pytest

from llmlab import progress as watch
from llmlab.cli.world import World


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(watch, "PATIENCE_S", 0.02)


def told(err, work):
    with World(argv=[], environ={"COLUMNS": "60", "TERM": "xterm"}, stderr=err).progress("scoring") as progress:
        work(progress)
    return err.getvalue()


def until(err):
    """Wait until something is said."""
    end = time.monotonic() + 10
    while not err.getvalue() and time.monotonic() < end:
        time.sleep(0.005)


def test_a_log_hears_once_of_work_that_says_nothing():
    err = io.StringIO()
    assert told(err, lambda progress: (until(err), time.sleep(0.05))) == "llmlab: scoring ...\n"


def test_a_log_hears_how_far_slow_work_is_before_its_first_tenth():
    err = io.StringIO()
    assert told(err, lambda progress: (progress(1, 40), until(err), progress(2, 40))) == "llmlab: scoring: 0 %\n"


def test_a_terminal_sees_a_bar_of_work_that_says_nothing():
    err = Terminal()
    assert "scoring" in told(err, lambda progress: until(err))


@pytest.mark.parametrize("stream", [io.StringIO, Terminal])
def test_work_that_is_done_at_once_says_nothing_afterwards(stream):
    err = stream()
    assert told(err, lambda progress: None) == ""
    time.sleep(0.06)
    assert err.getvalue() == ""


def test_work_that_fails_is_not_watched_any_longer():
    err = io.StringIO()

    def fail(progress):
        raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011
        told(err, fail)
    time.sleep(0.06)
    assert err.getvalue() == ""
