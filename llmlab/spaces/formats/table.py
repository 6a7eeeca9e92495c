"""Tables: words in the first column, in the others numbers, or texts that become a dimension for each category.

A table is read before its rows are: for the kinds of its columns, and for the categories where there are any.
"""

import unicodedata
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from llmlab.arrays import Floats
from llmlab.errors import DamagedError
from llmlab.files.opening import ending, opened, raw_lines, text_lines
from llmlab.files.tables import DELIMITERS, Row, parse, unpadded
from llmlab.language import later, tr
from llmlab.spaces.formats.columns import TableColumn, named, number_in
from llmlab.spaces.formats.rows import LeftOut, RawBlock, Rows, block_rows, columns, line, refuse_empty
from llmlab.spaces.notes import ENCODED, HEADLESS, MEAN, MORE, ONE_MEAN, STANDARD

SHOWN = 10  # categories of a column that a note names
ROWS = 4096  # looked at together
WIDTH = later("{path} {line} has {columns}, not {width:,}")
EMPTY = later("{path} {line} has an empty cell in column {column:,}")


@dataclass(frozen=True)
class Table:
    """A table whose columns are known."""

    rows: Rows
    dimensions: tuple[str, ...]  # their names, where they have any
    notes: tuple[str, ...]
    means: tuple[float, ...]  # of the dimensions before they were standardised; none where they are not
    deviations: tuple[float, ...]


@dataclass(frozen=True)
class Grid:
    """The cells of a table's file."""

    path: Path
    missing: frozenset[str]  # cells that stand for nothing
    left_out: LeftOut
    separator: str
    names: tuple[str, ...]  # of the columns after the first
    headed: bool  # whether the file has them

    def rows(self) -> Iterator[Row]:
        """The line and the cells of each row of a word. Raises DamagedError for one of another width, or with gaps."""
        _, rows = _rows_of(self.path, self.left_out)
        for number, cells in islice(rows, int(self.headed), None):
            self._check(number, cells)
            yield number, cells

    def _check(self, number: int, cells: list[str]) -> None:
        width = len(self.names) + 1
        if len(cells) < width or (len(cells) > width and unpadded(cells[width:])):
            raise DamagedError(tr(WIDTH, path=self.path, line=line(number), columns=columns(len(cells)), width=width))
        empty = cells.index("") + 1 if "" in cells else width + 1
        if empty > width:
            return
        if empty == 1 or "" not in self.missing:
            hint = "" if empty == 1 else tr('if it stands for nothing: llmlab space import NAME FILE --missing ""')
            raise DamagedError(tr(EMPTY, path=self.path, line=line(number), column=empty), hint)


def read(path: Path, standardize: bool, missing: Collection[str], left_out: LeftOut) -> Table:
    """Find what the columns are; the rows follow when they are asked for."""
    grid = _grid(path, frozenset(missing), left_out)
    found = _columns(grid)
    dimensions = tuple(name for column in found for name in column.dimensions)
    _refuse_duplicates(path, dimensions)
    rows = Rows(path, len(dimensions), lambda: _blocks(grid, found, standardize), line)
    has_names = grid.headed or not all(column.numeric for column in found)
    scales = [scale for column in found for scale in column.scales] if standardize else []
    means, deviations = zip(*scales, strict=True) if scales else ((), ())
    return Table(rows, dimensions if has_names else (), _notes(grid, found, standardize), means, deviations)


def _grid(path: Path, missing: frozenset[str], left_out: LeftOut) -> Grid:
    """A table's separator and names; a first row of numbers after the first cell is of no names."""
    separator, rows = _rows_of(path, left_out)
    number, cells = next(rows, (1, []))
    first = unpadded(cells)
    refuse_empty(path, len(first), len(first) - 1)
    headed = any(number_in(cell, separator != ",") is None for cell in first[1:])
    if not headed:
        return Grid(path, missing, left_out, separator, tuple(f"d{place}" for place in range(1, len(first))), False)
    if not all(first[1:]):  # the column of words often has no name
        raise DamagedError(tr(EMPTY, path=path, line=line(number), column=first.index("", 1) + 1))
    _refuse_duplicates(path, first[1:])
    return Grid(path, missing, left_out, separator, tuple(first[1:]), True)


def _rows_of(path: Path, left_out: LeftOut) -> tuple[str, Iterator[Row]]:
    """The separator, and the line and cells of each row that holds something."""
    table = parse(_lines(path), str(path), DELIMITERS[ending(path)])
    return table.separator, _filled(table.rows, left_out)


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    with opened(path) as file:
        for number, text in text_lines(raw_lines(file, str(path)), str(path)):
            yield number, unicodedata.normalize("NFC", text)


def _filled(rows: Iterator[Row], left_out: LeftOut) -> Iterator[Row]:
    left_out.blank = waiting = 0
    for number, cells in rows:
        text = "".join(cells)
        if not text.strip():
            waiting += 1
            continue
        left_out.blank += waiting
        waiting = 0
        # to a word a space may belong
        yield number, [cells[0], *(cell.strip() for cell in cells[1:])] if " " in text else cells


def _columns(grid: Grid) -> list[TableColumn]:
    """What the columns after the first are."""
    commas = grid.separator != ","
    found = [TableColumn(name, place, commas, grid.missing) for place, name in enumerate(grid.names, 1)]
    rows, count = grid.rows(), 0
    while some := list(islice(rows, ROWS)):
        count += len(some)
        lines, cells = [number for number, _ in some], list(zip(*(cells for _, cells in some), strict=False))
        for column in found:
            column.add(lines, cells[column.place])
    refuse_empty(grid.path, count, len(found))
    for column in found:
        column.check(grid.path)
    _refuse_two_marks(grid.path, [column for column in found if column.numeric])
    _find_categories(grid, [column for column in found if not column.numeric])
    return found


def _refuse_two_marks(path: Path, numeric: Sequence[TableColumn]) -> None:
    """1.234 is one number where points are decimal, and another where commas are."""
    comma = next((column.with_comma for column in numeric if column.with_comma), None)
    point = next((column.with_point for column in numeric if column.with_point), None)
    if comma and point:
        raise DamagedError(
            tr("{path} has decimal commas and points: {cells}", path=path, cells=named([comma, point])),
            tr("write one of them"),
        )


def _find_categories(grid: Grid, texts: Sequence[TableColumn]) -> None:
    """A pass of its own, so that no column of numbers has its values kept in case it turns out to be text."""
    for _, cells in grid.rows() if texts else ():
        for column in texts:
            if cells[column.place] not in grid.missing:
                column.categories.setdefault(cells[column.place], len(column.categories))


def _refuse_duplicates(path: Path, names: Sequence[str]) -> None:
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise DamagedError(
            tr("{path} has several columns called {column!r}", path=path, column=twice[0]), tr("give each its own name")
        )


def _blocks(grid: Grid, found: Sequence[TableColumn], standardize: bool) -> Iterator[RawBlock]:
    dimension = sum(len(column.dimensions) for column in found)
    records = grid.rows()
    while rows := list(islice(records, block_rows(dimension))):
        vectors = np.zeros((len(rows), dimension), np.float32)
        cells = list(zip(*(cells for _, cells in rows), strict=False))
        first = 0
        for column in found:
            own = vectors[:, first : first + len(column.dimensions)]
            _fill(own, column, cells[column.place], standardize)
            first += len(column.dimensions)
        yield RawBlock([word.encode() for word in cells[0]], vectors, [number for number, _ in rows])


def _fill(own: Floats, column: TableColumn, cells: Sequence[str], standardize: bool) -> None:
    """Write a column's cells to its dimensions [n, D] of zeros."""
    if column.numeric:
        ((mean, deviation),) = column.scales
        values = column.values(cells)
        own[:, 0] = (values - mean) / deviation if standardize else values
        return
    for row, cell in enumerate(cells):
        if cell not in column.missing:
            own[row, column.categories[cell]] = 1


def _notes(grid: Grid, found: Sequence[TableColumn], standardize: bool) -> tuple[str, ...]:
    notes = [] if grid.headed else [HEADLESS]
    texts = [f"{column.name} ({_listed(list(column.categories))})" for column in found if not column.numeric]
    if texts:
        notes.append(ENCODED.format(columns=", ".join(texts)))
    if standardize and any(column.numeric for column in found):
        notes.append(STANDARD)
    if missing := sum(column.nothing for column in found):
        notes.append(ONE_MEAN if missing == 1 else MEAN.format(count=missing))
    return tuple(notes)


def _listed(categories: Sequence[str]) -> str:
    more = len(categories) - SHOWN
    return ", ".join(categories[:SHOWN]) + (MORE.format(count=more) if more > 0 else "")
