"""The bytes of a file, unpacked, and its lines as text: UTF-8, whatever tool wrote it."""

import codecs
import contextlib
import gzip
import io
import itertools
import re
import shlex
import zlib
from collections.abc import Iterable, Iterator
from functools import partial
from io import BufferedIOBase
from pathlib import Path
from typing import Any

from llmlab.errors import DamagedError, MisuseError, reason
from llmlab.language import later, tr

STDIN = "-"
PACKED = {
    b"PK\x03\x04": (
        later("{name} is a zip archive, as an Excel workbook is"),
        later("save the sheet as CSV UTF-8"),
    ),
    b"\x1f\x8b": (later("{name} is packed with gzip"), later("end its name in .gz")),
}
LONGEST = 2**26  # bytes of a line: it is held in memory, several times where it is cut into numbers
UNPACKED = 2**28, 100  # bytes that any gzip file may unpack to; times its size, for others: zeros come to 1,000
UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@contextlib.contextmanager
def opened(path: Path) -> Iterator[BufferedIOBase]:
    """The bytes of a file, unpacked as they are read."""
    with readable(path), io.BufferedReader(_Unpacked(path)) if packed(path) else path.open("rb") as file:
        yield file


class _Unpacked(io.RawIOBase):
    """The bytes of a gzip file. Raises MisuseError for one that is a bomb: a few bytes that unpack to very many."""

    def __init__(self, path: Path) -> None:
        self._path, self._file = path, gzip.open(path)  # noqa: SIM115 - `close` closes it
        self._left = most(path)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        read = self._file.readinto(buffer)
        self._left -= read
        if self._left < 0:
            raise MisuseError(
                tr("{path} unpacks to more than {times} times its size", path=self._path, times=UNPACKED[1]),
                tr("if it is meant to, unpack it with gunzip"),
            )
        return read

    def close(self) -> None:
        self._file.close()
        super().close()


def called(path: Path | str) -> str:
    """What a message calls a file."""
    return "stdin" if str(path) == STDIN else str(path)


def packed(path: Path) -> bool:
    return path.suffix.lower() == ".gz"


def most(path: Path) -> int:
    """The bytes of a file; of a gzip file the most that it may unpack to."""
    size = path.stat().st_size
    least, times = UNPACKED
    return max(least, times * size) if packed(path) else size


def ending(path: Path) -> str:
    """What says the format: the name's ending in lower case, without a further .gz."""
    return Path(path.name.lower().removesuffix(".gz")).suffix


@contextlib.contextmanager
def readable(path: Path) -> Iterator[None]:
    """Say in the user's words why a file cannot be read."""
    try:
        yield
    except (EOFError, gzip.BadGzipFile, zlib.error):
        raise DamagedError(tr("{path} is no whole gzip file", path=path), tr("fetch or pack it again")) from None
    except OSError as error:
        raise MisuseError(
            tr("cannot read {path}: {reason}", path=path, reason=reason(error)), tr("check the file's name")
        ) from None


def raw_lines(file: BufferedIOBase, name: str) -> Iterator[bytes]:
    """The lines of a file with their ends, without the byte order mark that some tools put before the first.

    Raises MisuseError for UTF-16, whose mark is another, for what is packed and does not say so, and for a line of more
    than LONGEST bytes.
    """
    lines = _bounded(file, name)
    first = next(lines, b"")
    for magic, (what, hint) in PACKED.items():
        if first.startswith(magic):
            raise MisuseError(tr(what, name=name), tr(hint))
    if first.startswith(UTF16) or _is_wide_ascii(first):
        raise not_utf8(name, first)
    first = first.removeprefix(codecs.BOM_UTF8)
    if first.endswith(b"\n"):
        return itertools.chain([first], lines)
    return iter(re.findall(rb"[^\r]*\r|[^\r]+", first))  # the whole file: \r ends the lines of old Macs


def _bounded(file: BufferedIOBase, name: str) -> Iterator[bytes]:
    """The lines of a file as they come, none of them longer than LONGEST."""
    for number, line in enumerate(iter(partial(file.readline, LONGEST + 1), b""), 1):
        if len(line) > LONGEST:
            message = tr(
                "{name} line {number:,} is longer than {most} MiB", name=name, number=number, most=LONGEST >> 20
            )
            raise MisuseError(message, tr("break it into lines"))
        yield line


def text_lines(lines: Iterable[bytes], name: str) -> Iterator[tuple[int, str]]:
    """Lines with their ends as text, with their numbers. Raises MisuseError naming the line that is not UTF-8."""
    for number, raw in enumerate(lines, 1):
        try:
            yield number, raw.decode()
        except UnicodeDecodeError:
            raise not_utf8(name, raw, number) from None


def not_utf8(name: str, raw: bytes, line: int = 0) -> MisuseError:
    """The error for bytes that are another encoding's, with what to type where that can be told from them."""
    looks, command = other_encoding(name, raw)
    if line:
        return MisuseError(tr("{name} is not UTF-8 (line {line}){looks}", name=name, line=line, looks=looks), command)
    return MisuseError(tr("{name} is not UTF-8{looks}", name=name, looks=looks), command)


def other_encoding(name: str, raw: bytes) -> tuple[str, str]:
    """What bytes that are not UTF-8 look like, and what to type."""
    likely = _encoding_of(raw)
    looks = tr("; it looks like {encoding}", encoding=likely) if likely else ""
    command = f"iconv -f {likely or 'ENCODING'} -t UTF-8"
    if name == "stdin":
        return looks, tr("put before llmlab: {command} |", command=command)
    path = Path(name)
    files = [shlex.quote(str(one)) for one in (path, path.with_name(f"{path.stem}.utf8{path.suffix}"))]
    return looks, f"{command} {' > '.join(files)}"


def _is_wide_ascii(raw: bytes) -> bool:
    """Whether every second byte is a zero, or nearly, and no other: UTF-16 without its mark."""
    zeros = sorted((raw[::2].count(0), raw[1::2].count(0)))
    return zeros[0] == 0 and 6 <= len(raw) <= 4 * zeros[1]


def _encoding_of(raw: bytes) -> str:
    """UTF-16 by its mark or its zeros; GB18030 where most of what is not ASCII is a common Chinese character."""
    if raw.startswith(UTF16):
        return "UTF-16"
    if _is_wide_ascii(raw):
        return "UTF-16LE" if raw[1] == 0 else "UTF-16BE"
    wide = [c.encode("gb18030") for c in raw.decode("gb18030", errors="replace") if ord(c) > 127]
    common = sum(0xB0 <= c[0] <= 0xD7 and c[1] >= 0xA1 for c in wide)  # the first level of GB 2312: 3,755 characters
    return "GB18030" if 2 * common >= len(wide) > 0 else ""
