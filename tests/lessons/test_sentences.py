"""Sentences as the two languages write them beside each other."""

import pytest

from llmlab.language import speak
from llmlab.lessons.sentences import together


@pytest.fixture(params=["en", "zh"])
def language(request):
    speak(request.param)
    return request.param


def test_chinese_has_no_space_between_sentences(language):
    expected = {"en": "One. Two.", "zh": "One.Two."}
    assert together("One.", "", "Two.") == expected[language]
