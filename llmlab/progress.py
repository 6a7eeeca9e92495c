"""How long work tells the user that it goes on, without knowing where the words go.

What is done in two seconds says nothing.
"""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from threading import Lock, Timer
from typing import Protocol

from llmlab.language import later, tr

PATIENCE_S = 2  # nobody is left without a word for longer
Progress = Callable[[int, int], None]  # (done, total)


class Reporter(Protocol):
    """Where messages and progress go: stderr on the command line, nowhere in tests."""

    def say(self, message: str) -> None: ...

    def progress(self, label: str) -> AbstractContextManager[Progress]: ...


def silent(done: int, total: int) -> None:
    """The progress that nobody watches."""


class Watch:
    """Work that is watched; after two seconds something is said, whether it has come forward or not."""

    def __init__(self, said: "Said") -> None:
        self._said = said
        self._lock = Lock()  # the timer has a thread of its own
        self._timer = Timer(PATIENCE_S, self._begin)
        self._timer.daemon = True
        self._over = False
        self._timer.start()

    def update(self, done: int, total: int) -> None:
        with self._lock:
            self._said.update(done, total)

    def end(self) -> None:
        self._timer.cancel()
        with self._lock:
            self._over = True
            self._said.end()

    def _begin(self) -> None:
        with self._lock:
            if not self._over:
                self._said.begin()


class Said(Protocol):
    def begin(self) -> None:
        """Say that there is work, unless something was said."""

    def update(self, done: int, total: int) -> None: ...

    def end(self) -> None: ...


class Tenths:
    """A line when patience ends, then one each tenth of the work."""

    def __init__(self, say: Callable[[str], None], label: str) -> None:
        self._say, self._label, self._told = say, label, -1
        self._tenth = self._total = 0
        self._start = time.monotonic()

    def begin(self) -> None:
        if self._tenth > self._told:
            self._told = self._tenth
            far = later("{label}: {percent} %") if self._total else later("{label} ...")
            self._say(tr(far, label=self._label, percent=10 * self._tenth))

    def update(self, done: int, total: int) -> None:
        self._tenth, self._total = 10 * done // total if total else 0, total
        if time.monotonic() - self._start > PATIENCE_S:
            self.begin()

    def end(self) -> None:
        pass
