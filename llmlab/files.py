"""Users' text files and stdin: opened, decoded and cut into lines, blocks or records in one place.

A file is UTF-8. What cannot be read is misuse, and the error names the file and the line. `-` is stdin.
"""

import contextlib
import csv
import gzip
import io
import json
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from io import BufferedIOBase
from pathlib import Path
from typing import Any, Generic, TextIO, TypeVar

from llmlab.errors import DamagedError, MisuseError

BLOCK = 2**16  # characters of a long text read at a time
DELIMITERS = {".csv": ",", ".tsv": "\t"}
STDIN = "-"
T = TypeVar("T")


@dataclass(frozen=True)
class Kind(Generic[T]):
    """What the records of a file are, and how one is read from a JSON object, or from a table's row.

    Both raise ValueError, KeyError, TypeError or IndexError for what is none.
    """

    name: str
    example: str
    of_object: Callable[[dict[str, Any]], T]
    of_row: Callable[[list[str]], T]
    header: str  # a table's first cell that says it is a row of names


@dataclass(frozen=True)
class Files:
    """The files a run reads; stdin is read once."""

    stream: TextIO  # stdin

    @cached_property
    def stdin(self) -> str:
        """All of stdin, without universal newlines. Raises MisuseError for what is not UTF-8, naming the line."""
        return decoded(self.stream.buffer.read(), "stdin")

    def text(self, path: Path | str) -> str:
        """A whole file."""
        if str(path) == STDIN:
            return self.stdin
        with readable(Path(path)):
            return decoded(Path(path).read_bytes(), str(path))

    def lines(self, path: Path | str) -> Iterator[tuple[int, str]]:
        """Lines that hold something, with their numbers; only \\n and \\r\\n end one."""
        for number, line in enumerate(self.text(path).split("\n"), 1):
            if line.strip():
                yield number, line.removesuffix("\r")

    def blocks(self, path: Path) -> tuple[Iterator[str], int]:
        """A long text in blocks that end with a line, or at white space where a line is longer; and its bytes."""
        if str(path) == STDIN:
            return _blocks(io.StringIO(self.stdin, newline="")), len(self.stdin.encode())
        with readable(path):
            size = path.stat().st_size
            return _blocks(path.open(encoding="utf-8", newline="")), size

    def records(self, path: Path, kind: Kind[T]) -> list[T]:
        """jsonl, or csv and tsv by the file's ending; stdin is jsonl. Raises MisuseError for none, or naming a line."""
        found = []
        for number, read in self._readers(path, kind):
            try:
                found.append(read())
            except (ValueError, KeyError, TypeError, IndexError):
                raise MisuseError(f"{path} line {number} is no {kind.name}", kind.example) from None
        if not found:
            raise MisuseError(f"{path} holds no {kind.name}s", f"one {kind.name} a line")
        return found

    def _readers(self, path: Path, kind: Kind[T]) -> Iterator[tuple[int, Callable[[], T]]]:
        """How to read each record, with its line."""
        if path.suffix not in DELIMITERS:
            for number, line in self.lines(path):
                yield number, lambda line=line: kind.of_object(json.loads(line))  # type: ignore[misc]
            return
        reader = csv.reader(io.StringIO(self.text(path), newline=""), delimiter=DELIMITERS[path.suffix])
        for row in reader:
            if row and not (reader.line_num == 1 and row[0] in (kind.header, f"sentence_{kind.header}")):
                yield reader.line_num, lambda row=row: kind.of_row(row)  # type: ignore[misc]


def decoded(raw: bytes, name: str) -> str:
    """Bytes as UTF-8. Raises MisuseError naming the line that is none."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise not_utf8(name, raw[: error.start].count(b"\n") + 1) from None


def not_utf8(name: str, line: int = 0) -> MisuseError:
    where = f" (line {line})" if line else ""
    return MisuseError(f"{name} is not UTF-8{where}", "convert it first, for example with iconv")


GROUPS = ("UID", "group", "field")  # the first of these that a record has names its group


def group_of(record: dict[str, Any]) -> str:
    return next((str(record[name]) for name in GROUPS if name in record), "")


def filled(text: object) -> str:
    """A text that must be there and must not be empty."""
    if not isinstance(text, str) or not text:
        raise ValueError("a text is missing")
    return text


def packed(path: Path) -> bool:
    return path.suffix.lower() == ".gz"


@contextlib.contextmanager
def opened(path: Path) -> Iterator[BufferedIOBase]:
    """The bytes of a file, unpacked as they are read."""
    with readable(path), gzip.open(path) if packed(path) else path.open("rb") as file:
        yield file


@contextlib.contextmanager
def readable(path: Path) -> Iterator[None]:
    """Say in the user's words why a file cannot be read."""
    try:
        yield
    except (EOFError, gzip.BadGzipFile, zlib.error):
        raise DamagedError(f"{path} is no whole gzip file", "fetch or pack it again") from None
    except OSError as error:
        raise MisuseError(f"cannot read {path}: {error.strerror or error}", "check the file's name") from None


def _blocks(stream: TextIO) -> Iterator[str]:
    rest = ""
    with stream:
        try:
            while text := stream.read(BLOCK):
                block = rest + text
                cut = max(block.rfind("\n"), block.rfind(" ") - 1 if "\n" not in block else -1) + 1
                yield block[: cut or len(block)]
                rest = block[cut or len(block) :]
        except UnicodeDecodeError:
            raise not_utf8(stream.name) from None
    if rest:
        yield rest
