"""Telling that long work goes on: a bar on a terminal, lines in a log. What is done in two seconds says nothing."""

import time
from threading import Lock, Timer
from typing import TYPE_CHECKING, Protocol

from llmlab.render.safe import harmless

if TYPE_CHECKING:
    from llmlab.cli.world import World

PATIENCE_S = 2  # nobody is left without a word for longer


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


class MovingBar:
    """A bar, which is gone when the work is done."""

    def __init__(self, world: "World", label: str) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        parts = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn())
        console = Console(file=world.stderr, width=world.width)
        self._bars = Progress(*parts, TimeRemainingColumn(), console=console, transient=True)
        self._task = self._bars.add_task(harmless(label), total=None)

    def begin(self) -> None:
        self._bars.start()

    def update(self, done: int, total: int) -> None:
        self._bars.update(self._task, completed=done, total=total or None)

    def end(self) -> None:
        self._bars.stop()


class Tenths:
    """A line when patience ends, then one each tenth of the work."""

    def __init__(self, world: "World", label: str) -> None:
        self._world, self._label, self._told = world, label, -1
        self._tenth = self._total = 0
        self._start = time.monotonic()

    def begin(self) -> None:
        if self._tenth > self._told:
            self._told = self._tenth
            far = f": {10 * self._tenth} %" if self._total else " ..."
            self._world.say(f"{self._label}{far}")

    def update(self, done: int, total: int) -> None:
        self._tenth, self._total = 10 * done // total if total else 0, total
        if time.monotonic() - self._start > PATIENCE_S:
            self.begin()

    def end(self) -> None:
        pass
