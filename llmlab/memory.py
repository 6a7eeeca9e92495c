"""Memory foreseen: what something needs at least is compared with what is free, before it is loaded.

A need is what must be there for certain, so that nothing is refused that would have gone: no head-room is added for
what libraries take beside it. Files that are mapped as they lie are read again where memory is short: they count
against a limit of address space alone. What is smaller than LEAST is not looked at.

Libraries that find no addresses for what they map, and for their threads, end the process without a word. Where a limit
of address space is set, each is asked for before it is loaded.
"""

import errno
import math
import sys
from collections.abc import Sequence
from types import ModuleType

from llmlab.errors import LabError
from llmlab.language import tr
from llmlab.machine import addresses, memory

LEAST = 64 * 2**20
MIB = 2**20
# MiB of address space that a library takes from its loading till its threads have begun: alone; more where there are
# several; more for each but the first. Measured with 1, 2 and 4 threads of an x86-64 processor with 2 cores: the least
# `ulimit -v` with which neighbors, embed and a product of matrices always went, without what was there before.
FLOORS = {"numpy": (85, 40, 0), "faiss": (235, 360, 100), "ctranslate2": (280, 0, 90), "torch": (500, 25, 0)}
SAID = ("Cannot allocate memory", "bad_alloc", "DefaultCPUAllocator", "can't start new thread")  # C, C++, torch, Python
UNMAPPED = "failed to map segment"  # of a library's file, by glibc: for want of addresses, or where none may be run


def check(what: str, hint: str, *, written: float = 0, mapped: float = 0) -> None:
    """Raise LabError where `what` needs more bytes than are free: of memory, or of address space with its files."""
    if written + mapped < LEAST:
        return
    if written > (free := memory()):
        message = tr(
            "{what} needs {need:,.0f} MiB of memory, and {free:,.0f} MiB are free", what=what, **_mib(written, free)
        )
        raise LabError(message, hint)
    if written + mapped > (left := addresses()):
        raise LabError(
            _without_addresses(what, written + mapped, left), tr("raise it (ulimit -v), or {hint}", hint=hint)
        )


class Floors:
    """A finder of modules that finds none: it says which of these libraries there is no room for."""

    def __init__(self, threads: int) -> None:
        self._threads = threads

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> None:
        """Raise LabError for a library that would end the process."""
        if name not in FLOORS or MIB * (need := floor(name, self._threads)) <= (left := addresses()):
            return
        alone = MIB * floor(name, 1) <= left
        raise LabError(
            _without_addresses(name, MIB * need, left),
            tr("raise it (ulimit -v), or set OMP_NUM_THREADS=1") if alone else tr("raise it (ulimit -v)"),
        )


def floor(library: str, threads: int) -> int:
    """MiB of address space that a library needs with so many threads."""
    alone, several, each = FLOORS[library]
    return alone + (several + each * (threads - 1) if threads > 1 else 0)


def guard(threads: int) -> None:
    """Ask for room before a library is loaded, where a limit of address space is set."""
    if addresses() < math.inf:
        sys.meta_path.insert(0, Floors(threads))


def lacking(error: Exception) -> bool:
    """Whether an error says that there is no memory: Python's or numpy's, the system's, or a library's in C++."""
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno == errno.ENOMEM
    if isinstance(error, ImportError | OSError) and UNMAPPED in str(error):
        return addresses() < math.inf
    said = isinstance(error, RuntimeError | ImportError | OSError) and any(words in str(error) for words in SAID)
    return said or isinstance(error, MemoryError)


def hint(instead: str, otherwise: str = "") -> str:
    """What to do of what may lack addresses where a limit is set: raise it, or the first; where none is, the other."""
    if addresses() < math.inf:
        return tr("raise the limit of address space (ulimit -v), or {hint}", hint=instead)
    return otherwise or instead


def spent() -> str:
    """What is told of an error that says so, when nothing else is known."""
    if addresses() < math.inf:
        return tr("not enough address space; raise the limit (ulimit -v), or give a smaller model or shorter texts")
    return tr("not enough memory; give a smaller model, fewer samples, or shorter texts")


def _without_addresses(what: str, need: float, left: float) -> str:
    return tr(
        "{what} needs {need:,.0f} MiB of address space; the limit of this process leaves {free:,.0f} MiB",
        what=what,
        **_mib(need, left),
    )


def _mib(need: float, free: float) -> dict[str, float]:
    """Both as they are told: the need rounded up, what is free rounded down."""
    return {"need": math.ceil(need / MIB), "free": max(free // MIB, 0)}
