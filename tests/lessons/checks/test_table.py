"""A word without a row of its own, against the list of all tokens of the model's file."""

import pytest

from llmlab.errors import MisuseError
from llmlab.lessons.checks.table import check
from llmlab.lessons.replies import Reply

pytestmark = pytest.mark.models

WORDS = [
    "misunderstanding",
    "whoa",
    "goodnight",
    "洗衣机",
    "冰淇淋",
    "电影",
    "umbrella",
    "图书馆",
    "breakfast",
    "movies",
]


def has_row(vocabulary, word):
    return any(gap + form.encode() in vocabulary for gap in (b"", b" ") for form in (word, word.title()))


def test_a_common_word_is_right_where_the_vocabulary_lacks_it_in_every_form(lab):
    vocabulary = set(lab.library.spellings())
    expected = {word: not has_row(vocabulary, word) for word in WORDS}
    assert set(expected.values()) == {True, False}
    assert {word: check(Reply(word), lab).right for word in WORDS} == expected


def test_a_word_whose_other_spelling_has_a_row_is_wrong_and_told_which(lab):
    verdict = check(Reply("wednesday"), lab)
    assert not verdict.right
    assert "Wednesday" in verdict.why
    assert "␣" in check(Reply("overdue"), lab).why


def test_what_nobody_writes_is_no_common_word(lab):
    verdict = check(Reply("xxyy"), lab)
    assert not verdict.right
    assert "xxyy is too rare: 0 times" in verdict.why


def test_several_words_are_refused(lab):
    with pytest.raises(MisuseError, match="one word"):
        check(Reply("hot dog"), lab)
