"""A space is checked against its record: whatever was changed on disk is found."""

import json

import numpy as np
import pytest
from lab_spaces import FACTS, NUMBERS, take

from llmlab import cache
from llmlab.errors import DamagedError
from llmlab.spaces import check, space
from llmlab.spaces.shelf import FORMAT
from llmlab.spaces.space import VECTORS, WORDS
from llmlab.spaces.writer import write


def rewrite(folder, name, data):
    """Change a file of a space, and its record with it."""
    (folder / name).write_bytes(data)
    record = json.loads((folder / cache.RECORD).read_bytes())
    record["files"][name] = (len(data), cache.sha256(folder / name))
    (folder / cache.RECORD).write_text(json.dumps(record), encoding="utf-8")


def test_a_whole_space_is_found_whole(shelf, vec, monkeypatch):
    monkeypatch.setattr(space, "BLOCK", 2)
    take(shelf, "mine", vec)
    assert len(check.check(shelf, "mine").words) == 5


@pytest.mark.parametrize("name", [WORDS, VECTORS])
def test_a_changed_byte_is_found(shelf, vec, name):
    file = take(shelf, "mine", vec).folder / name
    data = file.read_bytes()
    file.write_bytes(data[:-2] + bytes([data[-2] ^ 1]) + data[-1:])
    with pytest.raises(DamagedError, match="the space mine is damaged") as caught:
        check.check(shelf, "mine")
    assert "llmlab space remove mine" in caught.value.hint


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_value_that_is_not_finite_is_found(shelf, vec, value):
    folder = take(shelf, "mine", vec).folder
    data = (folder / VECTORS).read_bytes()
    rewrite(folder, VECTORS, data[:-4] + np.float32(value).tobytes())  # the last number of the last row
    with pytest.raises(DamagedError, match="mine holds values that are not finite numbers"):
        check.check(shelf, "mine")


@pytest.mark.parametrize("block", [50_000, 1])
def test_a_word_that_stands_twice_is_found(shelf, ear, monkeypatch, block):
    monkeypatch.setattr(space, "BLOCK", block)

    def build(folder):
        return {**FACTS, **write(folder, ["cat", "dog", "cat"], NUMBERS[:3]), "name": "mine"}

    cache.make(shelf.config.spaces_folder / "mine", {"format": FORMAT}, build, ear)
    with pytest.raises(DamagedError, match="mine holds a word twice"):
        check.check(shelf, "mine")


def test_words_whose_characters_are_stored_as_the_same_bytes_are_different_words(shelf, tmp_path):
    path = tmp_path / "v.vec"
    path.write_text("4 1\n敢 1\nbe 2\nmy 3\n祭 4\n", encoding="utf-8")
    assert hash("敢") == hash("be")  # what the check must not go by
    take(shelf, "mine", path, "auto")
    assert check.check(shelf, "mine").words.first(4) == ["敢", "be", "my", "祭"]


@pytest.mark.parametrize("words", [b"cat\ndog\n", b"cat\ndog\nlove\nhate\nmore\nstill\n"], ids=["fewer", "more"])
def test_another_number_of_words_than_of_rows_is_found(shelf, vec, words):
    rewrite(take(shelf, "mine", vec).folder, WORDS, words)
    with pytest.raises(DamagedError, match="mine"):
        check.check(shelf, "mine")
