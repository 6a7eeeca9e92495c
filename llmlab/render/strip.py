"""Running text shaded part by part: a coloured background, or a row of blocks below where there are no colours."""

from collections.abc import Iterator, Sequence

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from llmlab.view import Strip

BLOCKS = " ▁▂▃▄▅▆▇█"
LINE = 80  # cells a line in a pipe, where nothing folds it
# xterm's palette from near white to dark red, which every terminal of 256 colours has
COLOURS = (231, 230, 229, 223, 216, 209, 203, 196, 160, 124)
DIVERGING = (19, 26, 33, 75, 117, 153, 231, 223, 216, 209, 203, 196, 124)  # blue, white, red

Part = tuple[str, float]


def draw(strip: Strip, console: Console, width: int) -> None:
    """Write the parts, then the legend in the same shades."""
    if has_colours(console):
        console.print(Text.assemble(*(_coloured(part) for part in strip.parts)))
        console.print(Text.assemble(*(piece for part in strip.legend for piece in (_coloured(part), "  "))))
        return
    for line in _lines(strip.parts, width if console.is_terminal else LINE):
        console.print(Text("".join(text for text, _ in line)))
        console.print(Text("".join(block(shade) * cell_len(text) for text, shade in line)))
    console.print(Text("  ".join(f"{block(shade)} {text}" for text, shade in strip.legend)))


def has_colours(console: Console) -> bool:
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


def _lines(parts: Sequence[Part], width: int) -> Iterator[list[Part]]:
    """Characters with their shades, so many cells a line."""
    line: list[Part] = []
    used = 0
    for text, shade in parts:
        for character in text:
            size = cell_len(character)
            if line and used + size > width:
                yield line
                line, used = [], 0
            line.append((character, shade))
            used += size
    if line:
        yield line
