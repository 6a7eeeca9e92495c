"""What many records come to: sums that take them one after the other, and keep none.

A verb's table, and that of its merged parts, are of the same sums.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import Self

from llmlab.lab.shown import Shown
from llmlab.view import Picture, Record


class RecordTally(Shown, ABC):
    """A result of records that went by."""

    @classmethod
    def of(cls, records: Iterable[Record]) -> Self:
        found = cls()
        for one in records:
            found.add(one)
        return found

    @abstractmethod
    def add(self, record: Record) -> None: ...

    @abstractmethod
    def views(self) -> Sequence[Picture]:
        """The table; there must have been a record."""

    @abstractmethod
    def values(self) -> list[str]: ...

    def records(self) -> list[Record]:
        """None of those that went by."""
        return []

    def document(self) -> Record:
        return {}
