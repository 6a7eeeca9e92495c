"""Memory foreseen: what something needs at least is compared with what is free, before it is loaded.

A need is what must be there for certain, so that nothing is refused that would have gone: no head-room is added for
what libraries take beside it. Files that are mapped as they lie are read again where memory is short: they count
against a limit of address space alone. What is smaller than LEAST is not looked at.
"""

import errno
import math

from llmlab.errors import LabError
from llmlab.language import tr
from llmlab.machine import addresses, memory

LEAST = 64 * 2**20
MIB = 2**20
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
            tr(
                "{what} needs {need:,.0f} MiB of address space; the limit of this process leaves {free:,.0f} MiB",
                what=what,
                **_mib(written + mapped, left),
            ),
            tr("raise it (ulimit -v), or {hint}", hint=hint),
        )


def lacking(error: Exception) -> bool:
    """Whether an error says that there is no memory: Python's or numpy's, the system's, or a library's in C++."""
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno == errno.ENOMEM
    if isinstance(error, ImportError | OSError) and UNMAPPED in str(error):
        return addresses() < math.inf
    said = isinstance(error, RuntimeError | ImportError | OSError) and any(words in str(error) for words in SAID)
    return said or isinstance(error, MemoryError)


def spent() -> str:
    """What is told of an error that says so, when nothing else is known."""
    if addresses() < math.inf:
        return tr("not enough address space; raise the limit (ulimit -v), or give a smaller model or shorter texts")
    return tr("not enough memory; give a smaller model, fewer samples, or shorter texts")


def _mib(need: float, free: float) -> dict[str, float]:
    """Both as they are told: the need rounded up, what is free rounded down."""
    return {"need": math.ceil(need / MIB), "free": max(free // MIB, 0)}
