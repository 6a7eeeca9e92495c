"""Memory foreseen: what something needs at least is compared with what is free, before it is loaded.

A need is what must be there for certain, so that nothing is refused that would have gone: no head-room is added for
what libraries take beside it. Files that are mapped as they lie are read again where memory is short: they count
against a limit of address space alone. What is smaller than LEAST is not looked at.
"""

import math

from llmlab.errors import LabError
from llmlab.language import tr
from llmlab.machine import addresses, memory

LEAST = 64 * 2**20
MIB = 2**20


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


def _mib(need: float, free: float) -> dict[str, float]:
    """Both as they are told: the need rounded up, what is free rounded down."""
    return {"need": math.ceil(need / MIB), "free": max(free // MIB, 0)}
