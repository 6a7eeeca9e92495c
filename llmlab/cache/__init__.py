"""Folders that are made once and kept: converted models, spaces with their index.

A folder is made under a temporary name and renamed when whole, under a lock, with a record of what it was
made from (fingerprint) and of each file (size, sha256). A folder whose record does not fit is made anew. What is whole
is on the disk, whenever the power goes. A link in a folder's place is none: it is not followed, and removed as a link.
"""

import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from llmlab.cache import record
from llmlab.cache.disk import is_full, is_of, put, put_sealed, refused, sealed, sha256, size, sync
from llmlab.cache.locks import locked
from llmlab.cache.record import RECORD
from llmlab.errors import DamagedError, LabError
from llmlab.language import tr
from llmlab.progress import Reporter

__all__ = [
    "BEGUN",
    "RECORD",
    "Artifact",
    "begun_folder",
    "begun_from",
    "begun_name",
    "damage",
    "find",
    "locked",
    "made_from",
    "make",
    "put",
    "put_sealed",
    "remove",
    "sealed",
    "sha256",
    "size",
    "sync",
]
BEGUN = "begun.json"  # what an unfinished folder is made from


@dataclass(frozen=True)
class Artifact:
    """A whole folder in the cache, and what was noted when it was made."""

    folder: Path
    facts: Mapping[str, Any]
    fingerprint: Mapping[str, str]


def find(folder: Path, fingerprint: Mapping[str, str] | None, *, thorough: bool = False) -> Artifact | None:
    """The folder as made from `fingerprint`, or from anything for None; None when it is absent, other, or damaged.

    Sizes and heads are checked always, every byte when `thorough`.
    """
    if folder.is_symlink():
        return None
    try:
        noted = record.read(folder)
        if fingerprint is not None and noted.fingerprint != dict(fingerprint):
            return None
        if any(record.faults(folder, noted, thorough=thorough or noted.crc is None)):
            return None
    except (OSError, ValueError):  # absent, or a record that is none
        return None
    if noted.crc is None:
        record.complete(folder, noted)
    return Artifact(folder, noted.facts, noted.fingerprint)


def made_from(folder: Path) -> dict[str, str]:
    """What a folder was made from, by its record alone: nothing where there is none that can be read."""
    try:
        return record.read(folder).fingerprint
    except (OSError, ValueError):
        return {}


def damage(folder: Path, *, thorough: bool = False) -> str:
    """What is wrong with a folder that is there, in words; "" where nothing is found at first sight, or `thorough`."""
    return tr(", ").join(one.said for one in record.all_faults(folder, thorough=thorough)) if folder.is_dir() else ""


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
    if ready := find(folder, fingerprint, thorough=thorough):  # without the lock: the cache may be read-only
        return ready
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        name = f"{folder.parent.name}/{folder.name}"  # `gguf` would not say of which model
        lock = locked(folder, reporter, name=name)
    except OSError as error:
        raise refused(folder.parent, error) from error
    with lock:
        if ready := find(folder, fingerprint, thorough=thorough):
            return ready
        _sweep(folder)
        if wrong := damage(folder, thorough=thorough):
            reporter.say(tr("{name} is damaged: {wrong}; it is made anew", name=name, wrong=wrong))
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
    try:
        unfinished = _begin(folder, fingerprint, resume)
        facts = build(unfinished)
        (unfinished / BEGUN).unlink(missing_ok=True)
        record.write(unfinished, fingerprint, facts)
        if os.path.lexists(folder):
            _discard(folder)
        unfinished.rename(folder)
        sync(folder.parent)
    except Exception as error:
        if (isinstance(error, OSError) and is_of(folder.parent, error)) or is_full(folder.parent, error):
            raise refused(folder, error) from error
        if isinstance(error, LabError):
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
    if unfinished.is_symlink() or begun_from(folder) != dict(fingerprint):
        _delete(unfinished)
        unfinished.mkdir()
        put_sealed(unfinished / BEGUN, msgspec.json.encode(dict(fingerprint), order="deterministic"))
    return unfinished


def begun_folder(folder: Path) -> Path:
    """Where a folder is built, of a kind that goes on after an interrupt."""
    return folder.with_name(f".{folder.name}.begun")


def begun_from(folder: Path) -> dict[str, str]:
    """What it is begun from; nothing where nothing is."""
    try:
        return msgspec.json.decode(sealed(begun_folder(folder) / BEGUN), type=dict[str, str])
    except (OSError, ValueError):
        return {}


def begun_name(folder: Path) -> str:
    """The name of what is being built in a folder; "" where nothing is."""
    name = folder.name
    return name[1:].removesuffix(".begun") if name.startswith(".") and name.endswith(".begun") else ""


def remove(folder: Path, reporter: Reporter) -> int:
    """Delete a cached folder, and what was begun of it; return the bytes freed. Nothing outside it is touched."""
    there = [one for one in (folder, begun_folder(folder)) if os.path.lexists(one)]
    if not there:
        return 0
    freed = sum(map(size, there))
    try:
        with locked(folder, reporter):
            for one in there:
                _discard(one)
    except OSError as error:
        raise refused(folder, error) from error
    return freed


def _discard(folder: Path) -> None:
    """Delete a folder so that a reader sees the whole of it or none."""
    doomed = folder.with_name(f".{folder.name}.old-{os.getpid()}")
    folder.rename(doomed)
    if doomed.is_symlink():
        doomed.unlink()
    else:
        shutil.rmtree(doomed)


def _delete(folder: Path) -> None:
    """Delete what a killed process left, as far as it can be; of a link itself."""
    if folder.is_symlink():
        folder.unlink()
    else:
        shutil.rmtree(folder, ignore_errors=True)


def _sweep(folder: Path) -> None:
    """Remove what a killed process left behind; the lock is ours, so nobody is writing it."""
    marks = tuple(f".{folder.name}.{mark}-" for mark in ("tmp", "old"))
    for left in [path for path in folder.parent.iterdir() if path.name.startswith(marks)]:
        _delete(left)
