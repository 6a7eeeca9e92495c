"""A table as lines of text: columns side by side while words and numbers stay whole, else a block a row.

Where the terminal is narrow, bars become shorter, then texts are folded between words, then bars go, which say nothing
that the numbers do not; and where all that is too wide, each row stands as a block of lines, a name and its value.
"""

import math
from collections.abc import Iterator, Sequence

from msgspec import Struct
from rich.text import Text

from llmlab.render import strip
from llmlab.render.fold import cells, fold, longest
from llmlab.view import Bar, Cell, Column, Heat, Shade, View

EIGHTHS = " ▏▎▍▌▋▊▉█"
BARS = (1.0, 0.5, 0.25)  # how long bars may be, of their own length
NAME = 12  # cells of a word of a column's name that stays whole in Chinese too
ROOM = 16  # cells that a text keeps beside other columns, unless it needs fewer
GAP = "  "
RULE = 80  # cells of the line below the heads in a pipe, where rows may be of any length
UNFOLDED = 10**9  # the width of a pipe: nothing is folded there


class Field(Struct, frozen=True):
    """A column with the width it has."""

    column: Column
    cells: Sequence[Cell]
    width: int
    bars: float

    def head(self) -> list[Text]:
        return [Text(line, "bold") for line in fold(self.column.name, self.width)]

    def value(self, row: int, coloured: bool) -> list[Text]:
        """The lines of one cell."""
        cell = self.cells[row]
        if isinstance(cell, Bar):
            return [Text(bar(cell.share, round(cell.width * self.bars)), "cyan")]
        if isinstance(cell, Shade):
            return [Text(cell.text, strip.shade(cell.share) if coloured else "")]
        if isinstance(cell, Heat):
            lines = (cell.values[start : start + self.width] for start in range(0, len(cell.values), self.width))
            return [strip.heat(line, coloured) for line in lines]
        return [Text(line) for line in fold(shown(self.column, cell), self.width)]


def drawn(view: View, width: int, coloured: bool, followed: bool) -> Iterator[Text]:
    """The lines of a table that is at most so wide; notes that follow are kept apart from blocks.

    A view without columns is its sentences alone.
    """
    if not view.columns:
        return
    found = zip(*view.rows, strict=True) if view.rows else [()] * len(view.columns)
    columns = list(zip(view.columns, found, strict=True))
    fields = _beside(columns, width)
    if fields is None:
        yield from _stacked(columns, len(view.rows), width, coloured)
        yield from [Text()] * followed
        return
    heads = [field.head() for field in fields]
    depth = max(map(len, heads), default=0)
    yield from _lines(fields, [[Text()] * (depth - len(head)) + head for head in heads])
    total = sum(field.width for field in fields) + len(GAP) * (len(fields) - 1)
    yield Text("─" * (min(total, RULE) if width == UNFOLDED else total))
    for row in range(len(view.rows)):
        yield from _lines(fields, [field.value(row, coloured) for field in fields])


def bar(share: float, width: int = 20) -> str:
    """A bar of `share` of the width, in eighths of a character."""
    eighths = 0 if math.isnan(share) else round(max(0.0, min(1.0, share)) * width * 8)
    return "█" * (eighths // 8) + (EIGHTHS[eighths % 8] if eighths % 8 else "")


def shown(column: Column, cell: Cell) -> str:
    """The text of a cell that holds one, as much of it as its column shows."""
    text = cell.text if isinstance(cell, Shade) else str(cell)
    if column.tail and cells(text) > column.tail:
        while cells(text) > column.tail - 1:
            text = text[1:]
        return "…" + text
    if column.head and cells(text) > column.head:
        while cells(text) > column.head - 1:
            text = text[:-1]
        return text + "…"
    return text


Columns = Sequence[tuple[Column, Sequence[Cell]]]


def _beside(columns: Columns, width: int) -> list[Field] | None:
    """The columns as wide as they are, else folded, else without bars; None where they do not fit."""
    without = [one for one in columns if not _is_bar(one[1])]
    for some, bars in (*((columns, bars) for bars in BARS), (columns, 0.0), (without, 0.0)):
        most = [_most(*one, bars or BARS[-1]) for one in some]
        least = most if bars else [_least(*one, bars or BARS[-1], width) for one in some]
        room = width - len(GAP) * (len(some) - 1) - sum(least)
        if room >= 0:
            wished = sum(most) - sum(least)
            widths = [
                low + (room * (high - low) // wished if wished > room else high - low)
                for low, high in zip(least, most, strict=True)
            ]
            return [Field(*one, size, bars or BARS[-1]) for one, size in zip(some, widths, strict=True)]
    return None


def _is_bar(found: Sequence[Cell]) -> bool:
    return any(isinstance(cell, Bar) for cell in found)


def _most(column: Column, found: Sequence[Cell], bars: float) -> int:
    """Cells of a column where nothing is folded."""
    return max(cells(column.name), *(_size(column, cell, bars) for cell in found), 0)


def _least(column: Column, found: Sequence[Cell], bars: float, width: int) -> int:
    """Cells of a column folded as far as it may be: a text between words, but not into a few cells."""
    head = _head(column.name, width)
    if any(isinstance(cell, Heat) for cell in found):
        return max(head, min(ROOM, _most(column, found, bars)))
    if not column.wide:
        return max(head, *(_size(column, cell, bars) for cell in found), 0)
    texts = [shown(column, cell) for cell in found]
    return max(head, min(ROOM, _most(column, found, bars)), *(longest(text, width) for text in texts), 0)


def _head(name: str, width: int) -> int:
    """Cells of a column's name folded between its words, which have spaces between them in every language."""
    words = [size for size in map(cells, name.split()) if size <= NAME]
    return max(longest(name, width), *words, 0)


def _size(column: Column, cell: Cell, bars: float) -> int:
    if isinstance(cell, Bar):
        return round(cell.width * bars)
    return len(cell.values) if isinstance(cell, Heat) else cells(shown(column, cell))


def _lines(fields: Sequence[Field], found: Sequence[Sequence[Text]]) -> Iterator[Text]:
    """The lines of one row; none ends in spaces."""
    for place in range(max(map(len, found), default=0)):
        line = Text()
        begin = 0  # of the column
        for field, texts in zip(fields, found, strict=True):
            text = texts[place] if place < len(texts) else Text()
            left = begin + (field.width - text.cell_len if field.column.number else 0)
            if text.plain:
                line.append(" " * (left - line.cell_len)).append_text(text)
            begin += field.width + len(GAP)
        yield line


def _stacked(columns: Columns, rows: int, width: int, coloured: bool) -> Iterator[Text]:
    """A block a row, a line or more a value; what is empty is left out."""
    kept = [one for one in columns if not _is_bar(one[1])]
    names = max((cells(column.name) for column, _ in kept), default=0)
    widest = max((_least(column, found, 0.0, width) for column, found in kept), default=0)
    beside = names + len(GAP) + min(widest, ROOM) <= width
    indent = names + len(GAP) if beside else len(GAP)
    for row in range(rows):
        if row:
            yield Text()
        for column, found in kept:
            values = Field(column, found, width - indent, 0.0).value(row, coloured)
            if any(value.plain for value in values):
                yield from _named(column.name, values, indent, beside, width)


def _named(name: str, values: Sequence[Text], indent: int, beside: bool, width: int) -> Iterator[Text]:
    """A name and the lines of its value, beside it or below."""
    first = Text(name, "bold")
    if not beside:
        yield from (Text(line, "bold") for line in fold(name, width))
        first = Text()
    for value in values:
        yield first.append(" " * (indent - first.cell_len)).append_text(value)
        first = Text()
