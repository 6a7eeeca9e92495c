"""Users' files and stdin, read in one place: text, lines, records, tables.

A file is UTF-8, with or without a byte order mark, with the line ends of any system, packed with gzip or not; `-` is
stdin. What cannot be read is misuse, and the error names the file and the line.
"""

import codecs
import contextlib
import itertools
import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator
from io import BufferedIOBase
from pathlib import Path
from typing import TextIO, TypeVar

from msgspec import Struct

from llmlab.errors import MisuseError
from llmlab.files.arriving import Arriving
from llmlab.files.opening import STDIN, ending, not_utf8, opened, raw_lines, text_lines
from llmlab.files.records import Kind, listed
from llmlab.files.tables import DELIMITERS, is_blank, parse
from llmlab.language import later, tr
from llmlab.stream import Stream, always

BLOCK = 2**16  # bytes of a long text read at a time
OBJECTS = (".jsonl", ".json", ".ndjson")
LIST = re.compile(r"\[\s*([{\]]|$)")  # of JSON objects; a text may begin with a bracket too
Record = TypeVar("Record", bound=Struct)
T = TypeVar("T")


class Files:
    """The files a run reads. stdin is a stream, and read once; `say` is told of what is left out."""

    def __init__(self, stdin: TextIO | None, say: Callable[[str], None]) -> None:
        self._stdin, self.say = stdin, say
        self._taken = False
        self._arriving: Arriving | None = None

    def text(self, path: Path | str) -> str:
        """A whole file."""
        with self._open(path) as (name, file):
            return "".join(text for _, text in text_lines(raw_lines(file, name), name))

    def lines(self, path: Path | str) -> Iterator[tuple[int, str]]:
        """Lines that hold something, with their numbers, as they come; a \\r among \\n ends none."""
        with self._open(path) as (name, file):
            lines = text_lines(raw_lines(self._arrive(path, file), name), name)
            for number, line in filled(lines, _is_white, name, self.say):
                yield number, line.removesuffix("\n").removesuffix("\r")

    def typed(self) -> Iterator[str]:
        """The lines of stdin as they come, blank ones too, without their ends."""
        with self._open(STDIN) as (name, file):
            for _, line in text_lines(raw_lines(file, name), name):
                yield line.removesuffix("\n").removesuffix("\r")

    def blocks(self, path: Path | str) -> tuple[Iterator[str], int]:
        """A long text in blocks that end with a line, or at white space where a line is longer; and the file's bytes.

        0 bytes where that is not known.
        """
        if str(path) == STDIN:
            return self._blocks(path), 0
        with opened(Path(path)):
            size = Path(path).stat().st_size
        return self._blocks(path), size

    def records(self, path: Path | str, kind: Kind[Record]) -> list[Record]:
        """JSON objects a line or in a list, or a table, by the file's ending or else by how it begins.

        Raises MisuseError for none, or naming a line or column.
        """
        return list(self.each(path, kind))

    def each(self, path: Path | str, kind: Kind[Record]) -> Iterator[Record]:
        """The same as they come; a JSON list is read whole."""
        with self._open(path) as (name, file):
            found = self._read(text_lines(raw_lines(self._arrive(path, file), name), name), name, kind)
            first = next(found, None)
            if first is None:
                raise MisuseError(tr("{name} holds no {kind}s", name=name, kind=tr(kind.name)), tr(kind.example))
            yield from itertools.chain([first], found)

    def counted(self, path: Path | str, read: Callable[["Files"], Iterator[T]]) -> Stream[T]:
        """What is read of a file as it comes, and how many there are: a file that can be read twice is counted first.

        What is wrong anywhere in such a file, or at the beginning of another, is raised now.
        """
        count = self._count(path, read)
        found = read(self)
        first = list(itertools.islice(found, 1))
        return Stream(itertools.chain(first, found), count, self.ready if str(path) == STDIN else always)

    def _count(self, path: Path | str, read: Callable[["Files"], Iterator[T]]) -> int:
        """How many there are; 0 of a pipe. Nothing is said: it will be when the file is read."""
        quiet = Files(self._stdin, lambda message: None)
        if str(path) != STDIN:
            return sum(1 for _ in read(quiet)) if Path(path).is_file() else 0
        if self._taken or not (self._stdin and is_file(self._stdin)):
            return 0
        start = self._stdin.buffer.tell()
        count = sum(1 for _ in read(quiet))
        self._stdin.buffer.seek(start)
        return count

    def _arrive(self, path: Path | str, file: BufferedIOBase) -> BufferedIOBase:
        """The lines of a file; of stdin so that it is known whether one is there."""
        if str(path) != STDIN:
            return file
        self._arriving = Arriving(file)
        return self._arriving

    def ready(self, seconds: float) -> bool:
        """Whether more of stdin, or its end, is there, or comes within so many seconds."""
        return self._arriving is None or self._arriving.ready(seconds)

    def _read(self, lines: Iterable[tuple[int, str]], name: str, kind: Kind[Record]) -> Iterator[Record]:
        form = ending(Path(name))
        if kind.comment:
            lines = (line for line in lines if not line[1].startswith(kind.comment))
        if form not in DELIMITERS:
            begin, lines = _begin(lines)
            if LIST.match(begin):
                return kind.of_objects(listed(lines, name), name)
            form = OBJECTS[0] if form in OBJECTS or begin.startswith("{") else ""
        if form in OBJECTS:
            return kind.of_objects(filled(lines, _is_white, name, self.say), name)
        rows = parse(lines, name, DELIMITERS.get(form, ""), kind.separators).rows
        return kind.of_table(filled(rows, is_blank, name, self.say), name, self.say)

    def _blocks(self, path: Path | str) -> Iterator[str]:
        rest = ""
        with self._open(path) as (name, file):
            for text in _decoded(file, name):
                block = rest + text
                cut = max(block.rfind("\n"), block.rfind(" ") - 1 if "\n" not in block else -1) + 1
                if block:
                    yield block[: cut or len(block)]
                rest = block[cut or len(block) :]
        if rest:
            yield rest

    @contextlib.contextmanager
    def _open(self, path: Path | str) -> Iterator[tuple[str, BufferedIOBase]]:
        """What a file is called, and its bytes."""
        if str(path) != STDIN:
            with opened(Path(path)) as file:
                yield str(path), file
            return
        if self._taken:
            raise MisuseError(tr("stdin can be read only once"), tr("give - once"))
        if self._stdin is None:
            raise MisuseError(tr("stdin is closed"), tr("give the text as an argument, or pipe it"))
        if self._stdin.isatty():
            self.say(tr("reading what you type; Ctrl-D on a line of its own ends it"))
        self._taken = True
        yield "stdin", self._stdin.buffer  # type: ignore[misc]


def is_file(stream: TextIO) -> bool:
    """Whether a stream is a file, as in `llmlab < FILE`, and no pipe or terminal."""
    try:
        return stat.S_ISREG(os.fstat(stream.fileno()).st_mode)
    except (OSError, ValueError):  # a stream in memory has no number, a closed one neither
        return False


def filled(
    rows: Iterable[tuple[int, T]], is_blank: Callable[[T], bool], name: str, say: Callable[[str], None]
) -> Iterator[tuple[int, T]]:
    """Rows that hold something; how many blank ones there are is said at the end, unless all of them stand there."""
    first = skipped = waiting = 0
    for number, row in rows:
        if is_blank(row):
            waiting += 1
            first = first or number
            continue
        skipped += waiting
        waiting = 0
        yield number, row
    if skipped:
        skipped += waiting
        one = later("{name}: {count:,} blank line is left out, line {first:,}")
        several = later("{name}: {count:,} blank lines are left out, the first line {first:,}")
        say(tr(one if skipped == 1 else several, name=name, count=skipped, first=first))


def _decoded(file: BufferedIOBase, name: str) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    try:
        while read := file.read(BLOCK):
            yield decoder.decode(read)
        yield decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise not_utf8(name, error.object) from None


def _is_white(line: str) -> bool:
    return not line.strip()


def _begin(lines: Iterable[tuple[int, str]]) -> tuple[str, Iterator[tuple[int, str]]]:
    """The first line that is not blank, without the white space around it, and all the lines."""
    lines, held = iter(lines), []
    for line in lines:
        held.append(line)
        if line[1].strip():
            break
    return held[-1][1].strip() if held else "", itertools.chain(held, lines)
