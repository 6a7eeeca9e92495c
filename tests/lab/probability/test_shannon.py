"""Shannon's bounds by a transcription of equation 17 of the paper, and their laws."""

import math
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmlab.lab.probability.shannon import bounds

GUESSES = st.lists(st.one_of(st.none(), st.integers(1, 40)), min_size=1, max_size=60)


def transcribed(q):
    """Equation 17, term by term, of shares q[0], q[1] ... that fall; q after the last is 0."""
    q = [*q, 0.0]
    lower = sum(i * (q[i - 1] - q[i]) * math.log(i, 2) for i in range(1, len(q)))
    upper = sum(-one * math.log(one, 2) for one in q if one > 0)
    return lower, upper


@given(GUESSES, st.floats(0, 30))
def test_the_bounds_are_those_of_the_paper(guesses, price):
    found = bounds(guesses, [price] * len(guesses))
    q = sorted((count / len(guesses) for count in Counter(guesses).values()), reverse=True)
    told = price * guesses.count(None) / len(guesses)
    lower, upper = transcribed(q)
    assert (found.lower, found.upper) == pytest.approx([lower, upper + told], abs=1e-9)


@given(GUESSES)
def test_the_lower_bound_is_never_above_the_upper_one(guesses):
    found = bounds(guesses, [0.0] * len(guesses))
    assert -1e-12 <= found.lower <= found.upper + 1e-9
    assert found.upper <= math.log2(len(set(guesses))) + 1e-9


@given(st.integers(1, 50))
def test_who_is_always_right_at_once_has_no_bits(count):
    found = bounds([1] * count, [7.0] * count)
    assert (found.lower, found.upper) == (0.0, 0.0)


@given(st.lists(st.floats(0, 30), min_size=1, max_size=30))
def test_who_gives_all_up_has_at_most_the_bits_of_the_model_and_at_least_none(prices):
    found = bounds([None] * len(prices), prices)
    assert [found.lower, found.upper] == pytest.approx([0, sum(prices) / len(prices)])


@given(st.integers(1, 32))
def test_of_equal_shares_both_bounds_are_the_logarithm_of_how_many(choices):
    """The paper's own limit: where q is flat the bounds meet."""
    found = bounds(list(range(1, choices + 1)), [0.0] * choices)
    assert [found.lower, found.upper] == pytest.approx([math.log2(choices)] * 2, abs=1e-9)


def test_two_symbols_at_once_and_one_at_the_second_guess():
    """q = 2/3, 1/3: 1 * (1/3) * 0 + 2 * (1/3) * 1, and H(1/3) = log2 3 - 2/3."""
    found = bounds([1, 2, 1], [0.0] * 3)
    assert found.lower == pytest.approx(2 / 3)
    assert found.upper == pytest.approx(math.log2(3) - 2 / 3)


def test_nothing_guessed_has_no_bounds():
    found = bounds([], []).per(0, 0)
    assert math.isnan(found.lower)
    assert math.isnan(found.upper)


def test_a_word_of_five_characters_has_a_fifth_a_character():
    found = bounds([1, 2], [0.0, 0.0])
    assert found.per(2, 10).upper == pytest.approx(found.upper / 5)
