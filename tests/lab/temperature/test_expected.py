"""When an answer is right."""

import pytest

from llmlab.errors import MisuseError
from llmlab.lab.temperature.expected import Expected, stands


@pytest.mark.parametrize(
    ("word", "answer", "first", "somewhere"),
    [
        ("Paris", " Paris", True, True),
        ("paris", "PARIS, of course", True, True),
        ("Paris", ' "Paris"', True, True),
        ("Paris", "**Paris**", True, True),
        ("Paris", "Parisian", False, False),
        ("Paris", "The capital of France is Paris.", False, True),
        ("Paris", "Seineparis", False, False),
        ("Paris", "Paris是", True, True),
        ("New York", "New York.", True, True),
        ("new", "New York.", True, True),
        ("4", " 4", True, True),
        ("4", " 42", False, False),
        ("-5", " -5 degrees", True, True),
        ('"yes"', '"yes", he said', True, True),
        ("巴黎", "巴黎。", True, True),
        ("巴黎", "巴黎人", True, True),  # unspaced: nothing says where the word ends
        ("巴黎", "“巴黎”", True, True),
        ("巴黎", "是巴黎", False, True),
        ("Париж", "Парижанин", False, False),
        ("Paris", "", False, False),
    ],
)
def test_an_answer_is_right_when_the_word_stands_at_its_start(word, answer, first, somewhere):
    assert (stands(word, answer), stands(word, answer, anywhere=True)) == (first, somewhere)


def test_any_of_the_texts_or_patterns_will_do():
    expected = Expected.of(["Paris", "Lyon"], [r"^ Mars.*e$"])
    assert [expected.accepts(one) for one in (" Lyon", " Marseille", " Nice")] == [True, True, False]
    assert expected.aim == "begin with 'Paris' or 'Lyon' or match /^ Mars.*e$/"


@pytest.mark.parametrize("text", ["", " "])
def test_an_empty_expectation_is_refused(text):
    with pytest.raises(MisuseError, match="an expected text is empty"):
        Expected.of([text], [])
