"""The language of a text, by its script."""

import pytest

from llmlab.lab.languages import language


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        *[("爱", "zh"), ("ひ", "ja"), ("カ", "ja"), ("사랑", "ko"), ("любовь", "ru"), ("حب", "ar"), ("αγάπη", "el")],
        *[("אהבה", "he"), ("प्यार", "hi"), ("รัก", "th"), ("a爱", "zh")],
        *[("love", ""), ("café", ""), ("42", ""), ("🎉", "")],
    ],
)
def test_a_word_belongs_to_the_language_of_its_script(word, expected):
    assert language(word) == expected
