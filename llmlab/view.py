"""What a result shows to people: titled tables of plain cells. How they are drawn is render's business."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

Record = dict[str, Any]


@dataclass(frozen=True)
class Bar:
    """A cell drawn as a bar; `share` is in [0, 1]."""

    share: float


Cell = str | int | Bar


@dataclass(frozen=True)
class Column:
    name: str
    number: bool = False  # numbers are set flush right
    wide: bool = False  # may be folded onto several lines when the terminal is narrow


@dataclass(frozen=True)
class View:
    """One table with a line above it and notes below."""

    title: str
    columns: tuple[Column, ...]
    rows: Sequence[Sequence[Cell]]
    notes: tuple[str, ...] = ()


class Result(Protocol):
    """What every experiment returns: it knows its own columns."""

    def views(self) -> list[View]:
        """Tables for people."""
        ...

    def records(self) -> list[Record]:
        """Flat records for jsonl, csv and tsv, each with its provenance."""
        ...

    def document(self) -> Record:
        """The whole result as one JSON object."""
        ...
