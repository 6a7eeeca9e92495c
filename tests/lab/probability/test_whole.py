"""Which words are whole: the pieces of a tokenizer are none."""

import sys

import pytest

from llmlab.errors import MissingError
from llmlab.lab.probability.whole import is_whole, listed, pieces


@pytest.mark.parametrize("word", ["I", "a", "can", "don't", "o'clock", "Paris", "its", "there"])
def test_english_words_are_whole(word):
    assert is_whole(word, "en")


@pytest.mark.parametrize("word", ["don", "didn", "haven", "ll", "re", "1", "Q", "x", "i", "snake_case", "北京", ""])
def test_pieces_figures_and_single_letters_are_no_english_words(word):
    assert not is_whole(word, "en")


def test_a_chinese_word_may_be_one_character_but_is_in_no_latin_letters():
    words = ["北京", "好", "西", "G", "1", "Q", "There", "app"]
    assert [word for word in words if is_whole(word, "zh")] == ["北京", "好", "西"]


def test_a_piece_is_more_frequent_in_words_with_an_apostrophe_than_alone():
    wordfreq = pytest.importorskip("wordfreq")
    for piece, word in {"don": "don't", "didn": "didn't", "ve": "i've"}.items():
        assert piece in pieces("en")
        assert wordfreq.word_frequency(word, "en") > 5 * wordfreq.word_frequency(piece, "en")
    assert not {"can", "won", "it", "he", "let"} & pieces("en")


def test_where_there_is_no_list_all_that_is_of_letters_is_a_word():
    assert not listed("th")
    assert is_whole("ไทย", "th")
    assert not is_whole("ไทย1", "th")


def test_without_word_lists_it_is_said_what_to_install(monkeypatch):
    listed.cache_clear()
    monkeypatch.setitem(sys.modules, "wordfreq", None)
    with pytest.raises(MissingError, match="wordfreq"):
        is_whole("cat", "en")
