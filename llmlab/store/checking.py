"""Whether every byte of the cache is what was written, as restic's `check --read-data`: all is read and hashed."""

import os
from contextlib import suppress
from dataclasses import dataclass

from llmlab.cache import record
from llmlab.config import Config
from llmlab.language import tr, tr_many
from llmlab.progress import Progress, Reporter
from llmlab.store.kept import MIB, STATES, Kept, everything
from llmlab.view import Column, Record, View


@dataclass(frozen=True)
class Examined:
    """A folder of the cache, and what is wrong with it."""

    kept: Kept
    faults: tuple[record.Fault, ...]

    @property
    def state(self) -> str:
        return "damaged" if self.faults else "unfinished" if not self.kept.folder.is_dir() else "whole"


@dataclass(frozen=True)
class Health:
    """The whole cache, examined."""

    examined: tuple[Examined, ...]

    @property
    def damaged(self) -> list[Examined]:
        return [one for one in self.examined if one.faults]

    def views(self) -> list[View]:
        columns = (Column(tr("name"), wide=True), Column(tr("state"), wide=True), Column("MiB", True))
        rows = [
            [one.kept.name, fault.said if fault else tr(STATES[one.state]), f"{one.kept.mib:,.0f}"]
            for one in self.examined
            for fault in one.faults or (None,)
        ]
        return [View("", columns if rows else (), rows, (), self._conclusion())]

    def _conclusion(self) -> str:
        if self.damaged:
            return tr(
                "{damaged} of {count} things in the cache are damaged.",
                damaged=len(self.damaged),
                count=len(self.examined),
            )
        size = sum(one.kept.mib for one in self.examined)
        return tr_many(
            "{count} thing in the cache, {size:,.0f} MiB: every byte is what was written.",
            "{count} things in the cache, {size:,.0f} MiB: every byte is what was written.",
            len(self.examined),
            size=size,
        )

    def records(self) -> list[Record]:
        return [
            {**one.kept.record(), "state": one.state, "damaged": [fault.file for fault in one.faults]}
            for one in self.examined
        ]

    def document(self) -> Record:
        return {"entries": self.records()}

    def values(self) -> list[str]:
        return [one.kept.name for one in self.damaged]


def check(config: Config, reporter: Reporter) -> Health:
    """Read all that the cache holds, and compare it with its checksums."""
    kept = everything(config)
    total = sum(one.noted.size for one in kept if one.noted) // MIB
    done = 0
    with reporter.progress(tr("reading the cache, MiB")) as progress:
        examined = []
        for one in kept:
            examined.append(Examined(one, tuple(_faults(one, done, total, progress))))
            done += one.noted.size if one.noted else 0
    return Health(tuple(examined))


def _faults(kept: Kept, done: int, total: int, progress: Progress) -> list[record.Fault]:
    """What is wrong with a folder; of one that is not finished its own journal says it."""
    if not kept.folder.is_dir():
        return []
    before = {file: file.stat() for file in kept.folder.rglob("*") if file.is_file()}
    read = 0

    def hashed(size: int) -> None:
        nonlocal read
        read += size
        progress((done + read) // MIB, total)

    found = record.all_faults(kept.folder, thorough=True, hashed=hashed)
    if kept.noted and kept.noted.crc is None and not found:
        record.complete(kept.folder, kept.noted)
    for file, stat in before.items():  # to be checked is not to be used
        with suppress(OSError):
            os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    return found
