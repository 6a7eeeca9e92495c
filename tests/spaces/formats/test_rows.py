"""What all formats share: blocks of a bounded size, and words that are composed and not repeated."""

import numpy as np
import pytest
from lab_spaces import read_all, same_bits

from llmlab.errors import DamagedError
from llmlab.spaces import formats
from llmlab.spaces.formats import binary, rows
from llmlab.spaces.formats.export import write


@pytest.mark.parametrize("ending", [".bin", ".vec", ".txt", ".csv", ".tsv", ".npy"])
def test_a_file_comes_in_blocks_of_a_bounded_size_in_its_order(tmp_path, monkeypatch, ending):
    words = [f"w{number}" for number in range(10)]
    vectors = np.arange(30, dtype=np.float32).reshape(10, 3)
    write(tmp_path / f"v{ending}", 10, 3, [(words, vectors)])
    monkeypatch.setattr(rows, "BLOCK", 4 * 3 * 4 + 1)
    monkeypatch.setattr(binary, "CHUNK", 5)
    blocks = list(formats.read(tmp_path / f"v{ending}").blocks)
    assert [len(block) for block, _ in blocks] == [4, 4, 2]
    assert [word for block, _ in blocks for word in block] == words
    assert same_bits(np.concatenate([part for _, part in blocks]), vectors)


def test_a_block_comes_before_the_rest_of_the_file_is_looked_at(tmp_path, monkeypatch):
    monkeypatch.setattr(rows, "BLOCK", 8)
    (tmp_path / "v.txt").write_bytes(b"a 1\nb 2\nc 3\nd x\n")
    blocks = formats.read(tmp_path / "v.txt").blocks
    assert next(blocks)[0] == ["a", "b"]
    with pytest.raises(DamagedError, match="line 4"):
        next(blocks)


def test_words_come_composed_and_one_word_in_two_codings_is_a_repeat(tmp_path):
    (tmp_path / "v.txt").write_bytes("e\u0301 1\n".encode())
    assert read_all(tmp_path / "v.txt")[0] == ["\u00e9"]
    (tmp_path / "v.txt").write_bytes("e\u0301 1\n\u00e9 2\n".encode())
    with pytest.raises(DamagedError, match="line 2 repeats the word 'é' of line 1"):
        read_all(tmp_path / "v.txt")


def test_two_words_that_share_a_hash_are_no_repeat(tmp_path, monkeypatch):
    monkeypatch.setattr(rows, "hash", len, raising=False)
    (tmp_path / "v.txt").write_bytes(b"aa 1\nbb 2\nc 3\n")
    assert read_all(tmp_path / "v.txt")[0] == ["aa", "bb", "c"]
