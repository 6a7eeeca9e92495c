"""Views as HTML: real tables, with bars, shades and heat as coloured blocks; for notebooks and for the page.

A fragment that stands by itself: no script, no style sheet, no ids. Classes (`llmlab-...`) are there to be styled; what
carries meaning is in inline styles, which notebooks that are not trusted keep too. Shades are see-through over the
reader's own background, so that the reader's text stands out from it, light or dark: at SHADED, the strongest, the
contrast is over 6 (https://www.w3.org/TR/WCAG21/#contrast-minimum asks for 4.5).
"""

import math
from collections.abc import Iterator, Sequence
from html import escape

from llmlab.language import tr
from llmlab.render.grid import shown
from llmlab.render.safe import harmless
from llmlab.render.table import legend
from llmlab.view import Bar, Cell, Column, Heat, Picture, Shade, Strip, View

ABOVE, BELOW = "213, 94, 0", "0, 114, 178"  # Okabe and Ito's vermilion and blue, as pictures have
SHADED = 0.6  # how far a shade of 1 covers the background of a text
BLOCK = "display: inline-block; height: 0.8em; vertical-align: baseline"
KEPT = "white-space: pre-wrap"  # a token's spaces are part of it


def tables(views: Sequence[Picture]) -> str:
    """The views as one HTML element; every text in them is escaped, and harmless as on a terminal."""
    explained: set[tuple[str, str]] = set()
    parts = [line for view in views for line in _view(view, explained)]
    return "\n".join(['<div class="llmlab">', *parts, "</div>"]) + "\n"


def _view(view: Picture, explained: set[tuple[str, str]]) -> Iterator[str]:
    """A picture, what stands above it, and what is said of it below."""
    notes = (*legend(view, explained), *view.notes)
    yield '<figure class="llmlab-view" style="margin: 0 0 1em">'
    if head := _head(view):
        yield f"<figcaption>{'<br>'.join(head)}</figcaption>"
    if isinstance(view, View):
        yield from _table(view)
        if view.shades:
            yield _shaded("llmlab-legend", view.shades, " ")
    else:
        yield from _strip(view)
    for note in notes:
        yield f'<p class="llmlab-note" style="margin: 0.2em 0"><small>{text(note)}</small></p>'
    yield "</figure>"


def _head(view: Picture) -> list[str]:
    title = [f"<strong>{text(view.title)}</strong>"] if view.title else []
    return title + ([text(view.conclusion)] if view.conclusion else [])


def _table(view: View) -> Iterator[str]:
    yield '<table class="llmlab-table">'
    yield f"<thead><tr>{''.join(map(_name, view.columns))}</tr></thead>"
    yield "<tbody>"
    for row in view.rows:
        yield f"<tr>{''.join(map(_cell, view.columns, row))}</tr>"
    yield "</tbody>"
    yield "</table>"


def _strip(strip: Strip) -> Iterator[str]:
    yield _shaded("llmlab-strip", strip.parts)
    yield _shaded("llmlab-legend", strip.legend, " ")


def _shaded(name: str, parts: Sequence[tuple[str, float]], between: str = "") -> str:
    """A line of shaded texts; `dir` lets a text that runs from the right do so."""
    spans = (f'<span style="{shade(share)}">{text(part)}</span>' for part, share in parts)
    return f'<p class="{name}" dir="auto" style="margin: 0.2em 0; {KEPT}">{between.join(spans)}</p>'


def _name(column: Column) -> str:
    """The head of a column; one without a name is no header to a reader of screens."""
    kind = "th" if column.name else "td"
    scope = ' scope="col"' if column.name else ""
    return f'<{kind}{scope} style="{_aligned(column)}">{text(column.name)}</{kind}>'


def _cell(column: Column, cell: Cell) -> str:
    style = _aligned(column)
    if isinstance(cell, Shade):
        style += f"; {shade(cell.share)}"
    return f'<td style="{style}">{_content(column, cell)}</td>'


def _content(column: Column, cell: Cell) -> str:
    """What stands in a cell. A bar is hidden from readers of screens: the number it draws stands beside it."""
    if isinstance(cell, Bar):
        width = cell.width * _within(cell.share) / 2  # em: half of one is a terminal's cell
        return f'<span aria-hidden="true" style="{BLOCK}; width: {width:.3f}em; background-color: rgb({BELOW})"></span>'
    if isinstance(cell, Heat):
        return _heat(cell)
    return text(shown(column, cell))


def _heat(cell: Heat) -> str:
    """A block a value: blue below 0, orange above, the further the stronger."""
    said = tr("{count} values", count=len(cell.values))
    if cell.values:
        low, high = min(cell.values), max(cell.values)
        said = tr("{count} values from {low:+.2f} to {high:+.2f}", count=len(cell.values), low=low, high=high)
    blocks = "".join(
        f'<span style="{BLOCK}; width: 0.5em; background-color: '
        f'rgba({ABOVE if value > 0 else BELOW}, {_within(abs(value)):.3f})"></span>'
        for value in cell.values
    )
    return f'<span role="img" aria-label="{said}" title="{said}">{blocks}</span>'


def shade(share: float) -> str:
    """The style of a text shaded so far, from 0 to 1."""
    return f"background-color: rgba({ABOVE}, {_within(share) * SHADED:.3f})"


def text(value: str) -> str:
    """A text that is shown and never read: not as markup, nor as marks that turn the order of a line."""
    return escape(harmless(value))


def _aligned(column: Column) -> str:
    return f"text-align: {'right' if column.number else 'left'}; padding: 0.1em 0.6em; {KEPT}"


def _within(share: float) -> float:
    return 0.0 if math.isnan(share) else max(0.0, min(1.0, share))
