"""What all formats share: blocks of a bounded size, and words that are composed and not repeated."""

import unicodedata

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lab_spaces import read_all, same_bits

from llmlab.errors import DamagedError
from llmlab.spaces import formats
from llmlab.spaces.formats import binary, rows
from llmlab.spaces.formats.export import write
from llmlab.spaces.reading import Reading


@pytest.mark.parametrize("ending", [".bin", ".vec", ".txt", ".csv", ".tsv", ".npy"])
def test_a_file_comes_in_blocks_of_a_bounded_size_in_its_order(tmp_path, monkeypatch, ending):
    words = [f"w{number}" for number in range(10)]
    vectors = np.arange(30, dtype=np.float32).reshape(10, 3)
    write(tmp_path / f"v{ending}", 10, 3, [(words, vectors)])
    monkeypatch.setattr(rows, "BLOCK", 4 * 3 * 4 + 1)
    monkeypatch.setattr(binary, "CHUNK", 5)
    blocks = list(formats.read(Reading(tmp_path / f"v{ending}")).blocks)
    assert [len(block) for block, _ in blocks] == [4, 4, 2]
    assert [word for block, _ in blocks for word in block] == words
    assert same_bits(np.concatenate([part for _, part in blocks]), vectors)


def test_a_block_comes_before_the_rest_of_the_file_is_looked_at(tmp_path, monkeypatch):
    monkeypatch.setattr(rows, "BLOCK", 8)
    (tmp_path / "v.txt").write_bytes(b"a 1\nb 2\nc 3\nd x\n")
    blocks = formats.read(Reading(tmp_path / "v.txt")).blocks
    assert next(blocks)[0] == ["a", "b"]
    with pytest.raises(DamagedError, match="line 4"):
        next(blocks)


def test_words_come_composed_and_of_one_word_in_two_codings_the_first_stays(tmp_path):
    (tmp_path / "v.txt").write_bytes("e\u0301 1\n".encode())
    assert read_all(tmp_path / "v.txt")[0] == ["\u00e9"]
    (tmp_path / "v.txt").write_bytes("e\u0301 1\n\u00e9 2\nx 3\n".encode())
    words, vectors = read_all(tmp_path / "v.txt")
    assert (words, vectors.tolist()) == (["é", "x"], [[1], [3]])


@given(st.lists(st.sampled_from([*"abcdefgh", "é", "e\u0301"]), min_size=1, max_size=40), st.integers(1, 7))
def test_of_equal_words_the_first_stays_wherever_they_stand(tmp_path_factory, words, rows_a_block):
    path = tmp_path_factory.mktemp("repeats") / "v.txt"
    path.write_text("".join(f"{word} {place}\n" for place, word in enumerate(words)), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rows, "BLOCK", 4 * rows_a_block)
        file = formats.read(Reading(path))
        found = [
            (word, int(vector[0]))
            for words, vectors in file.blocks
            for word, vector in zip(words, vectors, strict=True)
        ]
    firsts = {}
    for place, word in enumerate(words):
        firsts.setdefault(unicodedata.normalize("NFC", word), place)
    assert dict(found) == firsts
    assert [word for word, _ in found] == list(firsts)
    assert file.left_out.repeated == len(words) - len(firsts)


def test_words_that_are_not_utf8_are_left_out_where_that_is_asked_for(tmp_path):
    path = tmp_path / "v.bin"
    path.write_bytes(b"3 1\n" + b"a " + b"\0\0\x80?" + b"\xe7\x88 " + b"\0\0\0@" + b"b " + b"\0\0@@")
    with pytest.raises(DamagedError, match="word 2 holds a word that is not UTF-8"):
        read_all(path)
    file = formats.read(Reading(path, skip_bad_words=True))
    assert [(words, vectors.tolist()) for words, vectors in file.blocks] == [(["a", "b"], [[1.0], [3.0]])]
    assert file.left_out.notes == ("words that are not UTF-8 left out: 1",)
