"""Folders that are made once and kept: converted models, spaces with their index.

A folder is made under a temporary name and renamed when whole, under a lock, with a record of what it was
made from (fingerprint) and of each file (size, sha256). A folder whose record does not fit is made anew. What is whole
is on the disk, whenever the power goes.
"""

import errno
import os
import shutil
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from llmlab.errors import DamagedError, LabError, reason
from llmlab.language import later, tr
from llmlab.progress import Reporter

MAKING = later("another llmlab is making {name}; waiting for it")
RECORD = "record.json"
BEGUN = "begun.json"  # what an unfinished folder is made from


@dataclass(frozen=True)
class Artifact:
    """A whole folder in the cache, and what was noted when it was made."""

    folder: Path
    facts: Mapping[str, Any]
    fingerprint: Mapping[str, str]


def find(folder: Path, fingerprint: Mapping[str, str] | None, *, thorough: bool = False) -> Artifact | None:
    """The folder as made from `fingerprint`, or from anything for None; None when it is absent, other, or damaged.

    Sizes are checked always, checksums when `thorough`.
    """
    try:
        record = msgspec.json.decode((folder / RECORD).read_bytes())
        if fingerprint is not None and record["fingerprint"] != dict(fingerprint):
            return None
        for name, (size, checksum) in record["files"].items():
            if (folder / name).stat().st_size != size:
                return None
            if thorough and sha256(folder / name) != checksum:
                return None
        return Artifact(folder, record["facts"], record["fingerprint"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError):  # absent, or a record that is none
        return None


def make(
    folder: Path,
    fingerprint: Mapping[str, str],
    build: Callable[[Path], Mapping[str, Any]],
    reporter: Reporter,
    *,
    thorough: bool = False,
    resume: bool = False,
) -> Artifact:
    """Return the folder, calling `build(empty folder)` first when it is not there or does not fit.

    `build` fills the folder and returns facts to remember. A second process waits for the first. With `resume`, an
    interrupt, a kill or a full disk leaves what was built, and `build` is given that folder the next time.
    """
    if not thorough and (ready := find(folder, fingerprint)):
        return ready
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LabError(
            tr("cannot write {parent}: {reason}", parent=folder.parent, reason=reason(error)),
            tr("LLMLAB_CACHE names another place"),
        ) from error
    with locked(folder, reporter):
        if ready := find(folder, fingerprint, thorough=thorough):
            return ready
        _sweep(folder)
        try:
            _build(folder, fingerprint, build, resume)
        finally:
            _sweep(folder)
    made = find(folder, fingerprint)
    if made is None:
        raise DamagedError(tr("{folder} changed while it was written", folder=folder), tr("run the command again"))
    return made


def _build(
    folder: Path, fingerprint: Mapping[str, str], build: Callable[[Path], Mapping[str, Any]], resume: bool
) -> None:
    """Fill a folder under a temporary name, and rename it when it is whole."""
    unfinished = _begin(folder, fingerprint, resume)
    try:
        facts = build(unfinished)
        _record(unfinished, fingerprint, facts)
        if folder.exists():
            _discard(folder)
        unfinished.rename(folder)
        sync(folder.parent)
    except OSError as error:
        raise LabError(
            tr("cannot write {folder}: {reason}", folder=folder, reason=reason(error)), tr("is the disk full?")
        ) from error
    except LabError as error:
        nothing_built = [file.name for file in unfinished.iterdir()] == [BEGUN]
        if nothing_built or isinstance(error, DamagedError):  # what it is built from is wrong
            shutil.rmtree(unfinished)
        raise


def _begin(folder: Path, fingerprint: Mapping[str, str], resume: bool) -> Path:
    """An empty folder to build in, or with `resume` what an earlier process began from the same things."""
    if not resume:
        unfinished = folder.with_name(f".{folder.name}.tmp-{os.getpid()}")
        unfinished.mkdir()
        return unfinished
    unfinished = begun_folder(folder)
    begun, wanted = unfinished / BEGUN, msgspec.json.encode(dict(fingerprint), order="deterministic")
    if not begun.is_file() or begun.read_bytes() != wanted:
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir()
        put(begun, wanted)
    return unfinished


def begun_folder(folder: Path) -> Path:
    """Where a folder is built, of a kind that goes on after an interrupt."""
    return folder.with_name(f".{folder.name}.begun")


def begun_from(folder: Path) -> dict[str, str]:
    """What it is begun from; nothing where nothing is."""
    try:
        return msgspec.json.decode((begun_folder(folder) / BEGUN).read_bytes(), type=dict[str, str])
    except (OSError, ValueError):
        return {}


def begun_name(folder: Path) -> str:
    """The name of what is being built in a folder; "" where nothing is."""
    name = folder.name
    return name[1:].removesuffix(".begun") if name.startswith(".") and name.endswith(".begun") else ""


def remove(folder: Path, reporter: Reporter) -> int:
    """Delete a cached folder, and what was begun of it; return the bytes freed. Nothing outside it is touched."""
    there = [one for one in (folder, begun_folder(folder)) if one.exists()]
    if not there:
        return 0
    freed = sum(map(size, there))
    with locked(folder, reporter):
        for one in there:
            _discard(one)
    return freed


def size(folder: Path) -> int:
    """Bytes of all files below a folder."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def sha256(path: Path) -> str:
    import hashlib  # here, for it takes long to load

    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sync(path: Path) -> None:
    """Wait until what a file holds, or the names in a folder, are on the disk: a power loss takes what is not.

    As in PostgreSQL's fsync_fname, a folder is passed over where the system syncs none.
    """
    flags = os.O_RDWR if os.name == "nt" and not path.is_dir() else os.O_RDONLY  # Windows syncs what it may write
    try:
        file = os.open(path, flags)
        try:
            os.fsync(file)
        finally:
            os.close(file)
    except OSError as error:
        if not (path.is_dir() and error.errno in (errno.EACCES, errno.EBADF, errno.EINVAL)):
            raise


def put(path: Path, data: bytes) -> None:
    """Write a small file so that it holds what it held or all of this, whenever the power goes."""
    unfinished = path.with_name(f"{path.name}.tmp")
    unfinished.write_bytes(data)
    sync(unfinished)
    os.replace(unfinished, path)
    sync(path.parent)


def _record(folder: Path, fingerprint: Mapping[str, str], facts: Mapping[str, Any]) -> None:
    """Note what the files are, each on the disk before the record that vouches for it."""
    from concurrent.futures import ThreadPoolExecutor  # here, for it takes long to load

    (folder / BEGUN).unlink(missing_ok=True)
    below = sorted(folder.rglob("*"))
    for path in below:
        sync(path)
    made = [path for path in below if path.is_file()]
    with (
        ThreadPoolExecutor() as pool
    ):  # hashing leaves the interpreter to others: vectors and those of length 1 at once
        sums = list(pool.map(sha256, made))
    files = {str(one.relative_to(folder)): (one.stat().st_size, own) for one, own in zip(made, sums, strict=True)}
    record = {"fingerprint": dict(fingerprint), "facts": dict(facts), "files": files}
    put(folder / RECORD, msgspec.json.format(msgspec.json.encode(record), indent=1))


def _discard(folder: Path) -> None:
    """Delete a folder so that a reader sees the whole of it or none."""
    doomed = folder.with_name(f".{folder.name}.old-{os.getpid()}")
    folder.rename(doomed)
    shutil.rmtree(doomed)


def _sweep(folder: Path) -> None:
    """Remove what a killed process left behind; the lock is ours, so nobody is writing it."""
    for pattern in (f".{folder.name}.tmp-*", f".{folder.name}.old-*"):
        for left in folder.parent.glob(pattern):
            shutil.rmtree(left, ignore_errors=True)


def locked(folder: Path, reporter: Reporter, waits: str = MAKING) -> AbstractContextManager[object]:
    """Nobody else makes the folder meanwhile; who waits is told so."""
    from filelock import FileLock, Timeout

    lock = FileLock(folder.with_name(f".{folder.name}.lock"))
    try:
        return lock.acquire(timeout=0)
    except Timeout:
        reporter.say(tr(waits, name=folder.name))
        return lock.acquire()
