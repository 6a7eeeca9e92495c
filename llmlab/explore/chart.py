"""A map drawn with characters: points in a plane, and names beside them that do not overlap."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from rich.cells import cell_len
from rich.text import Text

from llmlab.arrays import Doubles
from llmlab.explore.drawing import fit
from llmlab.render.safe import visible

HERE, POINT = "◆", "·"
TALL = 2  # a cell is so many times as high as it is wide
NAME = 16  # cells of a name at most


@dataclass
class Canvas:
    """Cells of a terminal; a wide character takes two."""

    width: int
    height: int
    rows: list[list[str]] = field(init=False)

    def __post_init__(self) -> None:
        self.rows = [[" "] * self.width for _ in range(self.height)]

    def fits(self, x: int, y: int, text: str) -> bool:
        """Whether these cells, and one on each side, are free."""
        end = x + cell_len(text)
        if not (x >= 0 and end <= self.width and 0 <= y < self.height):
            return False
        return all(cell == " " for cell in self.rows[y][max(x - 1, 0) : end + 1])

    def put(self, x: int, y: int, text: str) -> None:
        for character in text:
            size = cell_len(character)
            if not size:  # a mark over the last letter
                self.rows[y][x - 1] += character
                continue
            self.rows[y][x : x + size] = [character] + [""] * (size - 1)
            x += size


def chart(words: Sequence[str], xy: Doubles, width: int, height: int) -> tuple[list[Text], int]:
    """The first word's surroundings in so many cells, one scale on both axes; and how many names have no room there.

    Points in one cell are one. Names are set in the order of the words: beside their point, or above or below it.
    """
    canvas = Canvas(width, height)
    places = _cells(xy, width, height)
    marks = [HERE] + [POINT] * (len(words) - 1)
    for (x, y), mark in reversed(list(zip(places, marks, strict=True))):  # the word itself is never covered
        canvas.put(x, y, mark)
    named = [
        _named(canvas, x, y, fit(visible(word), NAME).rstrip()) for (x, y), word in zip(places, words, strict=True)
    ]
    return [Text("".join(row)) for row in canvas.rows], named.count(False)


def _cells(xy: Doubles, width: int, height: int) -> list[tuple[int, int]]:
    """The cell of each point: as large as the room allows, names beside the outermost left aside."""
    low, high = xy.min(axis=0), xy.max(axis=0)
    across, down = np.maximum(high - low, 1e-12)
    inner = max(width - NAME, 1)
    scale = min((inner - 1) / across, TALL * (height - 1) / down) if max(across, down) > 1e-9 else 0.0
    middle = (low + high) / 2
    columns = np.rint((xy[:, 0] - middle[0]) * scale + (width - 1) / 2)
    rows = np.rint((middle[1] - xy[:, 1]) * scale / TALL + (height - 1) / 2)
    return list(zip(columns.astype(int).tolist(), rows.astype(int).tolist(), strict=True))


def _named(canvas: Canvas, x: int, y: int, name: str) -> bool:
    """Set a name where there is room beside its point."""
    size = cell_len(name)
    tries = [(x + 2, y), (x - 1 - size, y)]
    tries += [(x - shift, y + by) for by in (-1, 1) for shift in (size // 2, 0, size - 1)]
    for left, row in tries:
        if canvas.fits(left, row, name):
            canvas.put(left, row, name)
            return True
    return False
