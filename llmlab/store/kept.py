"""What the cache holds, folder by folder: what was made of models, spaces, models that the user trained."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from llmlab import cache
from llmlab.cache import record
from llmlab.config import Config
from llmlab.language import later, tr, tr_many
from llmlab.view import Cell, Column, Record, View

Kind = Literal["model", "space", "file", "trained"]
State = Literal["whole", "damaged", "unfinished"]
STATES = {"whole": later("whole"), "damaged": later("damaged"), "unfinished": later("unfinished")}
KINDS = {
    "model": later("of a model"),
    "space": later("a space"),
    "file": later("the space of a file"),
    "trained": later("trained by you"),
}
MIB = 2**20
NAME_CELLS = 36  # the end of a longer name is shown, such as a file's path: so a row has room in 80 cells


@dataclass(frozen=True)
class Kept:
    """A folder of the cache, or one that is begun; `noted` is what its record says, None where it cannot be read."""

    kind: Kind
    name: str  # as the other verbs call it; of a model MODEL/WHAT
    folder: Path
    noted: record.Manifest | None
    mib: float  # of all its files, when it was found

    @classmethod
    def found(cls, kind: Kind, folder: Path, name: str = "") -> "Kept":
        """The same, under another name than the folder's; the space of a file is called as the file is."""
        noted, there = _noted(folder), _there(folder)
        if kind == "file" and noted:
            name = noted.fingerprint.get("file", "").rsplit(":", 2)[0]
        return cls(kind, name or folder.name, folder, noted, round(cache.size(there) / MIB, 1))

    @property
    def state(self) -> State:
        """By the sizes of its files."""
        if not self.folder.is_dir():
            return "unfinished"
        sizes = {name: size for name, (size, _) in self.noted.files.items()} if self.noted else {}
        fit = all(_size(self.folder / name) == size for name, size in sizes.items())
        return "whole" if self.noted and fit else "damaged"

    @property
    def made(self) -> datetime:
        """When its record was written; of one without, when its folder was changed."""
        file = self.folder / record.RECORD
        return _moment((file if file.is_file() else _there(self.folder)).stat().st_mtime)

    @property
    def used(self) -> datetime | None:
        """When a file of it was last read, as the system notes it, to a day; None where it notes nothing."""
        stats = [
            file.stat() for file in _there(self.folder).rglob("*") if file.is_file() and file.name != record.RECORD
        ]
        read = [stat.st_atime for stat in stats if stat.st_atime > stat.st_mtime]
        return _moment(max(read)) if read else None

    def record(self) -> Record:
        """What every verb of the cache says of it."""
        return {"kind": self.kind, "name": self.name, "mib": self.mib}


@dataclass(frozen=True)
class Stock:
    """All that the cache holds."""

    folder: Path
    kept: tuple[Kept, ...]

    def views(self) -> list[View]:
        columns = (
            Column(tr("name"), wide=True, tail=NAME_CELLS),
            Column(tr("what it is"), wide=True),
            Column(tr("state")),
            Column(tr("last read"), wide=True, means=tr("as the system notes it, to a day")),
            Column("MiB", True, means=tr("the largest of each kind first")),
        )
        size = sum(one.mib for one in self.kept)
        conclusion = tr_many(
            "The cache holds {count} thing of {size:,.0f} MiB.",
            "The cache holds {count} things of {size:,.0f} MiB.",
            len(self.kept),
            size=size,
        )
        notes = (tr("cache: {folder}", folder=self.folder),)
        return [View("", columns if self.kept else (), [_row(one) for one in self.kept], notes, conclusion)]

    def records(self) -> list[Record]:
        return [
            {**one.record(), "state": one.state, "made": _iso(one.made), "used": _iso(one.used)} for one in self.kept
        ]

    def document(self) -> Record:
        return {"cache": str(self.folder), "entries": self.records()}

    def values(self) -> list[str]:
        return [one.name for one in self.kept]


def stock(config: Config) -> Stock:
    """All that the cache holds: kind by kind, the largest first."""
    kinds = list(KINDS)
    kept = sorted(everything(config), key=lambda one: (kinds.index(one.kind), -one.mib))
    return Stock(config.cache_folder, tuple(kept))


def everything(config: Config) -> list[Kept]:
    """The same, as it is gone through: models first, for spaces are made of them."""
    models = [
        Kept.found("model", folder, f"{own.name}/{folder.name}")
        for own in _folders(config.models_folder)
        for folder in _whole_or_begun(own)
    ]
    others: tuple[tuple[Kind, Path], ...] = (
        ("file", config.spaces_folder / ".files"),
        ("space", config.spaces_folder),
        ("trained", config.trained_folder),
    )
    return models + [Kept.found(kind, folder) for kind, parent in others for folder in _whole_or_begun(parent)]


def _whole_or_begun(parent: Path) -> list[Path]:
    """The folders of a parent, by name, whether they are whole or begun."""
    begun = [path.with_name(name) for path in _folders(parent, hidden=True) if (name := cache.begun_name(path))]
    return sorted({*_folders(parent), *begun})


def _folders(parent: Path, hidden: bool = False) -> Iterator[Path]:
    for path in sorted(parent.iterdir()) if parent.is_dir() else ():
        if path.is_dir() and not path.is_symlink() and path.name.startswith(".") == hidden:
            yield path


def _there(folder: Path) -> Path:
    """The folder itself, or where it is being built."""
    return folder if folder.is_dir() else cache.begun_folder(folder)


def _noted(folder: Path) -> record.Manifest | None:
    try:
        return record.read(folder)
    except (OSError, ValueError):
        return None


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else -1


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds).astimezone()


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds") if moment else None


def _row(one: Kept) -> list[Cell]:
    """When it was made stands in the records alone: with two dates no row would fit 80 cells."""
    used = one.used.strftime("%Y-%m-%d") if one.used else ""
    return [one.name, tr(KINDS[one.kind]), tr(STATES[one.state]), used, f"{one.mib:,.0f}"]
