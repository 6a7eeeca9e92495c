"""A terminal, or a pipe, at which one process of llmlab runs one command after another, and all that is drawn there.

Each command ends with its exit code between two marks in what is drawn, so that nothing of one is taken for another's.
"""

import fcntl
import json
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Sequence
from typing import NamedTuple

MOST_S = 120
ENDED = re.compile("\x1e(\\d+)\x1e")
PROMPT = re.compile(r"> $")
READS = re.compile(r"reading what you type; .*\n$")  # where no prompt is shown
STYLED = re.compile(r"\x1b\[[0-9;]*m")
BRACKETED = re.compile(r"\x1b\[\?2004[hl]\r?")  # readline's, around what is typed


class Drawn(NamedTuple):
    code: int
    text: str  # with all that steers the terminal


def terminal(columns: int) -> tuple[int, int]:
    """A pseudo-terminal of so many cells: the end that is read here, and the one that a process is given."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    return ours, theirs


def shell(script: str, environ: dict[str, str], columns: int) -> Drawn:
    """What a shell at a terminal makes of a script, until it ends."""
    ours, theirs = terminal(columns)
    streams = dict.fromkeys(("stdin", "stdout", "stderr"), theirs)
    process = subprocess.Popen(["sh", "-c", script], **streams, env=environ, start_new_session=True)
    os.close(theirs)
    seen = b"".join(iter(lambda: _read(ours), b""))
    os.close(ours)
    return Drawn(process.wait(MOST_S), seen.decode().replace("\r\n", "\n"))


def _read(end: int) -> bytes:
    try:
        return os.read(end, 1 << 16)
    except OSError:  # Linux says so when nobody writes any more
        return b""


class Transcript:
    """One process; `columns` is how wide its terminal is, 0 for a pipe."""

    def __init__(self, environ: dict[str, str], columns: int) -> None:
        reads, self._asks = os.pipe()
        line = [sys.executable, __file__, str(reads)]
        if columns:
            self._end, theirs = terminal(columns)
            streams = dict.fromkeys(("stdin", "stdout", "stderr"), theirs)
        else:
            self._end, theirs = os.pipe()
            streams = {"stdin": subprocess.DEVNULL, "stdout": theirs, "stderr": theirs}
        self._process = subprocess.Popen(line, **streams, env=environ, pass_fds=[reads], start_new_session=True)
        os.close(theirs)
        os.close(reads)
        self._types = bool(columns)

    def run(self, arguments: Sequence[str], typed: Sequence[str] = ()) -> Drawn:
        """What a command draws; each text is typed when it asks for one, where there is a terminal."""
        os.write(self._asks, json.dumps(list(arguments)).encode() + b"\n")
        waiting = list(typed) if self._types else []
        seen, last = b"", time.monotonic() + MOST_S
        while not (ended := ENDED.search(text := seen.decode(errors="replace"))):
            assert time.monotonic() < last, text
            if waiting and PROMPT.search(text):
                os.write(self._end, waiting.pop(0).encode())
                seen += b" "  # so that it is asked for once
            elif waiting and READS.search(text):
                os.write(self._end, "".join(waiting).encode())
                waiting = []
            if select.select([self._end], [], [], 0.1)[0]:
                seen += os.read(self._end, 1 << 16)
        return Drawn(int(ended[1]), text[: ended.start()].replace("\r\n", "\n"))

    def close(self) -> None:
        os.close(self._asks)
        self._process.wait(MOST_S)
        os.close(self._end)


def serve(asked: int) -> None:
    from llmlab.cli import main
    from llmlab.cli.world import World

    with os.fdopen(asked) as lines:
        for line in lines:
            code = main(World(json.loads(line)))
            print(f"\x1e{code}\x1e", end="", flush=True)


if __name__ == "__main__":
    serve(int(sys.argv[1]))
