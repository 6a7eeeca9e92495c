"""Tables: .csv and .tsv files whose first column is the word and whose other columns are dimensions.

A column of numbers is a dimension; a column of text becomes one dimension for each of its categories (one-hot).
The file is read through before its rows are: for the kinds of its columns, and for the categories where there are any.
"""

import codecs
import csv
import math
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BufferedIOBase
from itertools import islice
from pathlib import Path

import numpy as np

from llmlab.errors import DamagedError
from llmlab.files import DELIMITERS, opened
from llmlab.spaces.formats.rows import RawBlock, Rows, block_rows, columns, ending, line, refuse_empty

BEYOND = 2.0**128 - 2.0**103  # from here on float32 rounds to infinity
SHOWN = 10  # categories of a column that a note names


@dataclass
class _Column:
    """What is known of a column so far. Mean and spread are Welford's: exact for a constant column."""

    name: str
    numeric: bool = True
    count: int = 0
    mean: float = 0.0
    squares: float = 0.0  # sum of squared differences from the mean
    unfit: tuple[int, str] | None = None  # line and text of the first number that float32 cannot hold
    categories: dict[str, int] = field(default_factory=dict)

    @property
    def dimensions(self) -> list[str]:
        return [self.name] if self.numeric else [f"{self.name}={category}" for category in self.categories]

    @property
    def deviation(self) -> float:
        return math.sqrt(self.squares / self.count)

    def add(self, number: int, cell: str) -> None:
        value = _number(cell)
        if value is None:
            self.numeric = False
            return
        if not abs(value) < BEYOND and self.unfit is None:
            self.unfit = number, cell
        self.count += 1
        difference = value - self.mean
        self.mean += difference / self.count
        self.squares += difference * (value - self.mean)


@dataclass(frozen=True)
class Table:
    """A table whose columns are known."""

    rows: Rows
    dimensions: tuple[str, ...]
    notes: tuple[str, ...]


def read(path: Path, standardize: bool) -> Table:
    """Find what the columns are; the rows follow when they are asked for."""
    found = _columns(path)
    _find_categories(path, found)
    dimensions = tuple(name for column in found for name in column.dimensions)
    _refuse_duplicates(path, dimensions)
    rows = Rows(path, len(dimensions), lambda: _blocks(path, found, standardize), line)
    return Table(rows, dimensions, _notes(found, standardize))


def _columns(path: Path) -> list[_Column]:
    """The columns after the first, each number in them seen."""
    found: list[_Column] = []
    count = 0
    for number, cells in _records(path):
        if number == 1:
            found = [_Column(name) for name in cells[1:]]
            _refuse_duplicates(path, cells[1:])
            continue
        count += 1
        for column, cell in zip(found, cells[1:], strict=True):
            if column.numeric:
                column.add(number, cell)
    refuse_empty(path, count, len(found))
    for column in found:
        if column.numeric and column.unfit:
            number, cell = column.unfit
            raise DamagedError(f"{path} {line(number)} holds {cell!r} in {column.name!r}, which is no finite float32")
    return found


def _find_categories(path: Path, found: list[_Column]) -> None:
    """A pass of its own, so that no column of numbers has its values kept in case it turns out to be text."""
    texts = [(place, column) for place, column in enumerate(found, start=1) if not column.numeric]
    if not texts:
        return
    for number, cells in _records(path):
        if number == 1:
            continue
        for place, column in texts:
            column.categories.setdefault(cells[place], len(column.categories))


def _records(path: Path) -> Iterator[tuple[int, list[str]]]:
    """First line and cells of every row, the header first; all of them as wide as the header, no cell empty."""
    with opened(path) as file:
        reader = csv.reader(_lines(path, file), delimiter=DELIMITERS[ending(path)], strict=True)
        number = 1
        header: list[str] | None = None
        try:
            for cells in reader:
                header = cells if header is None else header
                _refuse_gaps(f"{path} {line(number)}", header, cells, number == 1)
                yield number, cells
                number = reader.line_num + 1  # a cell in quotes may hold line ends
        except csv.Error as error:
            raise DamagedError(f"{path} {line(number)} is no row of a table: {error}") from None


def _lines(path: Path, file: BufferedIOBase) -> Iterator[str]:
    for number, raw in enumerate(file, start=1):
        text = raw.removeprefix(codecs.BOM_UTF8) if number == 1 else raw  # spreadsheets put it there
        try:
            yield unicodedata.normalize("NFC", text.decode())
        except UnicodeDecodeError:
            raise DamagedError(f"{path} {line(number)} is not UTF-8", "save the table as UTF-8") from None


def _refuse_gaps(place: str, header: list[str], cells: list[str], is_header: bool) -> None:
    if not cells:
        raise DamagedError(f"{place} is empty")
    if len(cells) != len(header):
        raise DamagedError(f"{place} has {columns(len(cells))}, not {len(header):,}")
    if not all(cells[1:] if is_header else cells):  # the column of words often has no name
        empty = cells.index("", 1 if is_header else 0)
        raise DamagedError(f"{place} has an empty cell in column {empty + 1:,}")


def _refuse_duplicates(path: Path, names: list[str] | tuple[str, ...]) -> None:
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise DamagedError(f"{path} {line(1)} has several columns called {twice[0]!r}", "give each its own name")


def _number(cell: str) -> float | None:
    try:
        return None if "_" in cell else float(cell)  # float would read 1_000 as 1000
    except ValueError:
        return None


def _blocks(path: Path, found: list[_Column], standardize: bool) -> Iterator[RawBlock]:
    records = _records(path)
    next(records)
    dimension = sum(len(column.dimensions) for column in found)
    while rows := list(islice(records, block_rows(dimension))):
        vectors = np.zeros((len(rows), dimension), np.float32)
        first = 0
        for place, column in enumerate(found, start=1):
            cells = [cells[place] for _, cells in rows]
            if column.numeric:
                vectors[:, first] = _values(column, cells, standardize)
            else:
                vectors[np.arange(len(rows)), [first + column.categories[cell] for cell in cells]] = 1
            first += len(column.dimensions)
        yield RawBlock([cells[0].encode() for _, cells in rows], vectors, [number for number, _ in rows])


def _values(column: _Column, cells: list[str], standardize: bool) -> list[float]:
    values = [float(cell) for cell in cells]
    if not standardize:
        return values
    deviation = column.deviation or 1.0  # in a constant column every difference is 0 already
    return [(value - column.mean) / deviation for value in values]


def _notes(found: list[_Column], standardize: bool) -> tuple[str, ...]:
    texts = [f"{column.name} ({_listed(list(column.categories))})" for column in found if not column.numeric]
    notes = [f"text columns are one-hot encoded: {', '.join(texts)}"] if texts else []
    if standardize and any(column.numeric for column in found):
        notes.append("number columns are standardised: (x - mean) / standard deviation")
    return tuple(notes)


def _listed(categories: list[str]) -> str:
    more = len(categories) - SHOWN
    return ", ".join(categories[:SHOWN]) + (f" and {more:,} more" if more > 0 else "")
