"""Which inputs are missing, and whose they are: of N shards, number I has every N-th input, from the I-th on."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from llmlab.errors import LabError
from llmlab.language import tr, tr_many

NAMED = 5  # missing inputs that are named


@dataclass(frozen=True)
class Found:
    """An input, its records, how many differ, how many should, and the first and last part that has some."""

    item: int
    records: int
    places: int
    wanted: int
    first: int
    last: int

    @property
    def doubled(self) -> bool:
        return self.records > self.places or self.places > self.wanted

    @property
    def whole(self) -> bool:
        return self.records == self.places == self.wanted


class PartOf:
    """The inputs that a part has: how far they stand apart says of how many shards it is one."""

    def __init__(self, path: Path) -> None:
        self.path, self.first, self.step = path, 0, 0

    def add(self, item: int) -> None:
        self.first = self.first or item
        self.step = math.gcd(self.step, item - self.first)

    @property
    def shard(self) -> str:
        """As --shard says it, of a part of two inputs or more."""
        return f"{(self.first - 1) % self.step + 1}/{self.step}"


class Missing:
    """The inputs that no part has, by their shard."""

    def __init__(self, parts: Sequence[PartOf], items: int) -> None:
        self._parts, self._items = parts, items
        self._shards = _shards(parts)
        self._named: dict[int, list[int]] = {}  # by the number of the shard, from 0
        self._counts: dict[int, int] = {}

    @property
    def count(self) -> int:
        return sum(self._counts.values())

    def add(self, item: int) -> None:
        shard = (item - 1) % self._shards
        self._counts[shard] = self._counts.get(shard, 0) + 1
        named = self._named.setdefault(shard, [])
        if len(named) < NAMED:
            named.append(item)

    def gaps(self, items: Iterator[int]) -> None:
        """Add those that stand between those found."""
        before = 0
        for item in items:
            for missing in range(before + 1, item):
                self.add(missing)
            before = item
        for missing in range(before + 1, self._items + 1):
            self.add(missing)

    @property
    def message(self) -> str:
        parts = tr("; ").join(self._of(shard) for shard in sorted(self._counts))
        return tr_many(
            "{count:,} of {items:,} inputs is missing: {parts}",
            "{count:,} of {items:,} inputs are missing: {parts}",
            self.count,
            items=self._items,
            parts=parts,
        )

    def twice(self, one: Found) -> LabError:
        """That an input is there twice, and why, as far as the parts say."""
        first, last = self._parts[one.first], self._parts[one.last]
        if first.step and last.step and first.step != last.step:
            told = {"item": one.item, "one": first.path, "shard": first.shard, "other": last.path, "of": last.shard}
            message = tr("input {item:,} is there twice: {one} is shard {shard}, {other} is shard {of}", **told)
            return LabError(message, tr("give all parts the same N of --shard I/N"))
        files = tr(", ").join(dict.fromkeys([str(first.path), str(last.path)]))
        message = tr("input {item:,} is there twice: {files}", item=one.item, files=files)
        return LabError(message, tr("give each part of one work once"))

    def _of(self, shard: int) -> str:
        """The missing inputs of a shard, and whose they are."""
        said = tr(", ").join(f"{item:,}" for item in self._named[shard])
        if self._counts[shard] > NAMED:
            said = tr("{first} ... ({count:,} in all)", first=said, count=self._counts[shard])
        if self._shards == 1:
            return said
        own = [str(part.path) for part in self._parts if part.first and (part.first - 1) % self._shards == shard]
        whose = own[0] if own else tr("no part given")
        return tr("{items} of shard {i}/{n}, {file}", items=said, i=shard + 1, n=self._shards, file=whose)


def _shards(parts: Sequence[PartOf]) -> int:
    """Of how many shards the parts are, as many as there are parts or more; 1 where they are no shards."""
    step = math.gcd(*(part.step for part in parts))
    for count in (len(parts), step):
        own = {(part.first - 1) % count for part in parts if part.first} if count else set()
        if count and step % count == 0 and len(own) == sum(bool(part.first) for part in parts):
            return count
    return 1
