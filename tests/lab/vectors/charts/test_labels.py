"""Labels of points: none overlaps another, a point, a line or the edge; widths are those of a font at least."""

import numpy as np
import pytest
from fontTools.ttLib import TTFont
from hypothesis import given
from hypothesis import strategies as st

from llmlab.lab.vectors.charts import labels
from llmlab.lab.vectors.charts.labels import POINT, place, width
from llmlab.render.plot import fonts

ROOM = (400.0, 300.0)
TEXTS = st.text(st.sampled_from("abcmWi.爱国 -"), min_size=1, max_size=30)
SPOTS = st.tuples(st.floats(0, ROOM[0]), st.floats(0, ROOM[1]))


def overlap(one, other):
    """Px that two boxes have in common, across and down."""
    return min(
        min(one[2], other[2]) - max(one[0], other[0]),
        min(one[3], other[3]) - max(one[1], other[1]),
    )


def crosses(start, end, box):
    """Whether a line has a spot inside a box, tried every half px."""
    along = np.linspace(0, 1, int(np.hypot(*(np.array(end) - start)) * 2) + 2)[:, None]
    spots = np.array(start) + (np.array(end) - start) * along
    margin = 1 + labels.STEP / 2  # spots that were tried lie so far apart: a corner may be cut
    low, high = np.array(box[:2]) + margin, np.array(box[2:]) - margin
    return bool(((spots > low) & (spots < high)).all(axis=1).any())


@given(st.lists(st.tuples(SPOTS, TEXTS), min_size=1, max_size=40))
def test_labels_are_disjoint_from_each_other_from_points_and_from_the_edge(asked):
    points = np.array([point for point, _ in asked])
    placed = place(points, [width(text) for _, text in asked], ROOM)
    boxes = [label.box for label in placed if label is not None]
    for number, box in enumerate(boxes):
        assert min(box[:2]) >= 0
        assert box[2] <= ROOM[0]
        assert box[3] <= ROOM[1]
        assert all(overlap(box, other) <= 1e-9 for other in boxes[:number])
        assert all(overlap(box, (x - POINT, y - POINT, x + POINT, y + POINT)) <= 1e-9 for x, y in points)
    for point, label in zip(points, placed, strict=True):
        if label is not None and label.lead is not None:
            others = [other.box for other in placed if other is not None and other is not label]
            assert not any(crosses(point, label.lead, box) for box in others)


@given(SPOTS, TEXTS)
def test_a_label_alone_stands_beside_its_point(spot, text):
    x, y = np.clip(spot, (175, 30), (225, 270))
    (label,) = place(np.array([[x, y]]), [width(text)], ROOM)
    assert label.lead is None
    assert label.box[0] == pytest.approx(x + POINT + 2)


def test_the_first_are_served_first_and_what_has_no_room_has_no_label():
    points = np.full((300, 2), 100.0)
    placed = place(points, [60.0] * 300, (200.0, 200.0))
    assert placed[0].lead is None
    kept = [label is not None for label in placed]
    assert kept == sorted(kept, reverse=True)
    assert 4 < sum(kept) < 300


def test_a_moved_label_has_a_line_that_ends_at_its_edge():
    points = np.array([[100.0, 100.0]] * 12)
    moved = [label for label in place(points, [40.0] * 12, ROOM) if label and label.lead]
    assert moved
    for label in moved:
        left, top, right, bottom = label.box
        x, y = label.lead
        assert left <= x <= right
        assert top <= y <= bottom
        assert min(abs(x - left), abs(x - right), abs(y - top), abs(y - bottom)) == pytest.approx(0)


def test_a_larger_point_keeps_its_label_farther_off():
    (small,), (large,) = (place(np.array([[100.0, 100.0]]), [40.0], ROOM, [half]) for half in (4, 9))
    assert large.x - small.x == 5


def advance(file, text):
    """Px of a text in a font, by its own widths."""
    font = TTFont(file, fontNumber=0)
    glyphs, widths = font.getBestCmap(), font["hmtx"]
    return sum(widths[glyphs[ord(c)]][0] for c in text) / font["head"].unitsPerEm * labels.SIZE


@pytest.mark.parametrize(
    "text", ["love", "Mississippi", "illicit", "WOMAN", "mmm", "well-known's", "AaBbGgQq", "10,000"]
)
def test_no_label_is_wider_than_was_reckoned(text):
    files = [file for file in fonts._files(set("abc"), thorough=True) if file.name.startswith("LiberationSans-Regular")]
    if not files:
        pytest.skip("the font of the pictures is not installed beside vl-convert")
    assert advance(files[0], text) <= width(text) <= 1.6 * advance(files[0], text)


def test_a_chinese_character_is_square_and_a_long_text_is_cut():
    assert width("爱情") == pytest.approx(24)
    assert width("a" * 100) == labels.LIMIT
    assert width("love", bold=True) > width("love")
