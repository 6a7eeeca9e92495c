"""The words of a space: by frequency, of a file, and tokens as words."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wordfreq import top_n_list

from llmlab.errors import MisuseError
from llmlab.spaces.vocabulary import by_frequency, fold, languages, words


@pytest.mark.parametrize(
    ("pieces", "words", "rows"),
    [
        ([b"Love", b"love", b" Love", b" love"], ["love"], [3]),  # the lower-case form after a space
        ([b"LOVE", b"Love", b"love"], ["love"], [2]),  # then the lower-case form
        ([b"LOVE", b"Love", b" Love"], ["love"], [0]),  # then the earliest
        ([b" b", b"a", b" a"], ["b", "a"], [0, 2]),  # in the order of the chosen tokens
        ([b"b", b"a", b" b"], ["a", "b"], [1, 2]),
        ([b"\xe7\x88", b"\xff", None, b"", b" ", b"\n", b"\t", b"x"], ["x"], [7]),  # no whole, visible word
        (["爱".encode(), " 爱".encode()], ["爱"], [1]),
        (["E\u0301".encode(), "e\u0301".encode()], ["\xe9"], [0]),  # one letter, in NFC
        ([b"a b", b" a ", b"  a"], ["a b"], [0]),  # only one leading space is a form
    ],
)
def test_forms_of_a_word_become_one_entry(pieces, words, rows):
    assert fold(pieces) == (words, rows)


@given(st.lists(st.none() | st.binary(max_size=4) | st.text("aAe\u0301 爱\n", max_size=3).map(str.encode), max_size=30))
def test_no_word_comes_twice_and_the_order_is_that_of_the_tokens(pieces):
    words, rows = fold(pieces)
    assert len(set(words)) == len(words) == len(rows)
    assert rows == sorted(rows)
    for word, row in zip(words, rows, strict=True):
        assert word.isprintable()
        assert unicodedata.normalize("NFC", pieces[row].decode().removeprefix(" ")).lower() == word


def test_a_vocabulary_is_the_most_frequent_words_first():
    assert by_frequency("wordfreq:en:3") == ["the", "to", "and"]
    assert len(by_frequency("wordfreq:de:500")) == 500


def test_lists_joined_by_a_plus_stand_one_after_the_other_each_word_once(ear):
    found = words("wordfreq:zh:2000+wordfreq:en:300", ear)
    chinese, english = (top_n_list(language, count) for language, count in (("zh", 2000), ("en", 300)))
    assert set(chinese) & set(english)  # wordfreq counts Latin words in Chinese text too
    assert found == chinese + [word for word in english if word not in chinese]


@pytest.mark.parametrize("spec", ["wordfreq:zh:9+words.txt", "wordfreq:zh:9+", "wordfreq:zh:9+wordfreq:en"])
def test_of_lists_joined_by_a_plus_each_is_a_list(ear, spec):
    with pytest.raises(MisuseError, match="is not wordfreq:LANGUAGE:COUNT"):
        words(spec, ear)


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("wordfreq:zh:9", ("zh",)),
        ("wordfreq:zh:9+wordfreq:en:9", ("zh", "en")),
        ("wordfreq:en:9+wordfreq:en:20", ("en",)),
        ("model", ("*",)),
        ("a+wordfreq", ("*",)),
    ],
)
def test_word_lists_name_their_languages(spec, expected):
    assert languages(spec) == expected


@pytest.mark.parametrize("spec", ["wordfreq:en", "wordfreq:en:-5", "wordfreq:xx:9", "wordfreq:en:0"])
def test_a_vocabulary_that_is_none_is_refused(spec):
    with pytest.raises(MisuseError, match=r"is not wordfreq:LANGUAGE:COUNT|has no language"):
        by_frequency(spec)


def test_the_words_of_a_file_are_taken_in_its_order_in_nfc_and_once(tmp_path, ear):
    path = tmp_path / "words.txt"
    path.write_bytes("cat\r\n\n cafe\u0301\nNew York\ncat\n爱".encode())
    assert words(str(path), ear) == ["cat", "caf\xe9", "New York", "爱"]
    assert ear.heard == [f"{path}: 1 lines repeat a word; each word is taken once"]


@pytest.mark.parametrize(
    ("content", "message"), [(b"\n \n", "holds no words"), (b"a\n\xff\n", r"words\.txt is not UTF-8 \(line 2\)")]
)
def test_a_file_without_words_is_refused(tmp_path, ear, content, message):
    path = tmp_path / "words.txt"
    path.write_bytes(content)
    with pytest.raises(MisuseError, match=message):
        words(str(path), ear)


def test_a_vocabulary_that_is_neither_a_list_nor_a_file_says_what_would_be(ear):
    with pytest.raises(MisuseError, match="neither a word list nor a file") as caught:
        words("nowhere.txt", ear)
    assert "wordfreq:zh:50000" in caught.value.hint
