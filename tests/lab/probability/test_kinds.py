"""Word classes: whose words are taken."""

import pytest

from llmlab.errors import MisuseError
from llmlab.lab.probability.kinds import asked, commonest, for_blank


def test_english_words_are_of_one_class_only():
    found = commonest(("noun", "verb", "adjective"), "en")
    assert {found[word] for word in ("music", "children", "movie")} == {"noun"}
    assert {found[word] for word in ("went", "eat", "told")} == {"verb"}
    assert {found[word] for word in ("happy", "beautiful")} == {"adjective"}
    assert not {"book", "love", "work", "water", "or", "i", "other", "the"} & set(found)
    assert [list(found.values()).count(kind) for kind in ("noun", "verb", "adjective")] == [100, 100, 100]


def test_chinese_words_are_of_their_class_in_jiebas_dictionary():
    found = commonest(("noun", "verb", "adjective"), "zh")
    assert {found[word] for word in ("电影", "人", "学生")} == {"noun"}
    assert {found[word] for word in ("喜欢", "看", "知道")} == {"verb"}
    assert {found[word] for word in ("好", "大", "高")} == {"adjective"}
    assert not {"工作", "安全", "不", "的"} & set(found)  # verb and noun, adjective and noun, neither
    assert [list(found.values()).count(kind) for kind in ("noun", "verb", "adjective")] == [100, 100, 100]


def test_only_the_classes_asked_for_are_taken_and_the_commonest_words_of_each():
    found = commonest(("verb",), "zh", 5)
    assert set(found.values()) == {"verb"}
    assert list(found) == list(commonest(("verb",), "zh"))[:5]


def test_the_language_and_the_capital_are_those_of_the_sentence():
    assert "music" in for_blank("noun", "He likes [?].")
    assert "Music" in for_blank("noun", "[?] is fun.")
    assert "Music" in for_blank("noun", "I am here. [?] is fun.")
    assert "电影" in for_blank("noun", "他喜欢[?]。")


@pytest.mark.parametrize("kinds", ["nouns", "", "noun,,verb", "Noun"])
def test_what_is_no_class_is_refused(kinds):
    with pytest.raises(MisuseError, match="no word class is called"):
        asked(kinds)
