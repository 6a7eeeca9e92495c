"""Users' files: pairs, questions and long texts, in every form they may come in."""

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmlab import files
from llmlab.errors import MisuseError
from llmlab.files import Files
from llmlab.lab.probability.pairs import PAIRS, Pair
from llmlab.lab.probability.quiz import QUESTIONS, Item


def reader(stdin=b""):
    """What reads a run's files, with these bytes on stdin."""
    return Files(io.TextIOWrapper(io.BytesIO(stdin)))


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
    assert reader().records(tmp_path / name, PAIRS) == [Pair("a, b", "b\t", "u")]


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
    assert reader().records(tmp_path / name, QUESTIONS) == [Item("c", ("x", "y", "z"), 0)]


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
        reader().records(tmp_path / name, PAIRS)


@pytest.mark.parametrize("row", ["only a context", "c\tx\tx", "c\tx\t", "\tx"])
def test_a_row_without_a_choice_or_with_one_twice_is_no_question(tmp_path, row):
    (tmp_path / "q.tsv").write_text(f"c\tx\ty\n{row}\n", encoding="utf-8")
    with pytest.raises(MisuseError, match=r"q\.tsv line 2 is no question"):
        reader().records(tmp_path / "q.tsv", QUESTIONS)


def test_what_is_not_utf8_is_said(tmp_path):
    (tmp_path / "p.jsonl").write_bytes(b"\xff")
    with pytest.raises(MisuseError, match="is not UTF-8"):
        reader().records(tmp_path / "p.jsonl", PAIRS)
    blocks, _ = reader().blocks(tmp_path / "p.jsonl")
    with pytest.raises(MisuseError, match="is not UTF-8"):
        list(blocks)


@given(st.text("ab 天\n\r", max_size=60), st.integers(1, 9))
def test_blocks_join_to_the_text_and_end_with_a_line_where_there_is_one(tmp_path_factory, text, size):
    path = tmp_path_factory.mktemp("blocks") / "text"
    path.write_bytes(text.encode())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "BLOCK", size)
        blocks, length = reader().blocks(path)
        found = list(blocks)
    assert "".join(found) == text
    assert length == len(text.encode())
    assert all(found)
    assert all(block.endswith("\n") for block in found[:-1] if "\n" in block)


def test_a_dash_is_stdin_for_every_way_to_read_and_stdin_may_be_read_again():
    from_stdin = reader(b'{"sentence_good": "a", "sentence_bad": "b"}\r\n')
    dash = Path("-")
    assert from_stdin.records(dash, PAIRS) == [Pair("a", "b")]
    assert list(from_stdin.lines(dash)) == [(1, '{"sentence_good": "a", "sentence_bad": "b"}')]
    blocks, length = from_stdin.blocks(dash)
    assert "".join(blocks) == from_stdin.text(dash) == '{"sentence_good": "a", "sentence_bad": "b"}\r\n'
    assert length == 45


def test_lines_that_hold_something_keep_their_numbers(tmp_path):
    (tmp_path / "l.txt").write_bytes("one\r\n\n \ntwo \x85 three\rfour\n爱".encode())
    assert list(reader().lines(tmp_path / "l.txt")) == [(1, "one"), (4, "two \x85 three\rfour"), (5, "爱")]


@pytest.mark.parametrize("read", ["text", "lines", "blocks", "records"])
@pytest.mark.parametrize(("name", "message"), [("none", "No such file or directory"), (".", "Is a directory")])
def test_a_file_that_cannot_be_read_is_named(tmp_path, read, name, message):
    with pytest.raises(MisuseError, match=f"cannot read .*: {message}"):
        ask(reader(), read, tmp_path / name)


def ask(run, read, path):
    return run.records(path, PAIRS) if read == "records" else list(getattr(run, read)(path))


@pytest.mark.parametrize("read", ["text", "lines", "records"])
def test_the_line_that_is_not_utf8_is_named(tmp_path, read):
    (tmp_path / "p.tsv").write_bytes(b"a\tb\n\xe7\x88\tb\n")
    with pytest.raises(MisuseError, match=r"p\.tsv is not UTF-8 \(line 2\)"):
        ask(reader(), read, tmp_path / "p.tsv")
    with pytest.raises(MisuseError, match=r"stdin is not UTF-8 \(line 2\)"):
        ask(reader(b"a\n\xff"), read, Path("-"))


@pytest.mark.parametrize(
    ("kind", "message"), [(PAIRS, "p.csv holds no pairs"), (QUESTIONS, "p.csv holds no questions")]
)
def test_a_file_without_records_is_refused(tmp_path, kind, message):
    (tmp_path / "p.csv").write_text(f"{kind.header},other\n\n", encoding="utf-8")
    with pytest.raises(MisuseError, match=message):
        reader().records(tmp_path / "p.csv", kind)
