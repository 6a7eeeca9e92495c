"""The spaces there are, in a table, and all that is known of one."""

from dataclasses import dataclass
from pathlib import Path

import msgspec

from llmlab import cache
from llmlab.spaces.facts import SpaceFacts
from llmlab.spaces.shelf import Shelf, facts_of
from llmlab.view import Cell, Column, Record, View


@dataclass(frozen=True)
class Entry:
    """A space and its state on this machine."""

    name: str
    made_from: str
    facts: SpaceFacts | None  # None when it is not built yet
    state: str  # its index, flat or ivf; or why there is none
    mib: float
    own: bool


@dataclass(frozen=True)
class Listing:
    entries: tuple[Entry, ...]

    def views(self) -> list[View]:
        columns = (
            Column("name"),
            Column("words", True),
            Column("dim", True),
            Column("made from", wide=True),
            Column("state"),
            Column("MiB", True),
        )
        return [View("", columns, [self._row(one) for one in self.entries])]

    def records(self) -> list[Record]:
        return [
            {
                "name": one.name,
                "made_from": one.made_from,
                "own": one.own,
                "ready": one.facts is not None,
                "words": one.facts.words if one.facts else None,
                "dimension": one.facts.dimension if one.facts else None,
                "state": one.state,
                "mib": one.mib,
            }
            for one in self.entries
        ]

    def document(self) -> Record:
        return {"spaces": self.records()}

    def values(self) -> list[str]:
        return [one.name for one in self.entries]

    def _row(self, one: Entry) -> list[Cell]:
        size: list[Cell] = [f"{one.facts.words:,}", one.facts.dimension] if one.facts else ["", ""]
        return [one.name, *size, one.made_from, one.state, f"{one.mib:,.0f}"]


@dataclass(frozen=True)
class Sheet:
    """All that is known of one space."""

    facts: SpaceFacts
    folder: Path
    mib: float

    def views(self) -> list[View]:
        rows: list[list[Cell]] = [
            [key.replace("_", " "), ", ".join(map(str, value)) if isinstance(value, list) else str(value)]
            for key, value in self.document().items()
            if not isinstance(value, dict)
        ]
        return [View(self.facts.name, (Column("fact"), Column("", wide=True)), rows)]

    def records(self) -> list[Record]:
        return [self.document()]

    def document(self) -> Record:
        facts: Record = msgspec.to_builtins(self.facts)
        listed = {key: list(value) if isinstance(value, tuple) else value for key, value in facts.items()}
        return {**listed, "folder": str(self.folder), "mib": self.mib}

    def values(self) -> list[str]:
        return [str(self.facts.words)]


def listing(shelf: Shelf) -> Listing:
    """The spaces of the settings, and the user's own."""
    given = shelf.config.spaces
    items = [_entry(shelf, name, f"{entry.model}, {entry.vocabulary}") for name, entry in given.items()]
    return Listing((*items, *(_entry(shelf, name, "") for name in shelf.own_names)))


def sheet(shelf: Shelf, name: str) -> Sheet:
    """What is known of a space: where it comes from, how it is stored, how words are looked up."""
    space = shelf.open(name)
    return Sheet(space.facts, space.folder, _mib(space.folder))


def _entry(shelf: Shelf, name: str, made_from: str) -> Entry:
    folder = shelf.folder(name)
    found = cache.find(folder, None)
    facts = facts_of(found) if found else None
    if facts and not made_from:
        made_from = facts.model if facts.kind == "file" else f"{facts.model}, {facts.vocabulary}"
    begun = cache.begun_folder(folder).is_dir()
    state = facts.index if facts else "unfinished" if begun else "damaged" if folder.is_dir() else "at first use"
    return Entry(name, made_from, facts, state, _mib(folder), name not in shelf.config.spaces)


def _mib(folder: Path) -> float:
    return round(cache.size(folder) / 2**20, 1)
