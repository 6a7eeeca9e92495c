"""Which tokens of a text are given, and which may be others that spell the same."""

import pytest
from few import CONTROL, END, Few

from llmlab.lab.characters.reading import tail


@pytest.mark.parametrize("bos", ["<s>", None])
@pytest.mark.parametrize("count", range(6))
@pytest.mark.parametrize("most", [1, 2, 4, 10])
def test_the_last_tokens_are_covered_and_without_bos_never_the_first(bos, count, most):
    few = Few(bos=bos)
    tokens = few.tokens([2, 3, 4, 5, 6][:count])
    found = tail(few, few.trie, tokens, most)
    assert len(found.own) == min(most, count if bos else max(count - 1, 0))
    assert found.given + found.own == tokens


@pytest.mark.parametrize("silent", [END, CONTROL])
@pytest.mark.parametrize("place", range(4))
def test_what_stands_before_a_control_token_is_given(silent, place):
    few = Few()
    ids = [2, 3, 4]
    ids.insert(place, silent)
    found = tail(few, few.trie, few.tokens(ids), 10)
    assert found.own.ids == tuple(ids[place + 1 :])
    assert found.given.ids == tuple(ids[: place + 1])


@pytest.mark.parametrize("through", [True, False])
def test_whether_the_end_is_read_through_is_the_askers_choice_and_else_it_is(through):
    few = Few()
    tokens = few.encode("ab b")
    assert tail(few, few.trie, tokens, 3, through=through).through is through
    assert tail(few, few.trie, tokens, 3).last == len(b" b") + len(b"ab")
