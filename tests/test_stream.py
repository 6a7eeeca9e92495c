"""What is computed at a time."""

from hypothesis import given
from hypothesis import strategies as st

from llmlab.stream import HEAVY, TOGETHER, batches


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
