"""Shaded text: colours where the terminal has them, blocks below the text where not."""

import io
import re

import pytest
from rich.cells import cell_len

from llmlab.render import Screen, fold, strip, table
from llmlab.view import Strip

PARTS = [("The", 0.0), (" cat", 0.5), ("今天", 1.0), (" end", 0.25)]
STRIP = Strip("title", PARTS, [("low", 0.1), ("high", 1.0)], ("a note",))


def draw(what=STRIP, terminal=False, width=80, colours=None):
    stream = io.StringIO()
    table.draw([what], stream, Screen(terminal, width, terminal if colours is None else colours))
    return stream.getvalue()


def test_in_a_pipe_blocks_stand_below_the_text_cell_by_cell():
    title, text, blocks, legend, note = draw().splitlines()
    assert (title, text, note) == ("title", "The cat今天 end", "a note")
    assert blocks == "   " + "▄" * 4 + "█" * 4 + "▂" * 4
    assert legend == "▁ low  █ high"


@pytest.mark.parametrize("width", [6, 7, 20])
def test_lines_fit_the_terminal_and_keep_text_and_blocks_together(width):
    lines = draw(terminal=True, width=width, colours=False).splitlines()
    plain = [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in lines]
    drawn = list(fold.in_lines(PARTS, width))
    assert "".join(character for line in drawn for character, _ in line) == "".join(text for text, _ in PARTS)
    assert all(sum(cell_len(character) for character, _ in line) <= width for line in drawn)
    assert all(cell_len(line) <= width for line in plain)


@pytest.mark.usefixtures("colours")
def test_a_terminal_with_colours_shades_the_background():
    out = draw(terminal=True)
    assert re.sub(r"\x1b\[[0-9;]*m", "", out).splitlines()[1] == "The cat今天 end"
    found = [int(colour) for colour in re.findall(r"48;5;(\d+)m", out.splitlines()[1])]
    assert found == [strip.COLOURS[0], strip.COLOURS[4], strip.COLOURS[-1], strip.COLOURS[2]]
    assert "█" not in out


@pytest.mark.parametrize(("shade", "block"), [(0, " "), (1, "█"), (0.5, "▄"), (-1, " "), (7, "█")])
def test_a_block_is_as_high_as_its_shade(shade, block):
    assert strip.block(shade) == block
