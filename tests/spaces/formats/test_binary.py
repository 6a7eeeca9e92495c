"""word2vec binary files that are wrong say where."""

import gzip
import struct

import pytest
from lab_spaces import BINARY


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("v.bin.gz", gzip.compress(BINARY, mtime=0)[:-3], "v.bin.gz is no whole gzip file"),
        ("v.bin", b"", "v.bin holds no words"),
        ("v.bin", b"0 2\n", "v.bin holds no words"),
        ("v.bin", b"2 0\n", "v.bin holds words without numbers"),
        ("v.bin", b"two words\n", "v.bin is not word2vec binary: line 1 does not say words and dimension"),
        ("v.bin", struct.pack("<2i", 793712314, 12), "v.bin is a fastText model, not word2vec binary"),
        ("v.bin", BINARY.replace(b"2 2", b"9" * 12 + b"0 2"), "v.bin ends within word 3 of 9,999,999,999,990"),
        ("v.bin", b"1 1000000000000\n" + bytes(9), "line 1 says 1 words x 1,000,000,000,000, and the file has no more"),
        ("v.bin.gz", gzip.compress(b"1 1000000000000\na " + bytes(9), mtime=0), "line 1 says 1 words x 1,000,000,000"),
        ("v.bin", BINARY[:-2], "v.bin ends within word 2 of 2"),
        ("v.bin", BINARY[:18], "v.bin ends within word 2 of 2"),
        ("v.bin", BINARY.replace(b"2 2", b"1000 2"), "v.bin ends within word 3 of 1,000"),
        ("v.bin", BINARY.replace(b"2 2", b"1 2"), "v.bin goes on after the 1 words that its header says"),
        ("v.bin", BINARY + b"x", "v.bin goes on after the 2 words that its header says"),
        ("v.bin", BINARY.replace(b"cat", b"c\xff"), "v.bin word 2 holds a word that is not UTF-8"),
        ("v.bin", BINARY.replace(b"cat", b"c\nt"), r"v.bin word 2 holds a word with a line end in it: 'c\\nt'"),
        ("v.bin", BINARY.replace(b"cat", b""), "v.bin word 2 holds an empty word"),
        ("v.bin", BINARY[:16] + b"c" * 70000, "v.bin word 2 does not end"),
        ("v.bin", BINARY[:-5] + b"\0\0\xc0\x7f\n", "v.bin word 2 holds a value that is no finite float32"),
    ],
)
def test_a_damaged_binary_file_says_what_is_wrong_and_where(refused, name, data, message):
    refused(name, data, message)
