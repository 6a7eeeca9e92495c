"""The next word, against all that a model of few tokens may say."""

from collections import Counter

import pytest
from few import WORDS, Few, covers_of, words

from llmlab.lab.characters.words import next_words


@pytest.mark.parametrize("text", ["a", "ab", "a b", "ab.", " ab", "b "])
@pytest.mark.parametrize("temperature", [0.0, 0.4, 0.8, 1.0])
def test_the_next_word_is_what_all_that_may_come_say(text, temperature):
    few = Few(WORDS)
    found = next_words(few, few.trie, covers_of(few, text), temperature)
    expected, own = words(few, text, temperature), Counter(found.words) + Counter({"": found.end})
    assert found.temperature == temperature
    assert found.rest < 0.1
    for one in {*expected, *own}:
        assert expected[one] - found.rest - 1e-5 <= own[one] <= expected[one] + 1e-5, one
    assert sum(own.values()) + found.rest == pytest.approx(1, abs=1e-6)


def test_no_more_is_followed_than_is_as_likely_as_the_word_that_is_sought():
    few = Few(WORDS)
    covers = covers_of(few, "ab.")
    every, likeliest = (next_words(few, few.trie, covers, sought=one) for one in ("", "a"))
    few.passes.clear()
    next_words(few, few.trie, covers)
    whole = few.read
    few.passes.clear()
    next_words(few, few.trie, covers, sought="a")
    read = few.read
    assert len(read) < len(whole)
    assert read == [ids for ids in whole if ids in read]
    assert 0 < likeliest.words["a"] <= every.words["a"]
