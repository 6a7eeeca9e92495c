"""Which text a name stands for."""

import itertools

import pytest

from llmlab.errors import MisuseError
from llmlab.files import Files
from llmlab.lab.training import corpus

FILES = Files(None, print)


@pytest.mark.parametrize("name", corpus.SHIPPED)
def test_a_shipped_name_gives_sentences_and_their_pairs(name):
    ten = list(corpus.lines(name, FILES, sentences=10))
    assert list(corpus.lines(name, FILES, sentences=4)) == ten[:4]
    assert list(corpus.lines(name, FILES, sentences=10, seed=2)) != ten
    assert list(itertools.islice(corpus.lines(name, FILES, sentences=None), 10)) == ten
    assert corpus.pairs(name).is_file()


def test_a_file_gives_its_lines_whatever_number_of_sentences_a_grammar_would_give(tmp_path):
    file = tmp_path / "english.txt"
    file.write_bytes(b"one\r\n\r\ntwo\n")
    assert list(corpus.lines(file, FILES, sentences=1)) == ["one", "two"]
    assert corpus.pairs(file) is None


def test_a_file_of_rules_makes_sentences(tmp_path):
    file = tmp_path / "mine.grammar"
    file.write_text("S -> 你 好 | 我 好\nno spaces\n", encoding="utf-8")
    assert set(corpus.lines(file, FILES, sentences=50)) == {"你好", "我好"}


def test_what_has_no_rules_is_misuse():
    with pytest.raises(MisuseError) as error:
        corpus.grammar("french", FILES)
    assert error.value.message == "no text is called 'french'"
    assert "english and chinese" in error.value.hint
