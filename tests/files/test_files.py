"""Users' files and stdin: text, lines and long texts, whatever tool wrote them."""

import codecs
import csv
import gzip
import io
import os
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmlab import files
from llmlab.errors import DamagedError, MisuseError
from llmlab.files import Files, opening
from llmlab.lab.probability.pairs import PAIRS

MISSING = "No such file or directory"


def reader(stdin=b"", say=print):
    """What reads a run's files, with these bytes on stdin."""
    return Files(io.TextIOWrapper(io.BytesIO(stdin)), say)


def ask(run, read, path):
    """All that one of the ways to read gives."""
    if read == "records":
        return run.records(path, PAIRS)
    found = getattr(run, read)(path)
    return list(found[0] if read == "blocks" else found)


@given(st.text("ab 天\n\r\ufeff", max_size=60), st.integers(1, 9), st.booleans())
def test_blocks_join_to_the_text_and_end_with_a_line_where_there_is_one(tmp_path_factory, text, size, marked):
    path = tmp_path_factory.mktemp("blocks") / "text"
    path.write_bytes(codecs.BOM_UTF8 * marked + text.encode())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "BLOCK", size)
        blocks, length = reader().blocks(path)
        found = list(blocks)
    assert "".join(found) == (text if marked else text.removeprefix("\ufeff"))
    assert length == len(path.read_bytes())
    assert all(found)
    assert all(block.endswith("\n") for block in found[:-1] if "\n" in block)


@pytest.mark.parametrize("read", ["text", "lines", "blocks", "records"])
def test_a_dash_is_stdin_for_every_way_to_read_and_stdin_is_read_once(read, tmp_path):
    content = b'{"sentence_good": "a", "sentence_bad": "b"}\r\n'
    (tmp_path / "p.jsonl").write_bytes(content)
    run = reader(content)
    assert ask(run, read, Path("-")) == ask(reader(), read, tmp_path / "p.jsonl")
    with pytest.raises(MisuseError, match="stdin can be read only once"):
        ask(run, read, Path("-"))


def test_lines_that_hold_something_keep_their_numbers_and_blank_ones_are_counted(tmp_path):
    (tmp_path / "l.txt").write_bytes("\ufeffone\r\n\n \ntwo \x85 three\rfour\n爱\n\n".encode())
    said = []
    found = list(reader(say=said.append).lines(tmp_path / "l.txt"))
    assert found == [(1, "one"), (4, "two \x85 three\rfour"), (5, "爱")]
    assert said == [f"{tmp_path / 'l.txt'}: 3 blank lines are left out, the first line 2"]
    assert list(reader(b"a\n\nb", said.append).lines("-")) == [(1, "a"), (3, "b")]
    assert said[1:] == ["stdin: 1 blank line is left out, line 2"]
    assert list(reader(b"a\n\n\n", said.append).lines("-")) == [(1, "a")]
    assert len(said) == 2  # of those at the end alone nothing is said


def test_stdin_comes_line_by_line():
    class Slow(io.BytesIO):
        """A pipe whose writer is still there after two lines."""

        def readline(self, size=-1):
            line = super().readline(size)
            assert line, "more is read than was asked for"
            return line

        def __next__(self):
            return self.readline()

    lines = Files(io.TextIOWrapper(Slow(b"one\ntwo\n")), print).lines("-")
    assert [next(lines), next(lines)] == [(1, "one"), (2, "two")]


@pytest.mark.parametrize("read", ["text", "lines", "blocks", "records"])
@pytest.mark.parametrize(("name", "message"), [("none", MISSING), (".", "Is a directory"), ("none.gz", MISSING)])
def test_a_file_that_cannot_be_read_is_named(tmp_path, read, name, message):
    with pytest.raises(MisuseError, match=f"cannot read .*: {message}"):
        ask(reader(), read, tmp_path / name)


@pytest.mark.parametrize("read", ["text", "lines", "blocks", "records"])
def test_a_packed_file_is_unpacked_and_a_cut_one_named(tmp_path, read):
    content = b'{"good": "a", "bad": "b"}\n'
    (tmp_path / "p.jsonl").write_bytes(content)
    (tmp_path / "p.jsonl.GZ").write_bytes(gzip.compress(content))
    (tmp_path / "cut.jsonl.gz").write_bytes(gzip.compress(content)[:-9])
    assert ask(reader(), read, tmp_path / "p.jsonl.GZ") == ask(reader(), read, tmp_path / "p.jsonl")
    with pytest.raises(DamagedError, match=r"cut\.jsonl\.gz is no whole gzip file"):
        ask(reader(), read, tmp_path / "cut.jsonl.gz")


def peak_of(read, path):
    """The message that a file is refused with, and the most bytes that were held till then."""
    tracemalloc.start()
    try:
        with pytest.raises(MisuseError) as caught:
            ask(reader(), read, path)
        return caught.value.message, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("read", ["text", "lines", "records"])
@pytest.mark.parametrize("name", ["p.csv", "p.csv.gz", "p.jsonl", "p.jsonl.gz"])
def test_a_line_without_end_is_refused_and_little_of_it_held(tmp_path, monkeypatch, read, name):
    monkeypatch.setattr(opening, "LONGEST", 2**20)
    first = b'{"good": "a", "bad": "b"}\n' if ".jsonl" in name else b"good,bad\n"
    content = first + b"a" * 2**24
    packed = gzip.compress(first) + 4 * gzip.compress(b"a" * 2**22)
    (tmp_path / name).write_bytes(packed if name.endswith("gz") else content)
    message, peak = peak_of(read, tmp_path / name)
    assert message == f"{tmp_path / name} line 2 is longer than 1 MiB"
    assert peak < 2**23
    with pytest.raises(MisuseError, match="stdin line 2 is longer than 1 MiB"):
        ask(reader(content), read, "-")


def test_a_line_of_the_longest_that_may_be_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(opening, "LONGEST", 4)
    (tmp_path / "l.txt").write_bytes(b"abc\nabcd")
    assert list(reader().lines(tmp_path / "l.txt")) == [(1, "abc"), (2, "abcd")]


@pytest.mark.parametrize("read", ["text", "lines", "blocks", "records"])
def test_a_packed_file_that_unpacks_to_very_much_is_refused(tmp_path, monkeypatch, read):
    monkeypatch.setattr(opening, "UNPACKED", (2**20, 100))
    line = b'{"good": "a", "bad": "b"}'
    (tmp_path / "few.jsonl.gz").write_bytes(gzip.compress(line + b" " * 2**19))  # 1,000 times its size, and little
    assert ask(reader(), read, tmp_path / "few.jsonl.gz")
    (tmp_path / "bomb.jsonl.gz").write_bytes(8 * gzip.compress(line + b"\n" * 2**22))
    message, peak = peak_of(read, tmp_path / "bomb.jsonl.gz")
    assert message == f"{tmp_path / 'bomb.jsonl.gz'} unpacks to more than 100 times its size"
    assert peak < 2**25


def test_a_cell_whose_quote_never_ends_is_no_whole_file_in_memory(tmp_path):
    assert csv.field_size_limit() == opening.LONGEST
    (tmp_path / "p.csv").write_text('good,bad\na,b\n"' + "c\n" * 2000, encoding="utf-8")
    before = csv.field_size_limit(1000)
    try:
        with pytest.raises(MisuseError, match=r"p\.csv line 3 is no row of a table: field larger than field limit"):
            ask(reader(), "records", tmp_path / "p.csv")
    finally:
        csv.field_size_limit(before)


@pytest.mark.parametrize("read", ["text", "lines", "records"])
def test_the_line_that_is_not_utf8_is_named(tmp_path, read):
    (tmp_path / "p.tsv").write_bytes(b"a\tb\n\xe7\x88\tb\n")
    with pytest.raises(MisuseError, match=r"p\.tsv is not UTF-8 \(line 2\)"):
        ask(reader(), read, tmp_path / "p.tsv")
    with pytest.raises(MisuseError, match=r"stdin is not UTF-8 \(line 2\)"):
        ask(reader(b"a\tb\n\xff"), read, Path("-"))


CHINESE = "好,坏\n今天天气很好。,今天好很天气。\n"


@pytest.mark.parametrize("read", ["text", "lines", "blocks", "records"])
@pytest.mark.parametrize(
    ("text", "encoding", "named"),
    [
        (CHINESE, "gb18030", "GB18030"),
        (CHINESE, "gbk", "GB18030"),
        (CHINESE, "utf-16", "UTF-16"),
        ("good,bad\nHe sees.,He see.\n", "utf-16-le", "UTF-16LE"),
        ("good,bad\nHe sees.,He see.\n", "utf-16-be", "UTF-16BE"),
        ("gut,schlecht\nGrößer ist das.,Größe ist das.\n", "cp1252", "ENCODING"),
        ("хорошо,плохо\n", "cp1251", "ENCODING"),
    ],
)
def test_another_encoding_is_named_with_the_line_to_type(tmp_path, read, text, encoding, named):
    if read == "blocks" and encoding.startswith("utf-16-"):
        pytest.skip("its zeros are characters of a text")
    path = tmp_path / "a b.csv"
    path.write_bytes(text.encode(encoding))
    with pytest.raises(MisuseError, match="is not UTF-8") as caught:
        ask(reader(), read, path)
    assert caught.value.hint == f"iconv -f {named} -t UTF-8 '{path}' > '{tmp_path / 'a b.utf8.csv'}'"
    assert ("looks like" in caught.value.message) == (named != "ENCODING")
    with pytest.raises(MisuseError) as caught:
        ask(reader(path.read_bytes()), read, "-")
    assert caught.value.hint == f"put before llmlab: iconv -f {named} -t UTF-8 |"


@pytest.mark.parametrize("read", ["lines", "records"])
@pytest.mark.parametrize(("content", "message"), [(b"PK\x03\x04", "zip"), (b"\x1f\x8b\x08", "packed with gzip")])
def test_what_is_no_text_is_named(tmp_path, read, content, message):
    (tmp_path / "p.csv").write_bytes(content)
    with pytest.raises(MisuseError, match=rf"p\.csv is (a )?{message}"):
        ask(reader(), read, tmp_path / "p.csv")


def test_the_lines_of_an_old_mac_end_with_a_carriage_return(tmp_path):
    (tmp_path / "l.txt").write_bytes("\ufeffone\r\rtwo\r".encode())
    assert list(reader().lines(tmp_path / "l.txt")) == [(1, "one"), (3, "two")]
    assert reader().text(tmp_path / "l.txt") == "one\r\rtwo\r"


def counted(source, path="-", say=print):
    found = Files(source, say).counted(path, lambda files: (line for _, line in files.lines(path)))
    return found.count, list(found.each)


def test_lines_of_a_file_are_counted_before_they_are_read(tmp_path):
    file = tmp_path / "lines"
    file.write_bytes(b"a\n\nb\n\nc\n")
    said = []
    assert counted(None, file, said.append) == (3, ["a", "b", "c"])
    assert said == [f"{file}: 2 blank lines are left out, the first line 2"]  # once
    with file.open(encoding="utf-8") as stream:
        stream.buffer.readline()
        assert counted(stream) == (2, ["b", "c"])  # from where it stands


def test_what_can_be_read_only_once_is_not_counted():
    out, into = os.pipe()
    os.write(into, b"a\nb\n")
    os.close(into)
    with open(out, encoding="utf-8") as pipe:
        assert counted(pipe) == (0, ["a", "b"])
    assert counted(io.TextIOWrapper(io.BufferedReader(io.BytesIO(b"a\n")))) == (0, ["a"])


def test_what_is_wrong_at_the_end_of_a_file_is_said_before_its_beginning_is_used(tmp_path):
    file = tmp_path / "lines"
    file.write_bytes(b"a\n\xff\n")
    with pytest.raises(MisuseError, match="is not UTF-8"):
        Files(None, print).counted(file, lambda files: files.lines(file))
