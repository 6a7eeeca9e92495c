"""Parts of one work put together: nothing may be lost, nothing doubled, and all made alike.

The parts are read twice. First where each record stands goes into a table on disk, and the table says what is missing;
then the records are copied in the order of their inputs. Memory is the same however many there are.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import cache, cached_property, partial
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import msgspec

from llmlab.bulk.missing import Found, Missing, PartOf
from llmlab.bulk.sorts import SORTS, Place, Sort, contradiction, counted, value
from llmlab.errors import LabError, MisuseError
from llmlab.files.on_disk import Database
from llmlab.files.opening import readable
from llmlab.language import tr, tr_many
from llmlab.progress import Progress, silent
from llmlab.view import Record

MIB = 2**20  # bytes
OPEN = 100  # parts at a time
BEGUN = (b'{"item": ', b"\0")  # how a record begins, and what a power loss leaves of one
TABLE = (
    "CREATE TABLE records (item INTEGER, part INTEGER, start INTEGER, length INTEGER, plan INTEGER, place TEXT,"
    " PRIMARY KEY (item, part, start)) WITHOUT ROWID"
)
BY_ITEM = (
    "SELECT item, COUNT(*), COUNT(DISTINCT place), GROUP_CONCAT(DISTINCT plan), MIN(part), MAX(part) FROM records"
    " GROUP BY item ORDER BY item"
)
IN_ORDER = "SELECT part, start, length FROM records ORDER BY item, part, start"


@dataclass(frozen=True)
class Merged:
    """Parts that were read and are whole together."""

    parts: Sequence[Path]
    sort: Sort
    items: int
    records: int
    table: "PartsTable"

    @property
    def statement(self) -> str:
        records = tr_many("{count:,} record", "{count:,} records", self.records)
        return tr("{inputs}, {records}: none is lost or doubled", inputs=counted(self.items), records=records)

    def each(self, progress: Progress = silent) -> Iterator[bytes]:
        """The records in the order of their inputs, a line each."""
        with closing(OpenParts(self.parts)) as files:
            for done, (part, start, length) in enumerate(self.table.in_order(), 1):
                yield files.read(part, start, length).removesuffix(b"\n") + b"\n"
                progress(done, self.records)


class OpenParts:
    """Files of any number, of which the last used are open: a process may have so many."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._paths, self._open = paths, dict[int, BinaryIO]()  # the last used last

    def read(self, part: int, start: int, length: int) -> bytes:
        file = self._open.pop(part, None)
        if file is None:
            if len(self._open) == OPEN:
                self._open.pop(next(iter(self._open))).close()
            file = self._paths[part].open("rb")
        self._open[part] = file
        file.seek(start)
        return file.read(length)

    def close(self) -> None:
        for file in self._open.values():
            file.close()


def merge(parts: Sequence[Path], progress: Progress = silent) -> Merged:
    """Read the parts of a work. Raises MisuseError for what are none, LabError for what is missing or doubled."""
    if len({path.resolve() for path in parts}) < len(parts):
        raise MisuseError(tr("a part is named twice"), tr("give each once"))
    reading = PartsReading(parts)
    reading.read(progress)
    if reading.first is None:
        raise MisuseError(tr("the parts hold no records"), tr("give the files that --out was given"))
    reading.check()
    items = reading.first.items
    return Merged(parts, reading.first.sort, items, reading.table.count, reading.table)


@dataclass(frozen=True)
class Made:
    """How the first record was made, and so all must be."""

    sort: Sort
    part: Path
    items: int
    conditions: Record

    @classmethod
    def of(cls, record: Record, part: Path) -> "Made":
        """Raises MisuseError for a record of no work that can be merged."""
        sort = next((one for one in SORTS if one.holds(record)), None)
        if sort is None:
            raise _no_record(part, 1)
        if record["items"] is None:
            message = tr("{file} is of a pipe: how many inputs there were nobody knows", file=part)
            raise MisuseError(message, tr("give the inputs as a file, or with < FILE"))
        return cls(sort, part, record["items"], {name: record.get(name) for name in sort.conditions})


class PartsTable:
    """Where the records of each input stand, in which part."""

    def __init__(self) -> None:
        self._database = Database(TABLE)
        self._plans: dict[tuple[Place, ...], int] = {}  # what runs make of an input; there are few

    def fill(self, rows: Iterator["PartRow"]) -> None:
        self._database.fill("INSERT INTO records VALUES (?, ?, ?, ?, ?, ?)", map(self._values, rows))

    @cached_property
    def count(self) -> int:
        ((count,),) = self._database.rows("SELECT COUNT(*) FROM records")
        return int(count)

    def items(self) -> Iterator[int]:
        for (item,) in self._database.rows("SELECT DISTINCT item FROM records ORDER BY item"):
            yield item

    def uneven(self, *, alike: bool) -> Iterator[Found]:
        """The inputs that have not just the records of their runs; `alike`: those of all runs."""
        wanted, every = cache(self._wanted), ",".join(map(str, range(len(self._plans))))
        for item, records, places, plans, first, last in self._database.rows(BY_ITEM):
            found = Found(item, records, places, wanted(every if alike else str(plans)), first, last)
            if not found.whole:
                yield found

    def in_order(self) -> Iterator[tuple[int, int, int]]:
        yield from self._database.rows(IN_ORDER)

    def _values(self, row: "PartRow") -> tuple[int, int, int, int, int, str]:
        plan = self._plans.setdefault(row.places, len(self._plans))
        return row.item, row.part, row.start, row.length, plan, repr(row.place)

    def _wanted(self, plans: str) -> int:
        """How many records an input has of runs together."""
        every = list(self._plans)
        return sum(_most(every[int(plan)] for plan in plans.split(",")).values())


class PartRow(NamedTuple):
    """Where a record stands, which of its input's it is, and what its run makes of an input."""

    item: int
    part: int
    start: int
    length: int
    place: Place
    places: tuple[Place, ...]


@dataclass
class PartsReading:
    """Parts as they are read."""

    parts: Sequence[Path]
    table: PartsTable = field(default_factory=PartsTable)
    first: Made | None = None

    def read(self, progress: Progress) -> None:
        self.shares = [PartOf(path) for path in self.parts]
        self.plans: list[set[tuple[Place, ...]]] = [set() for _ in self.parts]
        sizes = [_size(path) for path in self.parts]
        for number, path in enumerate(self.parts):
            told = partial(_told, progress, sum(sizes[:number]), sum(sizes))
            with readable(path), path.open("rb") as file:
                self.table.fill(self._rows(number, file, told))

    def check(self) -> None:
        """Raise LabError for inputs that are there twice, or not, or not whole."""
        assert self.first
        if self.first.sort.alike:
            self._check_plans()
        missing = Missing(self.shares, self.first.items)
        for one in self.table.uneven(alike=self.first.sort.alike):
            if one.doubled:
                raise missing.twice(one)
            missing.add(one.item)
        missing.gaps(self.table.items())
        if missing.count:
            raise LabError(missing.message, tr("run what is missing again: it goes on where its file ends"))

    def _check_plans(self) -> None:
        """Raise MisuseError for parts whose runs, together, make other records of an input."""
        found = [(path, _most(plans)) for path, plans in zip(self.parts, self.plans, strict=True) if plans]
        first, was = found[0]
        for path, now in found[1:]:
            if now != was:
                told = [[list(one) for one in sorted(each.items())] for each in (now, was)]
                message = _unlike(path, "item_places", told[0], first, told[1])
                raise MisuseError(message, tr("draw as many samples at the same temperatures in every shard"))

    def _rows(self, part: int, file: BinaryIO, told: Callable[[int], None]) -> Iterator[PartRow]:
        start, path, item, before = 0, self.parts[part], 0, 0
        for number, line in enumerate(file, 1):
            record = self._record(path, number, line)
            assert self.first
            sort = self.first.sort
            item, before = record["item"], before + 1 if record["item"] == item else 0
            self.shares[part].add(item)
            self.plans[part].add(places := sort.places(record))
            yield PartRow(item, part, start, len(line), sort.place(record, before), places)
            start += len(line)
            told(start)

    def _record(self, path: Path, number: int, line: bytes) -> Record:
        """Raises MisuseError for a line that is no record of this work."""
        try:
            record: Record = json.loads(line)
            self.first = self.first or Made.of(record, path)
            if self.first.sort.holds(record):
                if not msgspec.convert(record, self.first.sort.shape).agrees:
                    raise contradiction(path, number)
                self._check_alike(path, record, self.first)
                return record
        except (ValueError, AttributeError, RecursionError):
            if not line.startswith(BEGUN):
                raise _no_record(path, number) from None
            what = tr("{file} line {number:,} is no whole record of --out", file=path, number=number)
            raise MisuseError(what, tr("run that part again: it mends what was cut short")) from None
        told = {"file": path, "number": number, "kind": tr(self.first.sort.name)}
        raise MisuseError(tr("{file} line {number:,} is no {kind}", **told), tr("merge parts of one work"))

    def _check_alike(self, path: Path, record: Record, first: Made) -> None:
        for name, was in (("items", first.items), *first.conditions.items()):
            if (now := record.get(name)) != was:
                raise MisuseError(_unlike(path, name, now, first.part, was), tr("merge parts of one work"))
        if record["item"] > first.items:
            message = tr("{file} holds input {item:,} of {items:,}", file=path, item=record["item"], items=first.items)
            raise MisuseError(message, tr("merge parts of one work"))


def _most(plans: Iterable[tuple[Place, ...]]) -> dict[float, int]:
    """How many records of each kind an input has of runs together, which may make some of the same."""
    most: dict[float, int] = {}
    for name, count in (one for plan in plans for one in plan):
        most[name] = max(most.get(name, 0), count)
    return most


def _no_record(path: Path, number: int) -> MisuseError:
    what = tr("{file} line {number:,} is no record of --out", file=path, number=number)
    return MisuseError(what, tr("give files that --out wrote"))


def _unlike(path: Path, name: str, now: Any, other: Path, was: Any) -> str:
    """That two parts were made otherwise."""
    if name == "items":
        return tr(
            "{file} was made of {now}, {other} of {was}", file=path, now=counted(now), other=other, was=counted(was)
        )
    told = {"file": path, "name": name, "now": value(now), "other": other, "was": value(was)}
    return tr("{file} was made with {name} {now}, {other} with {was}", **told)


def _size(path: Path) -> int:
    with readable(path):
        return path.stat().st_size


def _told(progress: Progress, before: int, total: int, done: int) -> None:
    """Tell of bytes of one part as of MiB of all."""
    progress((before + done) // MIB, total // MIB)
