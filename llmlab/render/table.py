"""Views for people: tables aligned with wide characters, and shaded text; folded to the terminal, plain in a pipe."""

import math
from collections.abc import Sequence
from typing import Any, TextIO

from msgspec import Struct
from msgspec.structs import replace
from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from llmlab.render import strip
from llmlab.render.safe import harmless
from llmlab.view import Bar, Cell, Column, Heat, Picture, Shade, View

EIGHTHS = " ▏▎▍▌▋▊▉█"
SHORTEST = 8  # cells that a wide column keeps
GAP = 2  # cells between columns
UNFOLDED = 100_000  # a pipe has no width: nothing is wrapped there


def draw(views: Sequence[Picture], stream: TextIO, *, terminal: bool, width: int, colours: bool) -> None:
    """Write the views. Text is never read as markup, and no terminal obeys it, whatever field it stands in."""
    console = _Console(
        file=stream,
        width=width if terminal else UNFOLDED,
        force_terminal=terminal,
        markup=False,
        highlight=False,
        emoji=False,
        legacy_windows=False,
        color_system="auto" if colours else None,
        no_color=not colours,
    )
    explained: set[str] = set()
    for number, view in enumerate(map(_harmless, views)):
        if number:
            console.print()
        if view.title:
            console.print(Text(view.title, "bold"))
        if view.conclusion:
            console.print(Text(view.conclusion))
        if isinstance(view, View):
            _draw_table(view, console)
        else:
            strip.draw(view, console, width)
        for note in (*_legend(view, explained), *view.notes):
            console.print(Text(note, "dim"))


def _legend(view: Picture, explained: set[str]) -> list[str]:
    """What the columns say, in a line; those that a table above has explained are left out."""
    columns = view.columns if isinstance(view, View) else ()
    new = [one for one in columns if one.means and one.name not in explained]
    explained.update(one.name for one in new)
    return ["; ".join(f"{one.name}: {one.means}" for one in new)] if new else []


class _Console(Console):
    """rich ends the process when the reader of a pipe is gone; here the caller decides."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


def bar(share: float, width: int = 20) -> str:
    """A bar of `share` of the width, in eighths of a character."""
    eighths = 0 if math.isnan(share) else round(max(0.0, min(1.0, share)) * width * 8)
    return "█" * (eighths // 8) + (EIGHTHS[eighths % 8] if eighths % 8 else "")


def _draw_table(view: View, console: Console) -> None:
    """The table with bars as long as there is room for; where words and numbers have none, the terminal folds it."""
    if console.width == UNFOLDED:
        console.print(_table(view, 1.0, coloured=False))
        return
    free = console.options.update(max_width=UNFOLDED)
    for scale in (1.0, 0.5, 0.25):
        table = _table(view, scale, strip.has_colours(console))
        if console.measure(table, options=free).maximum <= console.width:
            break
    narrowest = _narrowest(view, scale)
    if narrowest > console.width:
        table.width = narrowest
    console.print(table, crop=False)


def _narrowest(view: View, scale: float) -> int:
    """Cells of the table when its wide columns are folded as far as they may be."""
    columns = zip(view.columns, zip(*view.rows, strict=True), strict=True) if view.rows else ()
    widths = [
        SHORTEST
        if column.wide
        else max(map(cell_len, (column.name, *(_cell(column, cell, scale).plain for cell in cells))))
        for column, cells in columns
    ]
    return sum(widths) + GAP * (len(widths) - 1)


def _table(view: View, scale: float, coloured: bool) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), show_edge=False, header_style="bold")
    for column in view.columns:
        table.add_column(
            Text(column.name),
            justify="right" if column.number else "left",
            no_wrap=not column.wide,
            overflow="fold",
            min_width=SHORTEST if column.wide else None,
        )
    for row in view.rows:
        table.add_row(*(_cell(*pair, scale, coloured) for pair in zip(view.columns, row, strict=True)))
    return table


def _cell(column: Column, cell: Cell, scale: float, coloured: bool = False) -> Text:
    if isinstance(cell, Bar):
        return Text(bar(cell.share, round(cell.width * scale)), "cyan")
    if isinstance(cell, Shade):
        return Text(cell.text, strip.shade(cell.share)) if coloured else Text(cell.text)
    if isinstance(cell, Heat):
        return strip.heat(cell.values, coloured)
    text = str(cell)
    return Text(_tail(text, column.tail) if column.tail else _head(text, column.head) if column.head else text)


def _head(text: str, cells: int) -> str:
    """The beginning of a text that fits in so many cells."""
    if cell_len(text) <= cells:
        return text
    while cell_len(text) > cells - 1:
        text = text[:-1]
    return text + "…"


def _tail(text: str, cells: int) -> str:
    """The end of a text that fits in so many cells."""
    if cell_len(text) <= cells:
        return text
    while cell_len(text) > cells - 1:
        text = text[1:]
    return "…" + text


def _harmless(part: Any) -> Any:
    """The same view, or a part of one, with each of its texts harmless."""
    if isinstance(part, str):
        return harmless(part)
    if isinstance(part, list | tuple):
        return [_harmless(one) for one in part]
    if isinstance(part, Struct):
        return replace(part, **{name: _harmless(getattr(part, name)) for name in part.__struct_fields__})
    return part
