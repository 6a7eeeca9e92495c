"""Labels of points that do not overlap: each takes the first of its places that is free, the most important one first.

The places are those of Christensen, Marks and Shieber (1995): beside a point, above, below and at its corners; and
after these, farther away, from where a line leads back to the point. A label without a free place has none.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from llmlab.arrays import Doubles
from llmlab.render.fold import cells

SIZE, HEIGHT = 12, 16  # px of letters, and of their line
POINT = 5  # px from the middle of a point to the edge of its box, unless it is said
RINGS, ANGLES = (24, 36, 50, 68, 90, 116), 16
STEP = 4  # px between the spots of a line that must be free
LIMIT = 150  # px of a label; what is longer is cut
ALIGNS = {"left": 0.0, "center": 0.5, "right": 1.0}  # the part of a label that is left of where it stands
NARROW, BROAD = frozenset("iljtfrI.,:;'|!()[]{}-` "), frozenset("mwMW@%—…")


@dataclass(frozen=True)
class Label:
    """Where a label stands, in px from the left and from above."""

    x: float  # of its left end, middle or right end, as it is aligned
    middle: float
    width: float
    align: str
    lead: tuple[float, float] | None = None  # where the line from its point ends; None beside the point

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom."""
        left = self.x - ALIGNS[self.align] * self.width
        return left, self.middle - HEIGHT / 2, left + self.width, self.middle + HEIGHT / 2


def width(text: str, bold: bool = False) -> float:
    """Px that a text takes at most, in the fonts that pictures are drawn with: a Chinese character is square."""
    size = sum(map(_em, text)) * SIZE * (1.1 if bold else 1.0)
    return min(size, LIMIT)


def place(
    points: Doubles, widths: Sequence[float], room: tuple[float, float], points_px: Sequence[float] | None = None
) -> list[Label | None]:
    """A label for each of the first of points [N, 2], within a room of so many px, clear of all points and lines.

    `points_px` are from the middle of each to its edge.
    """
    halves = np.array(points_px or [POINT] * len(points), np.float64)
    taken = np.hstack([points - halves[:, None], points + halves[:, None]])  # [N + labels + spots of lines, 4]
    found: list[Label | None] = []
    for point, size, half in zip(points, widths, halves.tolist(), strict=False):
        label = _first_free([*_near(point, size, half), *_far(point, size)], point, room, taken)
        found.append(label)
        if label is not None:
            taken = np.vstack([taken, [label.box], *([_boxes(_spots(point, label))] if label.lead else [])])
    return found


def _first_free(labels: list[Label], point: Doubles, room: tuple[float, float], taken: Doubles) -> Label | None:
    boxes = np.array([label.box for label in labels])
    inside = (boxes[:, :2] >= 0).all(axis=1) & (boxes[:, 2:] <= room).all(axis=1)
    for number in np.flatnonzero(inside & ~_meet(boxes, taken)):
        label = labels[number]
        if label.lead is None or not _meet(_boxes(_spots(point, label)), taken).any():
            return label
    return None


def _near(point: Doubles, size: float, half: float) -> Iterator[Label]:
    """Right, left, above, below, and the corners."""
    x, y = map(float, point)
    beside, over = half + 2, half + HEIGHT / 2
    for at, middle, align in (
        *((x + beside, y, "left"), (x - beside, y, "right"), (x, y - over, "center"), (x, y + over, "center")),
        *((x + 2, y - over, "left"), (x + 2, y + over, "left")),
        *((x - 2, y - over, "right"), (x - 2, y + over, "right")),
    ):
        yield Label(at, middle, size, align)


def _far(point: Doubles, size: float) -> Iterator[Label]:
    """On rings round the point, the nearest first; a line leads to the label's nearest edge."""
    x, y = map(float, point)
    for ring in RINGS:
        for angle in np.linspace(0, 2 * np.pi, ANGLES, endpoint=False):
            along, down = float(np.cos(angle)), float(np.sin(angle))
            align = "center" if abs(along) < 0.1 else "left" if along > 0 else "right"
            label = Label(x + ring * along, y + ring * down, size, align)
            left, top, right, bottom = label.box
            yield replace(label, lead=(min(max(x, left), right), min(max(y, top), bottom)))


def _spots(point: Doubles, label: Label) -> Doubles:
    """Spots of the line from a point, without its ends, [n, 2]."""
    way = np.array(label.lead) - point
    length = float(np.hypot(*way))
    along = np.arange(POINT + 2, max(length - 1, POINT + 3), STEP)[:, None]
    return np.asarray(point + way / max(length, 1e-9) * along)


def _boxes(spots: Doubles) -> Doubles:
    return np.hstack([spots - 0.5, spots + 0.5])


def _meet(boxes: Doubles, taken: Doubles) -> NDArray[np.bool_]:
    """Which of boxes [n, 4] overlap any of those taken [m, 4]; an edge in common is no overlap."""
    one, other = boxes[:, None], taken[None]
    within = (one[..., 2:] > other[..., :2]) & (one[..., :2] < other[..., 2:])  # [n, m, 2]: across, and down
    return np.asarray(np.any(np.all(within, axis=2), axis=1))


def _em(character: str) -> float:
    """The width of a character as a part of its height, at least as wide as in Arial."""
    if not character.isascii():
        return cells(character) * 0.6 if cells(character) < 2 else 1.0
    if character in NARROW:
        return 0.36
    return 0.98 if character in BROAD else 0.75 if character.isupper() else 0.6
