"""A jsonl file of finished records that a later run goes on from.

Each record is written whole, or not at all: a line that a crash or a full disk cut short is removed, with the zeros
that a power loss leaves behind it, and so is a last input that lacks some of its records, where they are computed
together. Nothing else is: a file that holds what llmlab did not write is refused, and none is changed before there is a
record to add. A power loss takes what was written in the last seconds, and no more. While a run holds the file no other
may; the lock is on the file itself, and gone with the process. What a file holds is known by where it stands in it, and
read again when it is asked for: memory is the same however much that is.
"""

import errno
import json
import math
import os
import re
from collections.abc import Callable, Iterator
from io import FileIO
from pathlib import Path
from time import monotonic
from typing import Any, BinaryIO

import msgspec

from llmlab.bulk.order import Order
from llmlab.bulk.shard import WHOLE, Shard
from llmlab.bulk.sorts import SAMPLES, Sort, contradiction, counted, value
from llmlab.cache import sync
from llmlab.cli.file_lock import holder, lock
from llmlab.errors import LabError, MisuseError, reason
from llmlab.files.on_disk import Key, Places
from llmlab.language import tr
from llmlab.render.records import begins, to_jsonl
from llmlab.view import Record

SYNC_S = 5.0
NUMBERED = re.compile(rb'\{"item": [1-9]\d*, "items": (null|[1-9]\d*), "item_records": [1-9]\d*, ')


class OutFile:
    """The records that a file holds, and those that are added. A device or a pipe holds none."""

    def __init__(self, path: Path, sort: Sort = SAMPLES, shard: Shard = WHOLE) -> None:
        """Raise MisuseError for what cannot be written, is not llmlab's or this shard's, or is written by others."""
        if str(path) == "-":
            raise MisuseError(tr("--out names a file"), tr("for stdout: --format jsonl"))
        self._path, self._sort, self._shard = path, sort, shard
        self.records = 0  # that are whole and kept; of a device none
        self._device = path.exists() and not path.is_file() and not path.is_dir()
        self._file: FileIO | None = None  # what is not there yet is made by begin
        self._read: BinaryIO | None = None
        self._length = self._size = 0  # bytes, as it was found, and of whole records
        self._ends_line = True
        self._ready = self._made = False
        self._synced = -math.inf  # when, by a clock of seconds
        self._first: Record = {}
        self._order = Order()
        try:
            self._places = Places(self._found())
        except OSError as error:
            raise MisuseError(unwritable(path, error), tr("check --out")) from None
        except LabError:
            self._close()
            raise

    def __enter__(self) -> "OutFile":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        self._places.close()
        if isinstance(error, LabError) and self._ready and self._size and not self._device:
            error.say_kept()
        try:
            if self._ready and self._file and not self._device:
                os.fsync(self._file)
        except OSError as failure:
            raise LabError(unwritable(self._path, failure), tr("run the same command again")) from failure
        finally:
            self._close()

    @property
    def seed(self) -> int | None:
        """Of the run that began the file."""
        return self._first.get("seed")

    def kept(self, key: Key, made_by: Record, own: Callable[[Record], Record] = lambda record: {}) -> list[Record]:
        """The records of an input. Raises MisuseError where something else made them than `made_by`.

        `own`: what one of them must say besides.
        """
        found = list(self._records(key))
        if self._sort.together and (not found or len(found) < found[0]["item_records"]):
            self._refuse_behind(key)
            return []
        for row in found:
            for name, now in sorted({**made_by, **own(row)}.items()):
                if (was := row.get(name)) != now:
                    raise self._otherwise(name, was, now)
        return found

    def _otherwise(self, name: str, was: Any, now: Any) -> MisuseError:
        """That something else made the file."""
        if name == "items":
            told = {"file": self._path, "was": counted(was), "now": counted(now)}
            hint = tr("name another file; lines that are to grow come by a pipe, cat FILE |, from the first run on")
            return MisuseError(tr("{file} was made of {was}, not of {now}", **told), hint)
        told = {"file": self._path, "name": name, "was": value(was), "now": value(now)}
        return MisuseError(tr("{file} was made with {name} {was}, not {now}", **told), tr("name another file"))

    def begin(self) -> None:
        """Hold a file that is not there yet from now on: what is drawn would be for nothing if another run made it."""
        if self._file or self._device:
            return
        try:
            self._file = self._locked(_opened(self._path, os.O_CREAT))
        except OSError as error:
            raise LabError(unwritable(self._path, error), tr("name another file")) from error
        self._made = True
        self._refuse_changed(self._file)

    def leave(self) -> None:
        """Make the file as it is, also without a record: a part of the work that has no inputs is a part."""
        try:
            self._begun()
        except OSError as error:
            raise LabError(unwritable(self._path, error), tr("name another file")) from error
        self._made = False

    def append(self, record: Record) -> None:
        """Add a record. Raises LabError where the disk is full; what was there stays."""
        line = to_jsonl([record]).encode()
        try:
            file = self._begun()
            written = file.write(line)
            while written < len(line):  # an unbuffered file may take a part, and say why only at the next call
                written += file.write(line[written:])
            self._sync()
        except OSError as error:
            if self._ready and self._file and not self._device:
                self._file.truncate(self._size)
            raise LabError(unwritable(self._path, error), tr("make room and run the same command again")) from error
        self._size += len(line)
        self.records += not self._device

    def _sync(self) -> None:
        """Bring what was written to the disk: the first record with the file's name, then every few seconds."""
        if self._device or not self._file or monotonic() < self._synced + SYNC_S:
            return
        os.fsync(self._file)
        if self._made and self._synced < 0:
            sync(self._path.resolve().parent)
        self._synced = monotonic()

    def _refuse_behind(self, item: Key) -> None:
        """Raise MisuseError for an input that would stand behind later ones."""
        if self._order.behind(int(item)):
            message = tr("{file} lacks input {item:,} and has later ones", file=self._path, item=int(item))
            raise MisuseError(message, tr("it is another shard's: name another file"))

    def _records(self, key: Key) -> Iterator[Record]:
        for start, length in self._places.of(key):
            assert self._read
            self._read.seek(start)
            yield json.loads(self._read.read(length))

    def _found(self) -> Iterator[tuple[Key, int, int]]:
        """Where the records of a file stand. It is locked from now on; nothing is made, cut or written yet."""
        if self._device or not self._path.exists():
            check_writable(self._path)
            return
        self._file = self._locked(_opened(self._path))
        self._read = self._path.open("rb")
        before: Record = {}
        for number, line in enumerate(self._read, 1):
            self._length += len(line)
            self._ends_line = line.endswith(b"\n")
            if not self._ends_line and _cut_short(line.rstrip(b"\0"), before):
                self._ends_line = True  # where it will be cut
                break
            before = self._record(number, line)
            self._first = self._first or before
            yield self._sort.key(before), self._size, len(line)
            self._size += len(line)
            self.records += 1
        if self._sort.together and not self._order.whole:
            self._size, self._ends_line = self._order.start, True
            self.records -= self._order.found

    def _begun(self) -> FileIO:
        """The file, made if need be, and ready for a record: after the last whole one, at the start of a line."""
        if self._ready and self._file:
            return self._file
        self.begin()
        file = self._file or _opened(self._path)
        if not self._device:
            self._refuse_changed(file)
            file.truncate(self._size)
            if not self._ends_line:
                self._size += file.write(b"\n")
        self._file, self._ready = file, True
        return file

    def _refuse_changed(self, file: FileIO) -> None:
        if os.fstat(file.fileno()).st_size != self._length:
            message = tr("another program has written to {file} meanwhile", file=self._path)
            raise LabError(message, tr("run the same command again"))

    def _locked(self, file: FileIO) -> FileIO:
        if lock(file):
            return file
        with file:
            message = tr("{holder} is writing {file}", holder=holder(file), file=self._path)
            raise MisuseError(message, tr("wait for it, or name another file"))

    def _record(self, number: int, line: bytes) -> Record:
        try:
            record: Record = json.loads(line)
            kept = msgspec.convert(record, self._sort.shape)
        except (ValueError, RecursionError, msgspec.ValidationError):
            what = {"file": self._path, "number": number, "kind": tr(self._sort.name)}
            message = tr("{file} line {number} is no {kind} of llmlab", **what)
            raise MisuseError(message, self._way_out(number)) from None
        if not kept.agrees:
            raise contradiction(self._path, number)
        if not self._shard.owns(record["item"]):
            told = {"file": self._path, "number": number, "item": record["item"], "shard": self._shard}
            message = tr("{file} line {number} is of input {item:,}, which shard {shard} has not", **told)
            raise MisuseError(message, tr("go on with the --shard that began the file, or name another file"))
        if not self._order.add(record, self._size) and self._sort.together:
            message = tr("{file} line {number} does not follow what stands before it", file=self._path, number=number)
            raise MisuseError(message, tr("name another file"))
        return record

    def _way_out(self, number: int) -> str:
        """What to do about a line that is no record: a last one behind records may be what a crash left."""
        assert self._file
        if number > 1 and self._length == os.fstat(self._file.fileno()).st_size:
            return tr("delete that line, the last one, or name another file")
        return tr("name another file")

    def _close(self) -> None:
        if self._read:
            self._read.close()
        if self._file:
            empty = self._made and os.fstat(self._file.fileno()).st_size == 0
            self._file.close()
            if empty:  # misuse was found, or an interrupt came, before the first record
                self._path.unlink(missing_ok=True)


def unwritable(path: Path, error: OSError) -> str:
    return tr("cannot write {file}: {reason}", file=path, reason=reason(error))


def _opened(path: Path, flags: int = 0) -> FileIO:
    """Open to add at the end; it is made only where the flags say so."""
    return FileIO(path, "a", opener=lambda name, usual: os.open(name, usual & ~os.O_CREAT | flags, 0o666))


def check_writable(path: Path) -> None:
    """Raise OSError where a file or device cannot be written, without touching it."""
    place = path if path.exists() else path.resolve().parent
    if not place.exists():
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
    if not place.is_dir() and place != path:
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
    if not os.access(place, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


def _cut_short(line: bytes, before: Record) -> bool:
    """Whether a line is the beginning of a record like the one before it, or of the first, which tells its input.

    `right` of a sample depends on the run.
    """
    if not before:
        found = NUMBERED.match(line)
        return bool(found) or (bool(line) and begins(line, ["item", "items", "item_records"]))
    names = list(before)
    if "finish" not in names:
        return begins(line, names)
    names = [name for name in names if name != "right"]
    place = names.index("finish") + 1
    return begins(line, names) or begins(line, [*names[:place], "right", *names[place:]])
