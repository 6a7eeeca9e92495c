"""Long work tells that it goes on: after two seconds at the latest, whether it has come forward or not."""

import io
import re
import time

import pytest

from llmlab import progress as watch
from llmlab.cli.watch import MovingBar
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
    assert told(err, lambda progress: (progress(1, 40), until(err), progress(2, 40))) == "llmlab: scoring: 1 of 40\n"


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


@pytest.mark.parametrize(
    ("columns", "shown"),
    [
        (70, r"reading the cache [━╸╺]+ 2,527 of 5,656, 1,472/s, 3 s left"),
        (48, r"reading the cache [━╸╺]+ 2,527 of 5,656, 3 s left"),
        (40, r"reading t… [━╸╺]+ 2,527 of 5,656, 3 s left"),
    ],
)
def test_in_a_short_line_the_speed_goes_first_and_then_the_end_of_the_label(monkeypatch, clock, columns, shown):
    err = Terminal()
    bar = MovingBar(World(argv=[], environ={"COLUMNS": str(columns), "TERM": "xterm"}, stderr=err), "reading the cache")
    clock.now += 2527 / 1472
    bar.update(2527, 5656)
    bar.begin()
    bar.end()
    line = re.sub(r"\x1b\[[0-9?;]*[A-Za-z]", "", err.getvalue()).strip().splitlines()[0]
    assert re.fullmatch(shown, line)
    assert len(line) <= columns


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(watch.time, "monotonic", clock)
    return clock


def test_long_work_says_how_fast_it_goes_and_how_long_it_will_take_once_a_minute(clock):
    said = []
    lines = watch.Lines(said.append, "scoring")
    for second in range(1, 181):
        clock.now += 1
        lines.update(410 * second, 1_000_000)
    assert said == [
        "scoring: 410 of 1,000,000, 410/s, 41 min left",
        "scoring: 25,010 of 1,000,000, 410/s, 40 min left",
        "scoring: 49,610 of 1,000,000, 410/s, 39 min left",
    ]


def test_the_speed_is_that_of_late_and_not_of_what_was_there_already(clock):
    pace = watch.Pace()
    clock.now += 1
    pace.add(500_000, 540_000)  # a file held them
    for second in range(1, 101):
        clock.now += 1
        pace.add(500_000 + 5 * second, 540_000)
    assert pace.told == "500,500 of 540,000, 5/s, 2 h 12 min left"


def test_the_speed_and_the_time_left_are_of_what_is_new_alone(clock):
    pace = watch.Pace()
    for known in range(1, 32):  # read in a minute, for the file is long
        clock.now += 2
        pace.add(known, 300, known)
    assert pace.told == "31 of 300"
    for new in range(1, 11):
        clock.now += 0.2
        pace.add(31 + new, 300, 31)
    assert pace.told == "41 of 300, 5/s, 1 min left"
    pace.add(42, 300, 32)  # another prompt of which some samples are known
    clock.now += 0.6
    pace.add(45, 300, 32)
    assert pace.told == "45 of 300, 5/s, 1 min left"


def test_the_speed_of_what_comes_many_at_a_time_is_that_of_all(clock):
    pace = watch.Pace()
    for batch in range(3):
        clock.now += 10
        for one in range(1, 101):
            pace.add(100 * batch + one, 1000)
    assert pace.told == "300 of 1,000, 10/s, 1 min left"


def test_work_of_unknown_length_says_its_speed_alone(clock):
    pace = watch.Pace()
    clock.now += 10
    pace.add(25, 0)
    assert pace.told == "25, 2.5/s"
    pace.add(25, 26)
    assert pace.told == "25 of 26, 2.5/s, 1 s left"


@pytest.mark.parametrize("stream", [io.StringIO, Terminal])
def test_work_that_says_nothing_for_minutes_is_told_of_each_minute(stream, monkeypatch):
    monkeypatch.setattr(watch, "MINUTE_S", 0.02)
    err = stream()

    def work(progress):
        end = time.monotonic() + 10
        while err.getvalue().count("scoring") < 3 and time.monotonic() < end:
            time.sleep(0.005)

    assert told(err, work).count("scoring") >= 3
