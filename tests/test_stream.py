"""What is computed at a time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmlab.stream import HEAVY, TOGETHER, Stream, batches


def test_items_come_in_lists_of_one_two_four_and_so_on():
    assert [len(batch) for batch in batches(iter(range(1000)))] == [1, 2, 4, 8, 16, 32, 64, 128, 256, 256, 233]


@given(st.lists(st.integers(0, 2 * HEAVY)))
def test_a_list_ends_with_the_item_by_which_it_is_heavy(sizes):
    found = list(batches(iter(sizes), lambda size: size))
    assert [size for batch in found for size in batch] == sizes
    for number, batch in enumerate(found):
        assert sum(batch[:-1]) < HEAVY
        assert len(batch) <= min(2**number, TOGETHER)
        if number < len(found) - 1:
            assert sum(batch) >= HEAVY or len(batch) == min(2**number, TOGETHER)


def test_a_list_ends_where_the_next_item_has_not_come_yet():
    there = iter([True, False, True, True, True, True])  # asked only where a list is not full
    assert list(batches(iter("abcdefgh"), ready=lambda seconds: next(there))) == [["a"], ["b", "c"], ["d"], [*"efgh"]]


@pytest.mark.parametrize("waiting", [True, False])
@pytest.mark.parametrize("there", [True, False])
def test_one_after_which_nothing_comes_is_the_first_of_several_unless_somebody_waits(waiting, there):
    for items in ("a", "ab", "abc"):
        first, several, found = Stream(iter(items), 0, lambda seconds: there).begun(waiting=waiting)
        hurried = not (waiting or there)
        assert (first, several) == (list(items[: 1 if hurried else 2]), hurried or len(items) > 1)
        assert list(found.each) == list(items)
