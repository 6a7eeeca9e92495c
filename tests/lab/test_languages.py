"""The language of a text, by its script."""

import pytest

from llmlab.lab.languages import NAMES, SCRIPTS, language, of_texts, speaking


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


def test_several_texts_are_in_the_first_language_that_is_not_latin():
    assert of_texts(["love", "爱", "любовь"]) == "zh"
    assert of_texts(["love", "42"]) == of_texts([]) == ""


def test_who_has_a_language_is_told_by_the_entries(config):
    assert speaking(config.spaces, "爱") == ["bilingual", "gemma"]
    assert speaking(config.spaces, "사랑") == ["gemma"]
    assert speaking(config.spaces, "love") == ["minilm", "bilingual", "glove", "gemma"]
    encoders = {name: entry for name, entry in config.models.items() if entry.kind == "encoder"}
    assert speaking(encoders, "사랑") == ["use-multilingual"]


def test_every_language_that_a_script_tells_has_an_english_name():
    assert set(NAMES) == set(SCRIPTS.values())
    assert (NAMES["zh"], NAMES["el"], NAMES["hi"]) == ("Chinese", "Greek", "Hindi")
