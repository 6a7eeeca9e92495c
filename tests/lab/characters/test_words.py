"""The next word, against all that a model of few tokens may say."""

import re
from collections import Counter

import pytest
from few import WORDS, Few, covers_of, words

from llmlab.lab.characters.words import next_words


@pytest.mark.parametrize("text", ["", "a", "ab", "a b", "ab.", " ab", "b "])
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


def test_whatever_ends_a_word_ends_it_however_many_tokens_do():
    few = Few([*WORDS, *(b".%d" % number for number in range(400))])
    found, expected = next_words(few, few.trie, covers_of(few, "a")), words(few, "a", 1.0, 1e-4)
    letters = [one for one in expected if one.isalpha() and expected[one] > 1e-3]
    assert letters
    for one in letters:
        assert found.words[one] == pytest.approx(expected[one], rel=0.05)


def test_half_a_letter_is_no_word_until_its_other_half_comes():
    few = Few([*WORDS, b"\xc3", b"\xa9"])
    found = next_words(few, few.trie, covers_of(few, "a."))
    assert all(re.fullmatch(r"[abé]+|[.\0]", one) for one in found.words)
    assert any("é" in one for one in found.words)


def test_no_more_is_followed_than_is_as_likely_as_the_word_that_is_sought():
    few = Few(WORDS)
    covers = covers_of(few, "ab.")
    few.passes.clear()
    every, whole = next_words(few, few.trie, covers), few.read
    few.passes.clear()
    likeliest, read = next_words(few, few.trie, covers, sought="a"), few.read
    assert every.temperature == likeliest.temperature == 1
    assert len(read) < len(whole)
    assert read == [ids for ids in whole if ids in read]
    assert 0 < likeliest.words["a"] <= every.words["a"]
