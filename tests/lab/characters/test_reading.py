"""Which tokens of a text are given, and which may be others that spell the same."""

import pytest
from few import CONTROL, END, PIECES, Few

from llmlab.errors import MisuseError
from llmlab.lab.characters.covers import Request
from llmlab.lab.characters.reading import tail, whole


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


def read(few, *ids):
    tokens = few.tokens(ids)
    return whole(few, few.trie, tokens.text, tokens)


def test_with_bos_every_token_of_a_text_is_covered_and_nothing_after_it_is_asked():
    few = Few()
    assert read(few, 2, 3, 4) == Request(few.tokens(()), few.tokens((2, 3, 4)), through=False)


@pytest.mark.parametrize("ids", [(4, 11), (4,), (2, 4)])  # c. and c, and ac: no token begins so and goes on
def test_without_bos_the_first_token_is_given_where_no_longer_one_may_stand_there(ids):
    few = Few(bos=None)
    assert read(few, *ids) == Request(few.tokens(ids[:1]), few.tokens(ids[1:]), through=False)


@pytest.mark.parametrize(
    ("pieces", "ids", "others"),
    [
        (PIECES, (2, 3, 11), "'a' or 'ab'"),  # it spells some of the text, ab.
        ([None, None, b"a", b"b", b"abc"], (2, 3), "'a' or 'abc'"),  # all of it and more
        ([None, None, b"a", b"b", b"ab\xe4"], (2, 3), "'a' or 'ab\ufffd'"),
        (PIECES, (12, 13), "'\ufffd' or '你'"),
    ],
)
def test_without_bos_a_text_that_may_begin_with_two_tokens_is_refused_with_both(pieces, ids, others):
    with pytest.raises(MisuseError) as refused:
        read(Few(pieces, bos=None), *ids)
    said = f"few has no BOS, and the text may begin with {others}: no first token has a probability"
    assert (str(refused.value), refused.value.hint) == (said, "use --by token, or --bos where the model names one")


def test_a_control_token_is_refused_with_what_leaves_it_out():
    with pytest.raises(MisuseError) as refused:
        read(Few(), 2, CONTROL)
    assert str(refused.value) == "the text holds a control token, which no characters spell"
    assert refused.value.hint == "leave out --allow-special"


def test_a_tokenizer_that_changes_the_text_is_refused_with_what_it_makes_of_it():
    few = Few()
    with pytest.raises(MisuseError) as refused:
        whole(few, few.trie, "AB", few.tokens((2, 12)))
    said = "the tokenizer of few changes the text to 'a\ufffd': its characters have no probabilities"
    assert (str(refused.value), refused.value.hint) == (said, "use --by token")
