"""What a text is to a training: sentences of lower-case words, without those that are met too seldom."""

from collections import Counter

import numpy as np
import pytest
import training_texts
from hypothesis import given
from hypothesis import strategies as st

from llmlab.errors import MisuseError
from llmlab.lab.training.word_sentences import FEWEST, LONGEST, MET, PARTS, corpus, sentences


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The Cat sat.\nIt's well-known!", [["the", "cat", "sat"], ["it's", "well-known"]]),
        ("今天天气很好，我们去公园。我爱猫", [["今天天气", "很", "好", "我们", "去", "公园"], ["我", "爱", "猫"]]),
        ("我有 iPhone? 是", [["我", "有", "iphone"], ["是"]]),
        ("one\r\n\r\n two", [["one"], ["two"]]),
        ("Cafe\u0301", [["café"]]),
        (" ... \n", []),
    ],
)
def test_a_sentence_is_words_in_lower_case_up_to_its_end(text, expected):
    found = list(sentences(text))
    assert found == expected


@given(st.text(alphabet="aB 猫狗.\n'-。", max_size=60))
def test_no_letter_is_lost_and_no_sentence_is_empty(text):
    found = list(sentences(text))
    assert all(found)
    letters = "".join(word for sentence in found for word in sentence)
    assert Counter(letters.replace("'", "").replace("-", "")) == Counter(one for one in text.lower() if one.isalpha())


@given(st.text(alphabet="aB1_'- ,;é", max_size=40))
def test_plain_and_accented_letters_are_cut_alike(text):
    plain = text.lower().replace("é", "e")
    assert [PARTS.findall(plain)] * bool(PARTS.findall(plain)) == list(sentences(plain))


def test_a_long_line_is_several_sentences():
    found = list(sentences("word " * (2 * LONGEST + 3)))
    assert [len(sentence) for sentence in found] == [LONGEST, LONGEST, 3]


def test_words_that_are_met_too_seldom_are_left_out_and_counted_by_hand():
    text = training_texts.english(500) + "seldom " * (MET - 1) + "often " * MET
    found = corpus(text, "t")
    plain = Counter(text.lower().replace(".", "").split())
    assert found.counts == {word: count for word, count in plain.items() if count >= MET}
    assert "seldom" not in found.counts
    assert list(found.counts.values()) == sorted(found.counts.values(), reverse=True)
    assert Counter(found.running) == found.counts
    assert found.ends[-1] == len(found.running)
    assert found.running[: found.ends[0]] == text.split("\n", maxsplit=1)[0].lower().replace(".", "").split()


def test_a_part_of_the_running_words_is_whole_sentences_but_for_its_ends():
    found = corpus(training_texts.english(500), "t")
    part = found.between(3, 12)
    assert [word for sentence in part for word in sentence] == found.running[3:12]
    assert [len(sentence) for sentence in part] == [2, 5, 2]
    assert found.between(5, 10) == [found.running[5:10]]
    assert np.diff(found.ends).tolist() == [5] * 499


def test_the_language_is_that_of_the_words():
    assert corpus(training_texts.english(400), "t").language == ""
    assert corpus(training_texts.chinese(400) + "the cat is here " * 9, "t").language == "zh"


@pytest.mark.parametrize(
    "text", ["", "a few words", " ".join(f"w{number}" for number in range(2 * FEWEST)), "the cat " * FEWEST]
)
def test_too_little_text_is_refused_with_what_is_wanted(text):
    with pytest.raises(MisuseError, match=r"small\.txt is too little to learn from: [\d,]+ words") as caught:
        corpus(text, "small.txt")
    assert caught.value.hint.startswith("give at least 1,000 words and 20 that are met so often")
