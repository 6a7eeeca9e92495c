"""Views for people: a title, what is concluded, tables or shaded text, a legend and notes; in lines of the terminal,
unfolded in a pipe.
"""

from collections.abc import Iterator, Sequence
from typing import Any, TextIO

from msgspec import Struct
from msgspec.structs import replace
from rich.console import Console
from rich.text import Text

from llmlab.language import tr
from llmlab.render import Screen, grid, strip
from llmlab.render.fold import fold
from llmlab.render.safe import harmless
from llmlab.view import Picture, View


def draw(views: Sequence[Picture], stream: TextIO, screen: Screen) -> None:
    """Write the views. Text is never read as markup, and no terminal obeys it, whatever field it stands in."""
    width = screen.width if screen.terminal else grid.UNFOLDED
    console = _Console(
        file=stream,
        width=width,
        force_terminal=screen.terminal,
        force_jupyter=False,  # in a notebook rich would show each line as an output of its own
        markup=False,
        highlight=False,
        emoji=False,
        legacy_windows=False,
        color_system="auto" if screen.colours else None,
        no_color=not screen.colours,
    )
    for number, view in enumerate(map(_harmless, views)):
        if number:
            console.print()
        for line in _lines(view, width, strip.has_colours(console), screen.explained):
            console.print(line, soft_wrap=True)  # they are as wide as they may be


def _lines(view: Picture, width: int, coloured: bool, explained: set[tuple[str, str]]) -> Iterator[Text]:
    """A picture, what stands above it, and what is said of it below."""
    if view.title:
        yield from (Text(line, "bold") for line in fold(view.title, width))
    if view.conclusion:
        yield from map(Text, fold(view.conclusion, width))
    notes = (*legend(view, explained), *view.notes)
    if isinstance(view, View):
        yield from grid.drawn(view, width, coloured, followed=bool(notes))
        if coloured and view.shades:
            yield from strip.legend(view.shades, width, coloured)
    else:
        yield from strip.drawn(view, min(width, strip.LINE) if width == grid.UNFOLDED else width, coloured)
    for note in notes:
        yield from (Text(line, "dim") for line in fold(note, width))


def legend(view: Picture, explained: set[tuple[str, str]]) -> list[str]:
    """What the columns say, in a line; those that a table above has explained are left out."""
    columns = view.columns if isinstance(view, View) else ()
    new = [(one.name, one.means) for one in columns if one.means]
    new = [one for one in dict.fromkeys(new) if one not in explained]
    explained.update(new)
    return [tr("; ").join(tr("{name}: {means}", name=name, means=means) for name, means in new)] if new else []


class _Console(Console):
    """rich ends the process when the reader of a pipe is gone; here the caller decides."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


def _harmless(part: Any) -> Any:
    """The same view, or a part of one, with each of its texts harmless."""
    if isinstance(part, str):
        return harmless(part)
    if isinstance(part, list | tuple):
        return [_harmless(one) for one in part]
    if isinstance(part, Struct):
        return replace(part, **{name: _harmless(getattr(part, name)) for name in part.__struct_fields__})
    return part
