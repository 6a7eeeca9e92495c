"""A space is checked against its record: whatever was changed on disk is found."""

import json

import numpy as np
import pytest
from lab_spaces import FACTS, NUMBERS, take

from llmlab import cache
from llmlab.errors import DamagedError
from llmlab.spaces import build, check, space
from llmlab.spaces.shelf import FORMAT
from llmlab.spaces.space import VECTORS, WORDS
from llmlab.spaces.writer import write


def rewrite(folder, name, data):
    """Change a file of a space, and its record with it."""
    (folder / name).write_bytes(data)
    record = json.loads((folder / cache.RECORD).read_bytes())
    record["files"][name] = (len(data), cache.sha256(folder / name))
    del record["heads"], record["crc"]  # as it was before there were any
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


def zero(space, rows):
    """Fill the last rows of a space with zeros, as a power loss did, and vouch for them in its record."""
    data = (space.folder / VECTORS).read_bytes()
    size = rows * space.dimension * 4
    rewrite(space.folder, VECTORS, data[:-size] + bytes(size))


def test_vectors_of_zeros_where_the_file_has_numbers_are_found(shelf, vec):
    zero(take(shelf, "mine", vec), 2)
    with pytest.raises(DamagedError, match=r"2 vectors of zeros where v\.vec has numbers: 爱, dog") as caught:
        check.check(shelf, "mine")
    assert "llmlab space remove mine" in caught.value.hint


@pytest.mark.parametrize(("model", "vocabulary"), [("bert", "wordfreq:en:9"), ("llama", "model")])
def test_vectors_of_zeros_where_the_model_has_numbers_are_found(tiny, model, vocabulary):
    zero(build.build(tiny, "mine", model, vocabulary), 3)
    with pytest.raises(DamagedError, match=f"mine holds 3 vectors of zeros where {model} has numbers"):
        check.check(tiny, "mine")


@pytest.mark.parametrize("precision", ["float32", "float16"])
def test_vectors_of_zeros_that_the_file_has_are_counted(shelf, ear, tmp_path, precision):
    path = tmp_path / "v.vec"
    path.write_text("a 0 0\nb 1 2\nc 0 0\n" + ("d 1e-30 0\n" if precision == "float16" else ""), encoding="utf-8")
    take(shelf, "mine", path, precision)
    check.check(shelf, "mine")
    some = "3 vectors of zeros, a, c, d" if precision == "float16" else "2 vectors of zeros, a, c"
    assert ear.heard[-1] == f"mine holds {some}; v.vec has them too"


@pytest.mark.parametrize("change", [lambda file: file.unlink(), lambda file: file.write_text("a 1\n")])
def test_vectors_of_zeros_of_a_file_that_is_gone_or_another_are_counted(shelf, ear, vec, change):
    zero(take(shelf, "mine", vec), 2)
    change(vec)
    check.check(shelf, "mine")
    assert ear.heard[-1] == "mine holds 2 vectors of zeros, 爱, dog; v.vec is not there to say whether they should be"


def test_the_words_of_an_array_and_the_scale_of_a_table_are_known_to_the_check(shelf, ear, tmp_path):
    np.save(tmp_path / "v.npy", np.ones((2, 2)))
    (tmp_path / "words").write_text("a\nb\n", encoding="utf-8")
    zero(take(shelf, "array", tmp_path / "v.npy", words=tmp_path / "words"), 1)
    with pytest.raises(DamagedError, match=r"array holds a vector of zeros where v\.npy has numbers: b"):
        check.check(shelf, "array")
    (tmp_path / "t.csv").write_text("w,x\na,1\nb,2\nc,3\n", encoding="utf-8")
    take(shelf, "table", tmp_path / "t.csv", standardize=True)  # b is the mean
    check.check(shelf, "table")
    assert ear.heard[-1] == "table holds a vector of zeros, b; t.csv has them too"


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
