"""Arrays of vectors with their words in a file beside them."""

import pickle
import struct

import numpy as np
import pytest
from lab_spaces import read_all, same_bits
from safetensors.numpy import save_file

from llmlab.errors import DamagedError, MissingError
from llmlab.spaces import formats
from llmlab.spaces.formats import rows
from llmlab.spaces.reading import Reading


def array_file(folder, words, array, name="v.npy"):
    np.save(folder / name, array)
    (folder / "v.txt").write_bytes(words)
    return folder / name


@pytest.mark.parametrize("kind", ["<f2", "<f4", ">f4", "<f8"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_an_array_of_any_float_is_read_with_the_words_beside_it(tmp_path, kind, order):
    vectors = np.arange(6).reshape(3, 2) / 4
    path = array_file(tmp_path, "你\r\na b\nc".encode(), np.asarray(vectors, kind, order=order))
    assert (formats.read(Reading(path)).format, formats.read(Reading(path)).dimension) == ("npy", 2)
    words, got = read_all(path)
    assert words == ["你", "a b", "c"]
    assert same_bits(got, vectors.astype(np.float32))


@pytest.mark.parametrize("kind", ["float16", "float32", "float64"])
def test_the_only_matrix_of_a_safetensors_file_is_read_with_the_words_that_are_named(tmp_path, monkeypatch, kind):
    monkeypatch.setattr(rows, "BLOCK", 16)
    vectors = np.arange(6).reshape(3, 2) / 4
    save_file({"bias": np.ones(3, np.float32), "table": vectors.astype(kind)}, tmp_path / "v.safetensors")
    (tmp_path / "other.lst").write_bytes(b"a\nb\nc\n")
    words, got = read_all(tmp_path / "v.safetensors", words=tmp_path / "other.lst")
    assert words == ["a", "b", "c"]
    assert same_bits(got, vectors.astype(np.float32))
    assert formats.read(Reading(tmp_path / "v.safetensors", tmp_path / "other.lst")).format == "safetensors"


@pytest.mark.parametrize("block", [2**23, 4], ids=["one block", "several"])
@pytest.mark.parametrize(
    ("words", "array", "message"),
    [
        (b"a\nb\n", np.ones((3, 2)), r"v.npy holds 3 vectors and .*v.txt 2 words"),
        (b"a\nb\nc\nd", np.ones((3, 2)), r"v.npy holds 3 vectors and .*v.txt 4 words"),
        (b"a\n\nc\n", np.ones((3, 2)), r"v.npy row 2 \(.*v.txt line 2\) holds an empty word"),
        (b"a\nb\n\xff\n", np.ones((3, 2)), r"v.npy row 3 \(.*line 3\) holds a word that is not UTF-8"),
        (b"a\nb\nc\n", [[1], [2], [np.nan]], r"v.npy row 3 \(.*line 3\) holds a value that is no finite float32"),
        (b"a\nb\nc\n", [[1], [1e300], [1]], r"v.npy row 2 \(.*line 2\) holds a value that is no finite float32"),
        (b"", np.ones((0, 2)), "v.npy holds no words"),
        (b"a\n", np.ones((1, 0)), "v.npy holds words without numbers"),
        (b"a\n", np.ones(1), "v.npy is no whole 2-D array of float16, 32 or 64"),
        (b"a\n", np.ones((1, 1), np.int64), "v.npy is no whole 2-D array of float16, 32 or 64"),
        (b"a\n", np.array([["x"]], object), "v.npy is no whole 2-D array of float16, 32 or 64"),
    ],
)
def test_a_damaged_array_says_what_is_wrong_and_in_which_row(tmp_path, monkeypatch, words, array, message, block):
    monkeypatch.setattr(rows, "BLOCK", block)
    with pytest.raises(DamagedError, match=message):
        read_all(array_file(tmp_path, words, np.array(array)))


@pytest.mark.parametrize("kind", ["pickled", "cut off", "empty", "zip"])
def test_what_is_no_array_is_not_unpickled(tmp_path, kind):
    path = array_file(tmp_path, b"a\n", np.ones((1, 8)))
    if kind == "zip":
        np.savez(tmp_path / "z.npz", np.ones((1, 8)))
        (tmp_path / "z.npz").replace(path)
    else:
        whole = path.read_bytes()
        path.write_bytes({"pickled": pickle.dumps(np.ones((1, 8))), "cut off": whole[:-8], "empty": b""}[kind])
    with pytest.raises(DamagedError, match="is no whole 2-D array"):
        read_all(path)


def headed(header):
    """An array file of numpy's that holds nothing else."""
    whole = f"{header:<{-len(header) % 64 + len(header) + 53}}\n".encode()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(whole)) + whole


@pytest.mark.parametrize("shape", ["(10**12,)", "(1000000000000, 300)", f"({2**62}, {2**62})", "(-1, 3)", 9000 * "("])
@pytest.mark.filterwarnings("error")
def test_an_array_that_states_more_rows_than_its_file_holds_is_refused(tmp_path, shape):
    path = array_file(tmp_path, b"a\n", np.ones((1, 1)))
    path.write_bytes(headed(f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}") + bytes(64))
    with pytest.raises(DamagedError, match=r"v\.npy is no whole 2-D array"):
        read_all(path)


def test_a_safetensors_file_that_states_more_rows_than_it_holds_is_refused(tmp_path):
    (tmp_path / "v.txt").write_bytes(b"a\n")
    for count, end in [(10**12, 1200 * 10**12), (2, 8), (2**62, 2**62)]:
        header = f'{{"v":{{"dtype":"F32","shape":[{count},300],"data_offsets":[0,{end}]}}}}'.encode()
        (tmp_path / "v.safetensors").write_bytes(struct.pack("<Q", len(header)) + header + bytes(64))
        with pytest.raises(DamagedError, match=r"v\.safetensors is no whole safetensors file"):
            read_all(tmp_path / "v.safetensors")


def test_a_safetensors_file_that_is_not_one_matrix_of_floats_is_named(tmp_path):
    path, one = tmp_path / "v.safetensors", np.ones((1, 2), np.float32)
    (tmp_path / "v.txt").write_bytes(b"a\n")
    header = b'{"x":{"dtype":"BF16","shape":[1,2],"data_offsets":[0,4]}}'
    bfloat = struct.pack("<Q", len(header)) + header + b"\x80\x3f\x80\x3f"
    for content, message, hint in [
        ({"b": one, "a": one}, "holds several 2-D tensors: a, b", "save the vectors as its only one"),
        ({"a": np.ones(2, np.float32)}, "holds no 2-D tensor", "save the vectors as its only one"),
        ({"a": np.ones((1, 2), np.int32)}, "holds numbers of type I32", "save it as float32"),
        (bfloat, "holds numbers of type BF16", "save it as float32"),
        (b"not safetensors", "is no whole safetensors file", "fetch or save it again"),
    ]:
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            save_file(content, path)
        with pytest.raises(DamagedError, match=message) as caught:
            formats.read(Reading(path))
        assert caught.value.hint == hint


@pytest.mark.parametrize("name", ["v.npy", "v.safetensors"])
def test_an_array_without_words_asks_for_them(tmp_path, name):
    np.save(tmp_path / "v.npy", np.ones((1, 2), np.float32))
    save_file({"a": np.ones((1, 2), np.float32)}, tmp_path / "v.safetensors")
    with pytest.raises(MissingError, match=f"{name} holds no words, and there is no .*v.txt") as caught:
        formats.read(Reading(tmp_path / name))
    assert caught.value.hint == "give --words FILE"
