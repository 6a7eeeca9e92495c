"""Text files of vectors that are wrong say where."""

import gzip

import pytest
from lab_spaces import read_all


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("v.txt", b"", "v.txt holds no words"),
        ("v.txt", b"\n", "v.txt holds no words"),
        ("v.txt", b"the\n", "v.txt holds words without numbers"),
        ("v.txt", b"a 1 2 3\nb 4 5 6 7\n", "v.txt line 2 has 5 columns, not 4"),
        ("v.txt", b"a 1 2 3\nb 4 5\n", "v.txt line 2 has 3 columns, not 4"),
        ("v.txt", b"a 1\n\nb\n", "v.txt line 3 has 1 column, not 2"),
        ("v.vec", b"1 1\n\n\na x\n", "v.vec line 4 holds 'x', which is no number"),
        ("v.txt", b"a 1 2\nb 1 x\n", "v.txt line 2 holds 'x', which is no number"),
        ("v.txt", b"a 1 2\nb 1 2_0\n", "v.txt line 2 holds '2_0', which is no number"),
        ("v.txt", b"a 1 2\nb  2\n", "v.txt line 2 holds '', which is no number"),
        ("v.txt", b"a 1 2\nb nan 2\n", "v.txt line 2 holds a value that is no finite float32"),
        ("v.txt", b"a 1 2\nb 1 -inf\n", "v.txt line 2 holds a value that is no finite float32"),
        ("v.txt", b"a 1 2\nb 1 1e39\n", "v.txt line 2 holds a value that is no finite float32"),
        ("v.txt", b"a 1\n 2\n", "v.txt line 2 holds an empty word"),
        ("v.txt", b"a 1\n\xff 2\n", "v.txt line 2 holds a word that is not UTF-8"),
        (
            "v.txt",
            "中国 1\n人民 2\n".encode("gb18030"),
            "line 1 holds a word that is not UTF-8; it looks like GB",
        ),
        ("v.vec", b"0 3\n", "v.vec holds no words"),
        ("v.vec", b"3 0\na\n", "v.vec holds words without numbers"),
        ("v.vec", b"3 1\na 1\nb 2\n", "v.vec holds 2 words, not the 3 that its header says"),
        ("v.vec", b"1000000000000 1\na 1\n", "v.vec holds 1 words, not the 1,000,000,000,000 that its header says"),
        ("v.vec", b"2 1000000000000\na 1 2\n", "says 2 words x 1,000,000,000,000, and the first word has 2 numbers"),
        ("v.vec", b"2 3\na 1\n", "v.vec line 1 says 2 words x 3, and the first word has 1 number"),
        ("v.vec", b"2 1000000000000\n", "v.vec holds 0 words, not the 2 that its header says"),
        ("v.vec", b"1 1\na 1\nb 2\n", "v.vec holds 2 words, not the 1 that its header says"),
        ("v.vec", b"2 2\na 1 2\nb 2\n", "v.vec line 3 has 2 columns, not 3"),
        ("v.vec.gz", gzip.compress(b"2 1\na 1\nb 2\n", mtime=0)[:-9], "v.vec.gz is no whole gzip file"),
        ("v.vec.gz", b"2 1\na 1\nb 2\n", "v.vec.gz is no whole gzip file"),
    ],
)
def test_a_damaged_text_file_says_what_is_wrong_and_where(refused, name, data, message):
    refused(name, data, message)


def test_words_before_a_tab_may_hold_spaces_and_numbers(tmp_path):
    (tmp_path / "v.txt").write_bytes(b"iphone 4\t1\t0\ngalaxy s 4\t0\t1\n")
    words, vectors = read_all(tmp_path / "v.txt")
    assert (words, vectors.tolist()) == (["iphone 4", "galaxy s 4"], [[1, 0], [0, 1]])
