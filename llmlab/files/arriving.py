"""The lines of stdin as they arrive: whether one is there can be asked without waiting for it."""

import select
import sys
from collections import deque
from io import BufferedIOBase
from time import monotonic

CHUNK = 2**16  # bytes that are read at a time: what a pipe holds, and more than Python holds of it


class Arriving(BufferedIOBase):
    """Lines of a stream from which nobody else reads."""

    def __init__(self, file: BufferedIOBase) -> None:
        self._file = file
        self._lines: deque[bytes] = deque()
        self._rest = bytearray()  # of a line whose end has not come
        self._ended = False

    def readline(self, size: int | None = -1, /) -> bytes:
        """The next line, or so many bytes of it; none after the last."""
        most = sys.maxsize if size is None or size < 0 else size
        while not self._lines and not self._ended and len(self._rest) < most:
            self._take()
        if not self._lines:
            part, self._rest = bytes(self._rest[:most]), self._rest[most:]
            return part
        line = self._lines.popleft()
        if len(line) > most:
            self._lines.appendleft(line[most:])
        return line[:most]

    def ready(self, seconds: float = 0.0) -> bool:
        """Whether a line that holds something, or the end, is there, or comes within so many seconds."""
        end = monotonic() + seconds
        while not self._ended and len(self._lines) < CHUNK and not any(map(bytes.strip, self._lines)):
            if not self._readable(max(0.0, end - monotonic())):
                return False
            self._take()
        return True

    def _take(self) -> None:
        """Read what is there; wait where nothing is."""
        read = self._file.read1(CHUNK)
        self._ended = not read
        self._rest += read
        if b"\n" in read:
            *whole, rest = self._rest.split(b"\n")
            self._lines.extend(bytes(line) + b"\n" for line in whole)
            self._rest = rest
        if self._ended and self._rest:
            self._lines.append(bytes(self._rest))
            self._rest.clear()

    def _readable(self, seconds: float) -> bool:
        try:
            return bool(select.select([self._file], [], [], seconds)[0])
        except (OSError, ValueError):  # a stream in memory never waits; of a pipe Windows does not tell
            return True
