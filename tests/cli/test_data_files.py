"""Files of pairs, questions and long texts, in every form they may come in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmlab.cli import data_files
from llmlab.errors import MisuseError
from llmlab.lab.pairs import Pair
from llmlab.lab.quiz import Question


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("p.jsonl", '{"sentence_good": "a, b", "sentence_bad": "b\\t", "UID": "u", "field": "f"}\n'),
        ("p.csv", 'sentence_good,sentence_bad,group\n"a, b",b\t,u\n'),
        ("p.csv", '"a, b",b\t,u\r\n'),
    ],
)
def test_pairs_are_the_same_in_every_form(tmp_path, name, text):
    (tmp_path / name).write_text(text, encoding="utf-8")
    assert data_files.pairs(tmp_path / name) == [Pair("a, b", "b\t", "u")]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("q.jsonl", '{"context": "c", "choices": ["x", "y", "z"], "answer": 0, "group": ""}'),
        ("q.jsonl", '\n{"context": "c", "choices": ["x", "y", "z"], "answer": "x"}\n'),
        ("q.tsv", "c\tx\ty\tz\n"),
    ],
)
def test_questions_are_the_same_in_every_form(tmp_path, name, text):
    (tmp_path / name).write_text(text, encoding="utf-8")
    assert data_files.questions(tmp_path / name) == [Question("c", ("x", "y", "z"), 0)]


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        ("p.jsonl", b'{"sentence_good": "a", "sentence_bad": "b"}\n{"sentence_good": 1, "sentence_bad": "b"}', 2),
        ("p.jsonl", b"not json", 1),
        ("p.tsv", b"a\tb\n\nonly one\n", 3),
        ("p.csv", b"a,\n", 1),
    ],
)
def test_the_line_that_is_no_pair_is_named(tmp_path, name, text, line):
    (tmp_path / name).write_bytes(text)
    with pytest.raises(MisuseError, match=f"{name} line {line} is no pair"):
        data_files.pairs(tmp_path / name)


@pytest.mark.parametrize("row", ["only a context", "c\tx\tx", "c\tx\t", "\tx"])
def test_a_row_without_a_choice_or_with_one_twice_is_no_question(tmp_path, row):
    (tmp_path / "q.tsv").write_text(f"c\tx\ty\n{row}\n", encoding="utf-8")
    with pytest.raises(MisuseError, match=r"q\.tsv line 2 is no question"):
        data_files.questions(tmp_path / "q.tsv")


def test_what_is_not_utf8_is_said(tmp_path):
    (tmp_path / "p.jsonl").write_bytes(b"\xff")
    with pytest.raises(MisuseError, match="is not UTF-8"):
        data_files.pairs(tmp_path / "p.jsonl")
    blocks, _ = data_files.blocks(tmp_path / "p.jsonl")
    with pytest.raises(MisuseError, match="is not UTF-8"):
        list(blocks)


@given(st.text("ab 天\n\r", max_size=60), st.integers(1, 9))
def test_blocks_join_to_the_text_and_end_with_a_line_where_there_is_one(tmp_path_factory, text, size):
    path = tmp_path_factory.mktemp("blocks") / "text"
    path.write_bytes(text.encode())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(data_files, "BLOCK", size)
        blocks, length = data_files.blocks(path)
        found = list(blocks)
    assert "".join(found) == text
    assert length == len(text.encode())
    assert all(found)
    assert all(block.endswith("\n") for block in found[:-1] if "\n" in block)
