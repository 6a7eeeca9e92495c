"""How long work tells the user that it goes on, without knowing where the words go.

What is done in two seconds says nothing.
"""

import math
import time
from collections import deque
from collections.abc import Callable
from contextlib import AbstractContextManager
from threading import Lock, Timer
from typing import Protocol

from llmlab.language import clauses, later, tr

PATIENCE_S = 2  # nobody is left without a word for longer
MINUTE_S = 60  # nor without a line of long work
STEP_S, LATELY_S = 0.5, 60  # how often, and how far back, the speed is looked at
FEWEST = 2  # points that a speed is of
TEN = 10  # a second: below, a speed has a decimal
Progress = Callable[[int, int], None]  # (done, total)


class Resumed(Protocol):
    """The same of work that goes on: how many of those done were `known`, which says nothing of its speed."""

    def __call__(self, done: int, total: int, known: int = 0) -> None: ...


class Reporter(Protocol):
    """Where messages and progress go: stderr on the command line, nowhere in tests."""

    def say(self, message: str) -> None: ...

    def detail(self, message: Callable[[], str]) -> None:
        """Say it to who asked to be told more; it is put into words for nobody else."""

    def progress(self, label: str) -> AbstractContextManager[Progress]: ...


def silent(done: int, total: int, known: int = 0) -> None:
    """The progress that nobody watches."""


class Watch:
    """Work that is watched: after two seconds, and each minute, something is said, whether it came forward or not."""

    def __init__(self, said: "Said") -> None:
        self._said = said
        self._lock = Lock()  # the timer has a thread of its own
        self._over = False
        self._wait(PATIENCE_S)

    def update(self, done: int, total: int, known: int = 0) -> None:
        with self._lock:
            self._said.update(done, total, known)

    def end(self) -> None:
        with self._lock:
            self._timer.cancel()
            self._over = True
            self._said.end()

    def _wait(self, seconds: float) -> None:
        self._timer = Timer(seconds, self._begin)
        self._timer.daemon = True
        self._timer.start()

    def _begin(self) -> None:
        """Say something, and again when a minute is over: half of a long window is read before its first answer."""
        with self._lock:
            if not self._over:
                self._said.begin()
                self._wait(MINUTE_S)


class Said(Protocol):
    def begin(self) -> None:
        """Say that there is work, unless something was said of late."""

    def update(self, done: int, total: int, known: int) -> None: ...

    def end(self) -> None: ...


class Pace:
    """How far work is, how fast it goes of late, and how long it will take."""

    def __init__(self) -> None:
        self._done = self._total = self._known = 0
        self._last = (time.monotonic(), 0)  # what is new
        self._seen = deque([self._last])

    def add(self, done: int, total: int, known: int = 0) -> None:
        now = time.monotonic()
        if known > self._known and done == known:  # nothing is new yet: the pace begins now
            self._seen = deque([(now, 0)])
        self._done, self._total, self._known = done, total, known
        self._last = (now, done - known)  # of many that come at once the last
        if now - self._seen[-1][0] >= STEP_S:
            self._seen.append(self._last)
            while now - self._seen[0][0] > LATELY_S and len(self._seen) > FEWEST:
                self._seen.popleft()

    @property
    def told(self) -> str:
        """In words, such as 12,300 of 1,000,000, 410/s, 40 min left."""
        speed = [tr("{rate}/s", rate=f"{rate:,.0f}" if rate >= TEN else f"{rate:.2g}")] if (rate := self._rate) else []
        return clauses([self._far, *speed, *self._left])

    @property
    def brief(self) -> str:
        """The same without the speed."""
        return clauses([self._far, *self._left])

    @property
    def _far(self) -> str:
        far = later("{done:,} of {total:,}") if self._total else later("{done:,}")
        return tr(far, done=self._done, total=self._total)

    @property
    def _left(self) -> list[str]:
        rate, left = self._rate, self._total - self._done
        return [_left(left / rate)] if rate and left > 0 else []

    @property
    def _rate(self) -> float:
        """Of late, a second; 0 where nothing is known."""
        (first, before), (last, done) = self._seen[0], self._last
        return (done - before) / (last - first) if last - first >= STEP_S else 0.0


def _left(seconds: float) -> str:
    """How long that is, in words."""
    minutes = round(seconds / 60)
    if minutes < 1:
        return tr("{seconds} s left", seconds=math.ceil(seconds))
    if minutes < 60:
        return tr("{minutes} min left", minutes=minutes)
    return tr("{hours:,} h {minutes} min left", hours=minutes // 60, minutes=minutes % 60)


class Lines:
    """A line when patience ends, then one each tenth of the work, and one a minute at least."""

    def __init__(self, say: Callable[[str], None], label: str) -> None:
        self._say, self._label, self._pace = say, label, Pace()
        self._tenth, self._told = 0, -1
        self._begun = False  # whether it is known how far the work is
        self._start = self._last = time.monotonic()

    def begin(self) -> None:
        """Say how far it is, where that has not been said."""
        now = time.monotonic()
        if self._tenth > self._told or now - self._last >= MINUTE_S:
            self._told, self._last = self._tenth, now
            far = later("{label}: {far}") if self._begun else later("{label} ...")
            self._say(tr(far, label=self._label, far=self._pace.told))

    def update(self, done: int, total: int, known: int = 0) -> None:
        self._pace.add(done, total, known)
        self._begun, self._tenth = True, 10 * done // total if total else 0
        if time.monotonic() - self._start > PATIENCE_S:
            self.begin()

    def end(self) -> None:
        pass
