"""What was tried stays as a tree that can be walked."""

import pytest

from llmlab.backends.base import Tokens
from llmlab.explore.branches import Branches


def text(letters):
    return Tokens(tuple(map(ord, letters)), tuple(letter.encode() for letter in letters))


@pytest.fixture
def branches():
    """ab, after which c and d were tried, and e after d."""
    found = Branches()
    found.type(text("ab"))
    for way in ("c", "", "d", "e"):
        found.append(ord(way), way.encode(), -1.0) if way else found.up()
    return found


def drawn(branches):
    return [(depth, [one.piece.decode() for one in line]) for depth, line in branches.lines()]


def test_a_choice_is_a_branch_and_what_does_not_branch_is_one_line(branches):
    assert drawn(branches) == [(0, ["ab"]), (1, ["c"]), (1, ["d", "e"])]
    assert branches.at.tokens == text("abde")
    assert branches.at.depth == 2


def test_a_token_that_was_tried_is_walked_to_and_not_tried_twice(branches):
    branches.up()
    branches.up()
    before = branches.at
    branches.append(ord("c"), b"c", -1.0)
    assert branches.at.above is before
    assert [one.piece for one in before.below] == [b"c", b"d"]


def test_the_tree_is_walked_up_down_and_aside(branches):
    assert branches.up()
    assert branches.aside(1)
    assert branches.at.piece == b"c"
    assert branches.aside(-1)
    assert branches.at.piece == b"d"
    assert branches.up()
    assert not branches.up()
    assert branches.down()
    assert branches.at.piece == b"d"  # the one walked last
    assert branches.down()
    assert branches.at.piece == b"e"
    assert not branches.down()
    assert not branches.aside(1)


def test_a_text_that_led_to_nothing_is_forgotten_and_one_that_was_played_stays(branches):
    for typed in ("x", "xy", "xyz"):
        branches.type(text(typed))
    assert [one.piece for one in branches.roots] == [b"ab", b"xyz"]
    branches.aside(1)
    assert branches.at.piece == b"ab"


def test_typing_what_was_made_by_choices_goes_back_there(branches):
    made = branches.at
    branches.type(text("x"))
    branches.type(text("abde"))
    assert branches.at is made
    assert [one.piece for one in branches.roots] == [b"ab"]


def test_a_long_text_is_walked_without_end():
    branches = Branches()
    branches.type(text("a"))
    for _ in range(3000):
        branches.append(98, b"b", -1.0)
    assert branches.at.depth == 3000
    assert len(next(branches.lines())[1]) == 3001
