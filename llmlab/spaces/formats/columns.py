"""What a column of a table is: numbers, or texts, each of which becomes a dimension of its own."""

import math
import re
import shlex
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import numpy as np

from llmlab.arrays import Doubles
from llmlab.errors import DamagedError
from llmlab.language import later, tr
from llmlab.spaces.formats.rows import line

BEYOND = 2.0**128 - 2.0**103  # from here on float32 rounds to infinity
NAMED = 3  # cells that an error names
UNFIT = later("{path} {line} holds {cell!r} in {column!r}, which is no finite float32")
NEARLY = later("{path}: {column!r} is nearly a column of numbers, but for {cells}")
DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+")
# 1,200 and 1 200 and 1.200,5; 10 %, $5: numbers to people, texts to programs
LIKE_A_NUMBER = re.compile(r"[$€£¥]?\s?[+-]?(\d{1,3}([,.' \u00a0\u202f]\d{3})+|\d+)([.,]\d+)?\s?[%‰€£¥元]?")

Place = tuple[int, str]  # a cell's line and text


@dataclass
class TableColumn:
    """What is known of a column so far: its cells come in blocks, each with its lines.

    Mean and spread are merged from block to block (Chan, Golub and LeVeque 1983, equation 2.1): exact for a constant.
    """

    name: str
    place: int  # from 0
    commas: bool  # whether 1,5 may be a number: where commas do not separate
    missing: Collection[str]  # cells that stand for nothing
    count: int = 0  # of numbers
    mean: float = 0.0
    squares: float = 0.0  # sum of squared differences from the mean
    texts: int = 0  # cells that are no numbers; how many of them are to people
    alike: int = 0
    nothing: int = 0
    with_comma: Place | None = None  # the first of each
    with_point: Place | None = None
    unfit: Place | None = None  # the first number that float32 cannot hold
    odd: list[Place] = field(default_factory=list)  # the first texts
    categories: dict[str, int] = field(default_factory=dict)

    @property
    def numeric(self) -> bool:
        return not self.texts

    @property
    def dimensions(self) -> list[str]:
        return [self.name] if self.numeric else [f"{self.name}={category}" for category in self.categories]

    @property
    def deviation(self) -> float:
        return math.sqrt(self.squares / self.count)

    @property
    def scales(self) -> list[tuple[float, float]]:
        """Mean and deviation of each dimension; in a constant column every difference is 0 whatever divides it."""
        return [(float(self.mean), self.deviation or 1.0)] if self.numeric else [(0.0, 1.0)] * len(self.categories)

    def add(self, lines: Sequence[int], cells: Sequence[str]) -> None:
        """Take note of some cells."""
        values = _floats(cells)
        if values is None or self.missing:
            lines, cells, values = self._sort_out(lines, cells)
        if not len(values):
            return
        self._merge(values)
        if self.commas:
            self.with_comma = self.with_comma or _first(lines, cells, ",")
            self.with_point = self.with_point or _first(lines, cells, ".")
        wrong = ~(np.abs(values) < BEYOND)
        if self.unfit is None and wrong.any():
            self.unfit = lines[int(wrong.argmax())], cells[int(wrong.argmax())]

    def values(self, cells: Sequence[str]) -> Doubles:
        """The numbers of some cells [n]; where one stands for nothing, the mean of the others."""
        found = _floats(cells)
        if found is not None and not self.missing:
            return found
        numbers = (self.mean if cell in self.missing else number_in(cell, self.commas) for cell in cells)
        return np.array(list(numbers), np.float64)

    def check(self, path: object) -> None:
        """Raise DamagedError for a column that is nearly one of numbers, or whose numbers cannot be kept."""
        if self.numeric and self.unfit:
            number, cell = self.unfit
            raise DamagedError(tr(UNFIT, path=path, line=line(number), cell=cell, column=self.name))
        if not self.count + self.texts:
            raise DamagedError(
                tr("{path} has nothing in {column!r}", path=path, column=self.name), tr("leave the column out")
            )
        if self.texts and self.count + self.alike >= self.texts - self.alike:
            cells = named(self.odd) + (" ..." if self.texts > NAMED else "")
            what = NEARLY if self.count else later("{path}: {column!r} holds numbers that are written as {cells}")
            raise DamagedError(tr(what, path=path, column=self.name, cells=cells), _hint(self.odd))

    def _sort_out(self, lines: Sequence[int], cells: Sequence[str]) -> tuple[list[int], list[str], Doubles]:
        """Those of some cells that are numbers; the others are taken note of."""
        known: list[tuple[int, str, float]] = []
        for number, cell in zip(lines, cells, strict=True):
            value = number_in(cell, self.commas)
            if cell in self.missing:
                self.nothing += 1
            elif value is not None:
                known.append((number, cell, value))
            else:
                self.texts += 1
                self.alike += bool(LIKE_A_NUMBER.fullmatch(cell))
                self.odd += [(number, cell)][: NAMED - len(self.odd)]
        return [one[0] for one in known], [one[1] for one in known], np.array([one[2] for one in known])

    def _merge(self, values: Doubles) -> None:
        count = self.count + len(values)
        if (np.abs(values) < BEYOND).all():  # others are refused in the end
            mean = values[0] + (values - values[0]).mean()
            difference = mean - self.mean
            self.squares += ((values - mean) ** 2).sum() + difference**2 * self.count * len(values) / count
            self.mean += difference * (len(values) / count)  # the first block by 1: a constant stays itself
        self.count = count


def number_in(cell: str, commas: bool) -> float | None:
    """The number that a cell is; to float alone, 1_000 is one."""
    if commas and DECIMAL_COMMA.fullmatch(cell):
        cell = cell.replace(",", ".")
    try:
        return None if "_" in cell else float(cell)
    except ValueError:
        return None


def _floats(cells: Sequence[str]) -> Doubles | None:
    """The numbers of some cells, where all are as Python writes them."""
    try:
        return None if "_" in "".join(cells) else np.fromiter(map(float, cells), np.float64, len(cells))
    except ValueError:
        return None


def _first(lines: Sequence[int], cells: Sequence[str], mark: str) -> Place | None:
    return next(((number, cell) for number, cell in zip(lines, cells, strict=True) if mark in cell), None)


def named(cells: list[Place]) -> str:
    return ", ".join(tr("{cell!r} ({line})", cell=cell, line=line(number)) for number, cell in cells)


def _hint(cells: list[Place]) -> str:
    nothing = [cell for _, cell in cells if not LIKE_A_NUMBER.fullmatch(cell)]
    if len(nothing) < len(cells):
        return tr("write numbers such as 1200 or 0.1")
    return tr(
        "for cells that stand for nothing: llmlab space import NAME FILE --missing {cell}", cell=shlex.quote(nothing[0])
    )
