"""How long work tells the user that it goes on, without knowing where the words go."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol

Progress = Callable[[int, int], None]  # (done, total)


class Reporter(Protocol):
    """Where messages and progress go: stderr on the command line, nowhere in tests."""

    def say(self, message: str) -> None: ...

    def progress(self, label: str) -> AbstractContextManager[Progress]: ...


def silent(done: int, total: int) -> None:
    """The progress that nobody watches."""
