"""Lines as they arrive: those of any reader, however they are cut; whether one is there is known without waiting."""

import io
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmlab.files.arriving import Arriving


class Parts(io.RawIOBase):
    """A pipe from which one part after the other comes."""

    def __init__(self, parts):
        self.parts = [part for part in parts if part]

    def readable(self):
        return True

    def readinto(self, buffer):
        part = self.parts.pop(0) if self.parts else b""
        buffer[: len(part)] = part
        return len(part)


@given(st.lists(st.text("ab\n\r ").map(str.encode)))
def test_lines_are_those_of_python_however_they_come(parts):
    assert list(Arriving(io.BufferedReader(Parts(parts)))) == list(io.BytesIO(b"".join(parts)))


@given(st.lists(st.text("ab\n").map(str.encode)), st.lists(st.integers(-1, 4), min_size=1))
def test_so_many_bytes_of_a_line_are_those_of_python_too(parts, sizes):
    ours, plain = Arriving(io.BufferedReader(Parts(parts))), io.BytesIO(b"".join(parts))
    for size in sizes:
        assert ours.readline(size) == plain.readline(size)


@pytest.fixture
def pipe():
    """A reader of lines, and what writes to it."""
    read, write = os.pipe()
    with open(read, "rb") as source, open(write, "wb", buffering=0) as sink:
        yield Arriving(source), sink


@pytest.mark.skipif(os.name == "nt", reason="of a pipe Windows does not tell")
def test_a_line_is_ready_when_it_is_whole_and_holds_something_or_the_stream_has_ended(pipe):
    lines, sink = pipe
    assert not lines.ready()
    for written, ready in ((b"on", False), (b"e\n\n \n", True)):
        sink.write(written)
        assert lines.ready() == ready
    assert [next(lines), lines.ready()] == [b"one\n", False]  # what else there is holds nothing
    sink.write(b"two")
    assert not lines.ready(0.05)
    sink.close()
    assert lines.ready()
    assert list(lines) == [b"\n", b" \n", b"two"]
    assert lines.ready()


def test_a_stream_in_memory_is_always_ready():
    lines = Arriving(io.BufferedReader(io.BytesIO(b"\n\none\n")))
    assert lines.ready()
    assert list(lines) == [b"\n", b"\n", b"one\n"]
