"""The neighbours of one word in several spaces."""

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lab_spaces import make

from llmlab.lab.vectors import neighbors
from llmlab.lab.vectors.side_by_side import SideBySide
from llmlab.spaces.lookup import look_up


def asked(folder, name, words, k=10):
    """Neighbours of "love" in a space where `words` lie in this order."""
    (folder / name).mkdir()
    space = make(folder / name, np.arange(len(words) + 1)[:, None], ["love", *words], name=name)
    return neighbors.nearest(space, look_up(space, "love", None), k, "l2")


@pytest.fixture
def three(tmp_path):
    return SideBySide(
        (
            asked(tmp_path, "one", ["Hate", "like", "adore", "cat"]),
            asked(tmp_path, "two", ["like", "hate"]),
            asked(tmp_path, "six", ["tree", "like", "stone"]),
        )
    )


def test_words_that_two_spaces_share_are_told_whatever_their_case(three):
    assert [one[:3] for one in three.shared] == [
        ("one", "two", ["hate", "like"]),
        ("one", "six", ["like"]),
        ("two", "six", ["like"]),
    ]


def test_overlap_is_shared_words_over_words_of_either(three):
    overlap = three.document()["overlap"]
    assert [one["spaces"] for one in overlap] == [["one", "two"], ["one", "six"], ["two", "six"]]
    assert [one["jaccard"] for one in overlap] == pytest.approx([2 / 4, 1 / 6, 1 / 4])
    assert [one["words"] for one in overlap] == [["hate", "like"], ["like"], ["like"]]
    _, view = three.views()
    assert view.rows == [
        ["one, two", 2, "0.50", "hate like"],
        ["one, six", 1, "0.17", "like"],
        ["two, six", 1, "0.25", "like"],
    ]


def test_a_star_marks_the_words_of_several_spaces_and_short_lists_end_early(three):
    view, _ = three.views()
    assert [column.name for column in view.columns] == ["#", "one", "l2", "two", "l2", "six", "l2"]
    assert view.rows == [
        [1, "Hate *", "1.0000", "like *", "1.0000", "tree", "1.0000"],
        [2, "like *", "2.0000", "hate *", "2.0000", "like *", "2.0000"],
        [3, "adore", "3.0000", "", "", "stone", "3.0000"],
        [4, "cat", "4.0000", "", "", "", ""],
    ]


def test_the_two_spaces_that_agree_most_are_named_before_the_figures(three, tmp_path):
    assert three.views()[0].conclusion == 'one and two share 2 neighbours of "love", the most of two spaces.'
    (tmp_path / "more").mkdir()
    apart = SideBySide((asked(tmp_path / "more", "one", ["a"]), asked(tmp_path / "more", "two", ["b"])))
    assert apart.views()[0].conclusion == 'The spaces share no neighbour of "love".'


def test_two_spellings_in_one_space_are_not_in_several_spaces(tmp_path):
    both = SideBySide((asked(tmp_path, "one", ["Hate", "hate", "like"]), asked(tmp_path, "two", ["like"])))
    view, _ = both.views()
    assert [row[1] for row in view.rows] == ["Hate", "hate", "like *"]


def test_two_spellings_in_one_space_count_as_one_word(tmp_path):
    both = SideBySide((asked(tmp_path, "one", ["Hate", "hate", "like"]), asked(tmp_path, "two", ["like", "hate"])))
    assert both.document()["overlap"][0]["jaccard"] == 1  # hate and like of hate and like


def test_spaces_that_share_nothing_or_list_nothing_have_no_overlap(tmp_path):
    both = SideBySide((asked(tmp_path, "one", []), asked(tmp_path, "two", []), asked(tmp_path, "six", ["cat"])))
    assert [one["jaccard"] for one in both.document()["overlap"]] == [0, 0, 0]
    assert [row[3] for row in both.views()[1].rows] == ["", "", ""]


def test_records_say_which_space_they_come_from(three):
    assert [record["space"] for record in three.records()] == ["one"] * 4 + ["two"] * 2 + ["six"] * 3
    assert [one["space"] for one in three.document()["spaces"]] == ["one", "two", "six"]
    assert three.document()["query"] == "love"
    assert [sum(f"space {name}: " in note for note in three.views()[0].notes) for name in ("one", "two", "six")] == [
        1
    ] * 3


@given(*[st.lists(st.sampled_from("abcdefgh"), unique=True, max_size=8)] * 2)
def test_the_jaccard_index_is_that_of_the_sets(one, other):
    with tempfile.TemporaryDirectory() as folder:
        both = SideBySide((asked(Path(folder), "one", one), asked(Path(folder), "two", other)))
        (overlap,) = both.document()["overlap"]
    either, shared = set(one) | set(other), set(one) & set(other)
    assert overlap["jaccard"] == pytest.approx(len(shared) / len(either) if either else 0)
    assert overlap["words"] == [word for word in one if word in shared]  # in the order of the first
