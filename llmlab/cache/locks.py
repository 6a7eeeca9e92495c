"""Locks: nobody else makes a folder meanwhile, and who waits is told for whom.

The system frees a lock when its process ends, however it ends. The lock's file says whose it is, for people alone.
"""

import platform
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from os import getpid
from pathlib import Path

from llmlab.language import later, tr
from llmlab.progress import Reporter

WAITING = later("another llmlab is making {name}; waiting for it")
FOR = later("another llmlab (process {pid}) is making {name}; waiting for it")
ELSEWHERE = later("another llmlab (process {pid} on {host}) is making {name}; waiting for it")
GONE = later("process {pid}, which made {name}, is gone, and something that it started holds its lock; waiting for it")


def lock_of(folder: Path) -> Path:
    """The file whose lock is a folder's."""
    return folder.with_name(f".{folder.name}.lock")


def locked(folder: Path, reporter: Reporter, waits: str = "", name: str = "") -> AbstractContextManager[object]:
    """Nobody else makes the folder meanwhile; who waits is told so of `name`, or what `waits` says instead."""
    from filelock import FileLock, Timeout

    lock = FileLock(lock_of(folder))
    try:
        held = lock.acquire(timeout=0)
    except Timeout:
        reporter.say(tr(waits) if waits else _holder(folder, name or folder.name))
        held = lock.acquire()
    with suppress(OSError):  # where nobody else may write to what is locked, neither may this
        lock_of(folder).write_text(f"{getpid()} {platform.node()}", encoding="utf-8")
    return held


@contextmanager
def unless_held(folder: Path) -> Iterator[bool]:
    """Hold the lock of a folder and say so; False, at once, where somebody makes or removes the folder."""
    from filelock import FileLock, Timeout

    lock = FileLock(lock_of(folder))
    try:
        held = lock.acquire(timeout=0)
    except Timeout:
        yield False
        return
    with held:
        yield True


def free(folder: Path) -> None:
    """Delete the lock of a folder, unless somebody has it: who waits for a deleted one takes a new one."""
    with unless_held(folder) as mine:
        if mine:
            lock_of(folder).unlink()


def _holder(folder: Path, name: str) -> str:
    """For whom it is waited."""
    with suppress(OSError, ValueError):
        pid, host = lock_of(folder).read_text(encoding="utf-8").split(" ", 1)
        gone = Path("/proc/self").exists() and not Path("/proc", pid).exists()
        said = ELSEWHERE if host != platform.node() else GONE if gone else FOR
        return tr(said, pid=int(pid), host=host, name=name)
    return tr(WAITING, name=name)
