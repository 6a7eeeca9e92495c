"""A file of vectors is read as its name says, and what its format cannot do is refused."""

import gzip
from pathlib import Path

import numpy as np
import pytest
from lab_spaces import BINARY, read_all, same_bits

from llmlab.errors import MisuseError
from llmlab.spaces import formats
from llmlab.spaces.reading import Reading

GLOVE = b"the 0.5 -1 2e3\n. . . 1 2 3 \r\nat name@domain.com 4 5 6\n\xe4\xbd\xa0\xe2\x80\xa8x 7 8 9"
GLOVE_WORDS = ["the", ". . .", "at name@domain.com", "你\u2028x"]
GLOVE_VECTORS = [[0.5, -1, 2000], [1, 2, 3], [4, 5, 6], [7, 8, 9]]


@pytest.mark.parametrize("pack", [False, True])
@pytest.mark.parametrize(
    ("name", "data", "form", "words", "vectors"),
    [
        ("v.txt", GLOVE, "GloVe text", GLOVE_WORDS, GLOVE_VECTORS),
        ("v.vec", b"4 3\r\n" + GLOVE, "word2vec text", GLOVE_WORDS, GLOVE_VECTORS),
        ("v.any", b"5 6 7\n8 9 10\n", "GloVe text", ["5", "8"], [[6, 7], [9, 10]]),
        ("v.bin", BINARY, "word2vec binary", ["the", "cat"], [[1, 2], [3, 4]]),
        ("v.BIN", BINARY.replace(b"\ncat", b"cat")[:-1], "word2vec binary", ["the", "cat"], [[1, 2], [3, 4]]),
        (
            "v.csv",
            b'\xef\xbb\xbf,x,"y"\r\n"a, b",1,2\r\n\xe4\xbd\xa0,3,4\r\n',
            "table",
            ["a, b", "你"],
            [[1, 2], [3, 4]],
        ),
        ("v.tsv", b"w\tx\na, b\t-1\n", "table", ["a, b"], [[-1]]),
    ],
)
def test_a_file_is_read_as_its_name_says_packed_or_not(tmp_path, name, data, form, words, vectors, pack):
    path = tmp_path / (name + ".gz" * pack)
    path.write_bytes(gzip.compress(data) if pack else data)
    found = formats.read(Reading(path))
    assert (found.format, found.dimension) == (form, len(vectors[0]))
    assert read_all(path)[0] == words
    assert same_bits(read_all(path)[1], np.array(vectors, np.float32))


@pytest.mark.parametrize("name", ["v.txt", "v.vec.gz", "v.bin", "v.csv", "v.npy", "v.safetensors"])
def test_a_file_that_is_not_there_is_named(tmp_path, name):
    with pytest.raises(MisuseError, match=f"cannot read .*{name}: No such file or directory") as caught:
        formats.read(Reading(tmp_path / name))
    assert caught.value.hint == "check the file's name"


@pytest.mark.parametrize(
    ("name", "how", "message"),
    [
        ("v.txt", {"standardize": True}, "v.txt is no table, and only a table is standardised"),
        ("v.csv", {"words": Path("w.txt")}, "v.csv holds its words itself"),
        ("v.npy.gz", {}, "v.npy.gz is packed, and an array is read where it lies"),
    ],
)
def test_what_a_format_cannot_do_is_refused(tmp_path, name, how, message):
    with pytest.raises(MisuseError, match=message):
        formats.read(Reading(tmp_path / name, **how))
