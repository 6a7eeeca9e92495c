"""The process around the command line: its standard streams, the signals that end it, its exit code."""

import os
import signal
import sys
from types import FrameType

from llmlab.errors import Exit

STANDARD = (0, 1, 2)  # stdin, stdout, stderr


class Terminated:
    """SIGTERM unwinds the process as Ctrl-C does, so that nothing half made is left behind; its exit code is its own.

    Where a parent has made the process deaf to it, it stays so.
    """

    def __init__(self) -> None:
        self._asked = False
        if signal.getsignal(signal.SIGTERM) == signal.SIG_DFL:
            signal.signal(signal.SIGTERM, self._end)

    def code(self, code: int) -> int:
        return Exit.TERMINATED if self._asked and code == Exit.INTERRUPTED else code

    def _end(self, number: int, frame: FrameType | None) -> None:
        self._asked = True
        raise KeyboardInterrupt


def fill_standard_streams() -> None:
    """Open what the shell has closed (`2>&-`): else the next file that is opened would get what is written there."""
    for number in STANDARD:
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest number that is free
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115  # as long as the process
