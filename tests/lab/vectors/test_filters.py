"""Filters of neighbours: which words are dropped and which are kept."""

import re
import sys

import numpy as np
import pytest
import wordfreq
from hypothesis import given
from hypothesis import strategies as st
from lab_spaces import make

from llmlab.errors import MissingError, MisuseError
from llmlab.lab.vectors import filters


@pytest.mark.parametrize(
    ("language", "query", "dropped", "kept"),
    [
        ("en", "love", ["love", "Love", "LOVE", "loves", "loving", "loved", "Loved"], ["lover", "hate", "glove"]),
        ("en", "loved", ["love", "loves", "loving"], ["lover", "hate"]),
        ("en", "Mouse", ["mouse", "mice", "Mice"], ["rat", "mousse"]),
        ("en", "good", ["better", "best"], ["well", "bad"]),
        ("en", "meetings", ["meeting", "Meeting"], ["meets"]),  # a meeting is a form of it, though itself one of meet
        ("fr", "aimer", ["aime", "aimons", "aimé", "aimait", "Aime"], ["haïr", "ami"]),
        ("fr", "cheval", ["chevaux"], ["chien", "chevalier"]),
        ("de", "lieben", ["liebt", "liebte"], ["hassen"]),
        ("de", "Haus", ["Haus", "Häuser", "Hauses"], ["Maus", "Hof"]),
        ("de", "Hund", ["Hunde", "Hundes"], ["Katze"]),
        ("ru", "кошка", ["кошки"], ["собака"]),
    ],
)
def test_forms_of_the_query_are_dropped_and_other_words_kept(language, query, dropped, kept):
    keep = filters.not_forms_of([query], language)
    assert [word for word in [*dropped, *kept] if keep(word)] == kept


def test_forms_of_each_word_of_a_sum_are_dropped():
    keep = filters.not_forms_of(["king", "man", "woman"], "en")
    words = ["kings", "queen", "men", "women", "human", "King"]
    assert [word for word in words if keep(word)] == ["queen", "human"]


@given(st.text(min_size=1, max_size=12))
def test_a_word_is_always_a_form_of_itself_in_any_case(word):
    keep = filters.not_forms_of([word], "en")
    assert not keep(word)
    assert not keep(word.lower())


@pytest.mark.parametrize("language", ["xx", "zh"])
def test_forms_in_a_language_without_known_inflections_are_refused(language):
    with pytest.raises(MisuseError, match=f"^no inflections are known of the language '{language}'$") as refused:
        filters.not_forms_of(["love"], language)
    assert refused.value.hint == "leave out --exclude-forms"


@pytest.mark.parametrize(
    ("pattern", "kept"),
    [
        ("[a-z]+ing", ["loving"]),  # the whole word, not its beginning or end
        (".{4}", ["love", "Love"]),
        ("(?i)LOVE", ["love", "Love"]),
        ("love|hate", ["love"]),
        ("爱.*", ["爱", "爱情"]),
        ("ov", []),
    ],
)
def test_a_pattern_keeps_the_words_that_it_matches_whole(pattern, kept):
    words = ["love", "Love", "loving", "lovingly", "2loving", "爱", "爱情", "恋爱"]
    keep = filters.matching(pattern)
    assert [word for word in words if keep(word)] == kept


@given(st.text(max_size=8), st.text(max_size=8))
def test_an_escaped_word_matches_itself_alone(word, other):
    assert filters.matching(re.escape(word))(word)
    assert filters.matching(re.escape(word))(other) == (word == other)


@pytest.mark.parametrize("pattern", ["[a-z", "(", "*a", "a{2,1}"])
def test_a_bad_pattern_is_refused_with_what_is_wrong_in_it(pattern):
    with pytest.raises(re.error) as wrong:
        re.compile(pattern)
    with pytest.raises(MisuseError) as refused:
        filters.matching(pattern)
    assert str(refused.value) == f"--words {pattern!r} is no regular expression: {wrong.value}"
    assert refused.value.hint == 'for example --words "[a-z]+ing"'


@pytest.mark.parametrize("word", ["the", "love", "Love", "cat", "physics", "xylophone", "neighbour"])
def test_frequencies_are_those_of_wordfreq(word):
    assert filters.frequency(word, "en") == pytest.approx(wordfreq.zipf_frequency(word, "en"), abs=0.02)


@pytest.mark.parametrize(("word", "language"), [("aimer", "fr"), ("Haus", "de"), ("amor", "es"), ("кошка", "ru")])
def test_frequencies_are_those_of_the_language(word, language):
    assert filters.frequency(word, language) == pytest.approx(wordfreq.zipf_frequency(word, language), abs=0.02)
    assert filters.frequency(word, language) != pytest.approx(wordfreq.zipf_frequency(word, "en"), abs=0.02)


def test_frequencies_are_told_to_two_decimals():
    found = [filters.frequency(word, "en") for word in ("the", "love", "cat", "physics", "xylophone")]
    assert found == [round(one, 2) for one in found]


@pytest.mark.parametrize("word", ["qxzzvk", "", "love love"])
def test_a_word_that_is_not_listed_has_frequency_0(word):
    assert filters.frequency(word, "en") == 0


@pytest.mark.parametrize("zipf", [0.0, 2.5, 4.5, 5.0, 9.0])
def test_words_of_at_least_a_frequency_are_kept(zipf):
    words = ["the", "love", "cat", "physics", "xylophone", "qxzzvk"]
    keep = filters.at_least(zipf, "en")
    assert [word for word in words if keep(word)] == [w for w in words if wordfreq.zipf_frequency(w, "en") >= zipf]


def test_a_word_of_exactly_the_frequency_is_kept():
    assert filters.at_least(filters.frequency("cat", "en"), "en")("cat")


def test_frequencies_of_an_unknown_language_are_refused():
    with pytest.raises(MisuseError, match=r"^no frequencies are known of the language 'xx'$") as refused:
        filters.frequency("love", "xx")
    assert refused.value.hint == "leave out frequencies"
    with pytest.raises(MisuseError, match="no frequencies are known of the language 'xx'"):
        filters.at_least(3, "xx")("love")


def test_without_wordfreq_it_is_said_how_frequencies_come(monkeypatch):
    monkeypatch.setitem(sys.modules, "wordfreq", None)
    with pytest.raises(MissingError, match=r"^frequencies need wordfreq$") as missing:
        filters.frequency("love", "en-without")  # a language that no other test has read
    assert missing.value.hint == "pip install wordfreq"


@pytest.mark.parametrize(
    ("languages", "text", "language"),
    [(["en"], "爱", "en"), ([], "爱", "zh"), (["*"], "любовь", "ru"), ([], "amour", "en"), (["fr"], "amour", "fr")],
)
def test_the_language_is_that_of_the_space_or_of_the_script(tmp_path, languages, text, language):
    assert filters.language_of(make(tmp_path, np.eye(2), languages=languages), text) == language
