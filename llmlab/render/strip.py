"""Running text shaded part by part: a coloured background, or a row of blocks below where there are no colours."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rich.text import Text

from llmlab.render.fold import cells, in_lines
from llmlab.view import Strip

if TYPE_CHECKING:
    from rich.console import Console

BLOCKS = " ▁▂▃▄▅▆▇█"
LINE = 80  # cells a line at most: running text of any length is folded in a pipe too
# xterm's palette from near white to dark red, which every terminal of 256 colours has
COLOURS = (231, 230, 229, 223, 216, 209, 203, 196, 160, 124)
DIVERGING = (19, 26, 33, 75, 117, 153, 231, 223, 216, 209, 203, 196, 124)  # blue, white, red

Part = tuple[str, float]


def drawn(strip: Strip, width: int, coloured: bool) -> Iterator[Text]:
    """The lines of the parts, then of the legend in the same shades."""
    for line in in_lines(strip.parts, width):
        if coloured:
            yield Text.assemble(*(_coloured(part) for part in line))
        else:
            yield Text("".join(text for text, _ in line))
            yield Text("".join(block(shade) * cells(text) for text, shade in line))
    yield from legend(strip.legend, width, coloured)


def legend(shades: Sequence[Part], width: int, coloured: bool) -> Iterator[Text]:
    """What the shades say, as many a line as there is room for."""
    line = Text()
    for part in shades:
        one = Text(*_coloured(part)) if coloured else Text(f"{block(part[1])} {part[0]}")
        if line and line.cell_len + 2 + one.cell_len > width:
            yield line
            line = Text()
        line.append("  " if line else "").append_text(one)
    yield line


def has_colours(console: "Console") -> bool:
    """Whether shades are colours; where they are not, they are blocks or left out."""
    return bool(console.is_terminal and console.color_system and not console.no_color)


def shade(share: float) -> str:
    """The style of a text shaded so far."""
    return f"{'white' if share > 0.75 else 'black'} on color({COLOURS[_step(share, COLOURS)]})"


def heat(values: Sequence[float], coloured: bool) -> Text:
    """A cell for each value in [-1, 1]: blue, white, red; or a block that is low, of half height, high."""
    shares = [(value + 1) / 2 for value in values]
    if coloured:
        return Text.assemble(*((" ", f"on color({DIVERGING[_step(share, DIVERGING)]})") for share in shares))
    return Text("".join(BLOCKS[1 + round(max(0.0, min(1.0, share)) * 7)] for share in shares))


def block(shade: float) -> str:
    """A block as high as the shade, in eighths."""
    return BLOCKS[round(max(0.0, min(1.0, shade)) * 8)]


def _coloured(part: Part) -> tuple[str, str]:
    text, share = part
    return text, shade(share)


def _step(share: float, colours: Sequence[int]) -> int:
    return round(max(0.0, min(1.0, share)) * (len(colours) - 1))
