"""A jsonl file of finished samples that a later run goes on from.

Each record is written whole, or not at all: a line that a crash or a full disk cut short is removed. Nothing else is:
a file that holds what llmlab did not write is refused, and none is changed before there is a record to add. While a
run holds the file no other may; the lock is on the file itself, and gone with the process.
"""

import errno
import json
import os
from collections import defaultdict
from io import FileIO
from pathlib import Path

import msgspec

from llmlab.cli.file_lock import holder, lock
from llmlab.errors import LabError, MisuseError, reason
from llmlab.lab.temperature.drawn import Sample
from llmlab.language import tr
from llmlab.render.records import begins, to_jsonl
from llmlab.view import Record


class Kept(msgspec.Struct):
    """What a record must hold to be a sample."""

    prompt: str
    seed: int | None
    temperature: float
    sample: int
    text: str
    token_ids: list[int]
    logprob_nats: float
    finish: str


class OutFile:
    """The records that a file holds, by prompt, and those that are added. A device or a pipe holds none."""

    def __init__(self, path: Path) -> None:
        """Raise MisuseError for what cannot be written, what is not llmlab's, and what another process writes."""
        if str(path) == "-":
            raise MisuseError(tr("--out names a file"), tr("for stdout: --format jsonl"))
        self._path = path
        self._device = path.exists() and not path.is_file() and not path.is_dir()
        self._file: FileIO | None = None  # what is not there yet is made by begin
        self._content = b""  # as it was found
        self._size = 0  # bytes of whole records
        self._ready = self._made = False
        try:
            records = self._found()
        except OSError as error:
            raise MisuseError(_unwritable(path, error), tr("check --out")) from None
        except MisuseError:
            self._close()
            raise
        self.seed: int | None = records[0]["seed"] if records else None  # of the run that began the file
        self._of: dict[str, list[Record]] = defaultdict(list)
        for record in records:
            self._of[record["prompt"]].append(record)

    def __enter__(self) -> "OutFile":
        return self

    def __exit__(self, *error: object) -> None:
        self._close()

    def samples(self, prompt: str, made_by: Record) -> list[Sample]:
        """The samples of a prompt. Raises MisuseError where something else made them than `made_by`."""
        found = []
        for row in self._of[prompt]:
            for name, now in sorted(made_by.items()):
                if (was := row.get(name)) != now:
                    message = tr(
                        "{file} was made with {name} {was!r}, not {now!r}", file=self._path, name=name, was=was, now=now
                    )
                    raise MisuseError(message, tr("name another file"))
            ids = tuple(row["token_ids"])
            place = row["temperature"], row["sample"]
            found.append(Sample(*place, row["text"], ids, row["logprob_nats"], row["finish"]))
        return found

    def begin(self) -> None:
        """Hold a file that is not there yet from now on: what is drawn would be for nothing if another run made it."""
        if self._file or self._device:
            return
        try:
            self._file = self._locked(_opened(self._path, os.O_CREAT))
        except OSError as error:
            raise LabError(_unwritable(self._path, error), tr("name another file")) from error
        self._made = True
        self._refuse_changed(self._file)

    def append(self, record: Record) -> None:
        """Add a record. Raises LabError where the disk is full; what was there stays."""
        line = to_jsonl([record]).encode()
        try:
            file = self._begun()
            written = file.write(line)
            while written < len(line):  # an unbuffered file may take a part, and say why only at the next call
                written += file.write(line[written:])
        except OSError as error:
            if self._ready and self._file and not self._device:
                self._file.truncate(self._size)
            hint = tr("what was finished is kept; make room and run the same command again")
            raise LabError(_unwritable(self._path, error), hint) from error
        self._size += len(line)

    def _found(self) -> list[Record]:
        """The records of a file, which is locked from now on; nothing is made, cut or written yet."""
        if self._device or not self._path.exists():
            _check_writable(self._path)
            return []
        self._file = self._locked(_opened(self._path))
        self._content = self._path.read_bytes()
        *lines, last = self._content.split(b"\n")
        records = [self._record(number, line) for number, line in enumerate(lines, 1)]
        self._size = len(self._content)
        if last and records and _cut_short(last, records[-1]):
            self._size -= len(last)
        elif last:
            records.append(self._record(len(lines) + 1, last))
        return records

    def _begun(self) -> FileIO:
        """The file, made if need be, and ready for a record: after the last whole one, at the start of a line."""
        if self._ready and self._file:
            return self._file
        self.begin()
        file = self._file or _opened(self._path)
        if not self._device:
            self._refuse_changed(file)
            file.truncate(self._size)
            if self._size and self._content[self._size - 1] != ord("\n"):
                self._size += file.write(b"\n")
        self._file, self._ready = file, True
        return file

    def _refuse_changed(self, file: FileIO) -> None:
        if os.fstat(file.fileno()).st_size != len(self._content):
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
            msgspec.convert(record, Kept)
        except (ValueError, RecursionError, msgspec.ValidationError):
            message = tr("{file} line {number} is no sample of llmlab", file=self._path, number=number)
            raise MisuseError(message, tr("name another file")) from None
        return record

    def _close(self) -> None:
        if self._file:
            empty = self._made and os.fstat(self._file.fileno()).st_size == 0
            self._file.close()
            if empty:  # misuse was found, or an interrupt came, before the first record
                self._path.unlink(missing_ok=True)


def _unwritable(path: Path, error: OSError) -> str:
    return tr("cannot write {file}: {reason}", file=path, reason=reason(error))


def _opened(path: Path, flags: int = 0) -> FileIO:
    """Open to add at the end; it is made only where the flags say so."""
    return FileIO(path, "a", opener=lambda name, usual: os.open(name, usual & ~os.O_CREAT | flags, 0o666))


def _check_writable(path: Path) -> None:
    """Raise OSError where a file or device cannot be written, without touching it."""
    place = path if path.exists() else path.resolve().parent
    if not place.exists():
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
    if not place.is_dir() and place != path:
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
    if not os.access(place, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


def _cut_short(line: bytes, before: Record) -> bool:
    """Whether a line is the beginning of a record like the one before it; `right` depends on the run."""
    names = [name for name in before if name != "right"]
    place = names.index("finish") + 1
    return begins(line, names) or begins(line, [*names[:place], "right", *names[place:]])
