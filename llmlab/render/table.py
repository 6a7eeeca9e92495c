"""Views for people: a title, what is concluded, tables or shaded text, a legend and notes; in lines of the terminal,
unfolded in a pipe.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, TextIO

from msgspec import Struct
from msgspec.structs import replace
from rich.text import Text

from llmlab.language import tr
from llmlab.render import Screen, grid, strip
from llmlab.render.fold import fold
from llmlab.render.safe import harmless
from llmlab.view import Picture, View


def draw(views: Sequence[Picture], stream: TextIO, screen: Screen) -> None:
    """Write the views. Text is never read as markup, and no terminal obeys it, whatever field it stands in."""
    width = screen.width if screen.terminal else grid.UNFOLDED
    write, coloured = _pen(stream, screen, width)
    for number, view in enumerate(map(_harmless, views)):
        if number:
            write(Text())
        for line in _lines(view, width, coloured, screen.explained):
            write(line)


def _pen(stream: TextIO, screen: Screen, width: int) -> tuple[Callable[[Text], object], bool]:
    """What writes a line, and whether in colours. A pipe has none: what knows terminals takes 15 ms to load."""
    if not (screen.terminal or screen.colours):
        return lambda line: stream.write(f"{line.plain}\n"), False
    from llmlab.render.console import opened

    console = opened(stream, screen, width)
    return partial(console.print, soft_wrap=True), strip.has_colours(console)  # lines are as wide as they may be


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


def _harmless(part: Any) -> Any:
    """The same view, or a part of one, with each of its texts harmless."""
    if isinstance(part, str):
        return harmless(part)
    if isinstance(part, list | tuple):
        return [_harmless(one) for one in part]
    if isinstance(part, Struct):
        return replace(part, **{name: _harmless(getattr(part, name)) for name in part.__struct_fields__})
    return part
