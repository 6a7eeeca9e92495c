"""Lines of the screen from plain state."""

import numpy as np
import pytest
from rich.cells import cell_len

from llmlab.backends.base import Tokens
from llmlab.explore import chart, drawing
from llmlab.explore.branches import Branches
from llmlab.explore.walk import Walk


@pytest.mark.parametrize("text", ["", "cat", "今天天气很好", "a\u0301b", "[b]x[/]", "\x1b[31m", "\U0001f600" * 9])
@pytest.mark.parametrize("width", [0, 1, 2, 7, 20])
def test_a_text_fits_its_cells(text, width):
    for right in (False, True):
        assert cell_len(drawing.fit(text, width, right)) == width
    assert "\x1b" not in drawing.fit(text, width)


def test_what_fits_is_whole_and_what_does_not_ends_with_an_ellipsis():
    assert drawing.fit("cat", 5) == "cat  "
    assert drawing.fit("cat", 5, right=True) == "  cat"
    assert drawing.fit("今天天气", 5) == "今天…"


def test_the_knob_of_the_slider_stands_at_its_share():
    assert drawing.slider(0, 3, 31).index("●") == 0
    assert drawing.slider(1, 3, 31).index("●") == 10
    assert drawing.slider(3, 3, 31).index("●") == 30
    assert len(drawing.slider(1.7, 3, 31)) == 31


def test_the_end_of_a_long_path_is_shown():
    assert drawing.path(Walk("s", path=("love", "loves")), 20).plain == "love › loves"
    assert drawing.path(Walk("s", path=("love", "loves", "lover")), 16).plain == "… loves › lover"
    assert drawing.path(Walk("s", path=("猫" * 9,)), 8).plain == "猫猫猫… "
    assert drawing.path(Walk("s"), 8).plain == ""


def grown(*tokens):
    branches = Branches()
    branches.type(Tokens((1,), ("起".encode(),)))
    for token in tokens:
        branches.append(ord(token), token.encode(), -1.0)
    return branches


def test_the_tree_is_drawn_around_where_one_stands():
    branches = grown("a", "b")
    branches.up()
    branches.append(ord("c"), b"c", -1.0)
    assert [line.plain for line in drawing.tree(branches, 20, 9)] == ["起 a", "  └ b", "  └ c"]
    assert [line.plain for line in drawing.tree(branches, 20, 2)] == ["  └ b", "  └ c"]
    lines = drawing.tree(branches, 20, 9)
    assert {line.plain[span.start : span.end].strip() for line in lines for span in line.spans} == {"c"}


def test_the_end_of_a_long_branch_is_shown():
    (line,) = drawing.tree(grown(*"abcdefgh"), 10, 3)
    assert line.plain == "… e f g h"
    assert line.cell_len <= 10


def apart(words, xy, width=40, height=12):
    lines, unnamed = chart.chart(words, np.array(xy, float), width, height)
    assert len(lines) == height
    assert {line.cell_len for line in lines} == {width}
    return [line.plain for line in lines], unnamed


def test_a_map_has_one_scale_and_the_query_stands_out():
    lines, unnamed = apart(["q", "right", "up"], [[0, 0], [4, 0], [0, 4]])
    place = {mark: (line.index(mark), y) for y, line in enumerate(lines) for mark in ("◆",) if mark in line}
    points = [(x, y) for y, line in enumerate(lines) for x, mark in enumerate(line) if mark == "·"]
    x, y = place["◆"]
    right = next(point for point in points if point[1] == y)
    above = next(point for point in points if point[1] < y)
    assert above[0] == x
    assert right[0] - x == pytest.approx(2 * (y - above[1]), abs=1)  # a cell is twice as high as wide
    assert unnamed == 0


@pytest.mark.parametrize("words", [["cat", "dog", "ant"], ["猫", "狗", "蚂蚁"], ["long-long-long-name-of-it"] * 3])
def test_names_stand_whole_and_none_covers_another(words):
    rng = np.random.default_rng(0)
    names = [f"{word}{number}" for number in range(7) for word in words]
    lines, unnamed = apart(names, rng.normal(size=(21, 2)), 60, 20)
    shown = "".join(lines)
    whole = [name for name in names if drawing.fit(name, chart.NAME).rstrip() in shown]
    assert len(set(map(str, names))) - unnamed <= len(whole)
    assert "◆" in shown


def test_a_map_that_has_no_room_says_how_many_names_are_left_out():
    _, unnamed = apart([f"word{n}" for n in range(40)], np.zeros((40, 2)), 20, 5)
    assert 30 < unnamed < 40


def test_words_that_all_lie_on_one_point_have_a_map():
    lines, unnamed = apart(["a"], [[0, 0]])
    assert "◆ a" in "".join(lines)
    assert unnamed == 0


def test_where_one_stands_is_seen_however_long_the_token_is():
    branches = grown("a")
    branches.append(1, b"long" * 9, -1.0)
    branches.append(2, b"b", -1.0)
    branches.up()
    (line,) = drawing.tree(branches, 10, 3)
    assert line.plain == "… longlon…"


def test_a_branch_of_any_length_is_measured_once(monkeypatch):
    """It is drawn at each key: measured anew for each token that is left out, 2,000 tokens took most of a second."""
    measured = []
    monkeypatch.setattr(drawing, "cell_len", lambda text: measured.append(text) or cell_len(text))
    (line,) = drawing.tree(grown(*"ab" * 500), 10, 3)
    assert line.plain == "… a b a b"
    assert len(measured) < 2 * 1000
