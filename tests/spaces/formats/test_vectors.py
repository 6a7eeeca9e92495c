"""Files of word vectors: what is read is what the file says, and a file that is wrong says where."""

import gzip
import pickle
import struct
import tempfile
import unicodedata
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from safetensors.numpy import save_file

from llmlab.errors import DamagedError, LabError, MissingError, MisuseError
from llmlab.models import vector_export, vector_files, vector_rows

BINARY = b"2 2\n" + b"the " + struct.pack("<2f", 1, 2) + b"\n" + b"cat " + struct.pack("<2f", 3, 4) + b"\n"


def everything(path, **how):
    """All words and all vectors of a file."""
    blocks = list(vector_files.read(path, **how).blocks)
    return [word for words, _ in blocks for word in words], np.concatenate([vectors for _, vectors in blocks])


def same_bits(left, right):
    return left.dtype == right.dtype == np.float32 and left.tobytes() == right.tobytes()


def array_file(folder, words, array, name="v.npy"):
    np.save(folder / name, array)
    (folder / "v.txt").write_bytes(words)
    return folder / name


# What is written reads back


def ends_in_number(word):
    with suppress(ValueError):
        return " " in word and "_" not in word.rsplit(" ")[-1] and float(word.rsplit(" ")[-1].encode()) is not None
    return False


HOLDS = {
    ".bin": lambda word: " " not in word,
    ".vec": lambda word: not ends_in_number(word),
    ".txt": lambda word: not ends_in_number(word),
    ".csv": lambda word: "\r" not in word,
    ".tsv": lambda word: "\r" not in word,
    ".npy": lambda word: not word.endswith("\r"),
}
ODD_WORDS = [
    "你好",
    ". . .",
    "a b",
    "👩‍👩‍👧",
    " before",
    "after ",
    '"',
    'a,"b',
    "a\tb",
    "a\u2028b",
    "x\r",
    "5",
    "a 5",
    "1_0",
]
WORDS = st.one_of(
    st.sampled_from(ODD_WORDS),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\n"), min_size=1, max_size=8),
).map(lambda word: unicodedata.normalize("NFC", word))
FLOATS = st.floats(width=32, allow_nan=False, allow_infinity=False)


@pytest.mark.parametrize("ending", HOLDS)
@given(data=st.data(), dimension=st.integers(1, 5), rows_of_a_block=st.integers(1, 4))
def test_what_is_written_reads_back_bit_for_bit(ending, data, dimension, rows_of_a_block):
    words = data.draw(st.lists(WORDS.filter(HOLDS[ending]), min_size=1, max_size=9, unique=True))
    vectors = data.draw(arrays(np.float32, (len(words), dimension), elements=FLOATS))
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(vector_rows, "BLOCK", 4 * dimension * rows_of_a_block)
        path = Path(folder) / f"v{ending}"
        half = len(words) // 2
        blocks = [(words[:half], vectors[:half]), (words[half:], vectors[half:])]
        vector_export.write(path, len(words), dimension, iter(blocks))
        got, numbers = everything(path)
        expected = {path.name, "v.txt"} if ending == ".npy" else {path.name}
        assert {file.name for file in Path(folder).iterdir()} == expected
    assert got == words
    assert same_bits(numbers, vectors)


@given(bits=st.integers(0, 2**32 - 1))
@example(bits=int(np.float32(7.0385313e-26).view(np.uint32)) - 1)  # the shortest text of its neighbour is wrong
def test_every_finite_float32_survives_a_text_file(bits):
    vectors = np.array([[bits]], np.uint32).view(np.float32)
    if np.isfinite(vectors).all():
        with tempfile.TemporaryDirectory() as folder:
            vector_export.write(Path(folder) / "v.vec", 1, 1, [(["a"], vectors)])
            assert same_bits(everything(Path(folder) / "v.vec")[1], vectors)


@pytest.mark.parametrize(
    ("ending", "text"),
    [
        (".vec", "2 2\n你 0.1 -2.0\na b 1e-10 3.0\n"),
        (".csv", "word,d1,d2\n你,0.1,-2.0\na b,1e-10,3.0\n"),
        (".tsv", "word\td1\td2\n你\t0.1\t-2.0\na b\t1e-10\t3.0\n"),
    ],
)
def test_text_is_written_as_short_as_it_can_be(tmp_path, ending, text):
    vectors = np.array([[0.1, -2], [1e-10, 3]], np.float32)
    vector_export.write(tmp_path / f"v{ending}", 2, 2, [(["你", "a b"], vectors)])
    assert (tmp_path / f"v{ending}").read_bytes() == text.encode()


def test_binary_and_array_are_written_as_their_formats_say(tmp_path):
    block = (["the", "cat"], np.array([[1, 2], [3, 4]], np.float32))
    vector_export.write(tmp_path / "v.bin", 2, 2, [block])
    vector_export.write(tmp_path / "w.npy", 2, 2, [block])
    assert (tmp_path / "v.bin").read_bytes() == BINARY
    assert same_bits(np.load(tmp_path / "w.npy", allow_pickle=False), block[1])
    assert (tmp_path / "w.txt").read_bytes() == b"the\ncat\n"


def test_a_table_keeps_the_names_of_its_dimensions(tmp_path):
    vector_export.write(tmp_path / "v.csv", 1, 2, [(["a"], np.ones((1, 2), np.float32))], ["年龄", "a, b"])
    assert vector_files.read(tmp_path / "v.csv").dimensions == ("年龄", "a, b")


@pytest.mark.parametrize(
    ("ending", "word", "message"),
    [
        (".bin", "a b", "'a b' holds a space, which the format .bin cannot"),
        (".vec", "a 5", "'a 5' ends in a number of its own, which the format .vec cannot"),
        (".npy", "a\r", r"'a\\r' ends in a carriage return"),
        (".csv", "a\rb", r"'a\\rb' holds a carriage return"),
        (".gz", "a", r"v\.gz has no ending that can be written"),
    ],
)
def test_what_would_not_read_back_is_not_written_and_leaves_nothing(tmp_path, ending, word, message):
    with pytest.raises(MisuseError, match=message) as caught:
        vector_export.write(tmp_path / f"v{ending}", 2, 1, [(["whole", word], np.ones((2, 1), np.float32))])
    assert caught.value.hint
    assert list(tmp_path.iterdir()) == []


def test_a_failure_keeps_the_file_that_was_there(tmp_path):
    def failing():
        yield ["a"], np.ones((1, 1), np.float32)
        raise KeyboardInterrupt

    (tmp_path / "v.csv").write_text("before")
    with pytest.raises(KeyboardInterrupt):
        vector_export.write(tmp_path / "v.csv", 2, 1, failing())
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [("v.csv", "before")]


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(LabError, match=r"cannot write .*none/v\.vec: No such file or directory"):
        vector_export.write(tmp_path / "none" / "v.vec", 1, 1, [(["a"], np.ones((1, 1), np.float32))])


# Files as others write them

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
    found = vector_files.read(path)
    assert (found.format, found.dimension) == (form, len(vectors[0]))
    assert everything(path)[0] == words
    assert same_bits(everything(path)[1], np.array(vectors, np.float32))


@pytest.mark.parametrize("kind", ["<f2", "<f4", ">f4", "<f8"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_an_array_of_any_float_is_read_with_the_words_beside_it(tmp_path, kind, order):
    vectors = np.arange(6).reshape(3, 2) / 4
    path = array_file(tmp_path, "你\r\na b\nc".encode(), np.asarray(vectors, kind, order=order))
    assert (vector_files.read(path).format, vector_files.read(path).dimension) == ("npy", 2)
    words, got = everything(path)
    assert words == ["你", "a b", "c"]
    assert same_bits(got, vectors.astype(np.float32))


@pytest.mark.parametrize("kind", ["float16", "float32", "float64"])
def test_the_only_matrix_of_a_safetensors_file_is_read_with_the_words_that_are_named(tmp_path, monkeypatch, kind):
    monkeypatch.setattr(vector_rows, "BLOCK", 16)
    vectors = np.arange(6).reshape(3, 2) / 4
    save_file({"bias": np.ones(3, np.float32), "table": vectors.astype(kind)}, tmp_path / "v.safetensors")
    (tmp_path / "other.lst").write_bytes(b"a\nb\nc\n")
    words, got = everything(tmp_path / "v.safetensors", words=tmp_path / "other.lst")
    assert words == ["a", "b", "c"]
    assert same_bits(got, vectors.astype(np.float32))
    assert vector_files.read(tmp_path / "v.safetensors", tmp_path / "other.lst").format == "safetensors"


@pytest.mark.parametrize("ending", HOLDS)
def test_a_file_comes_in_blocks_of_a_bounded_size_in_its_order(tmp_path, monkeypatch, ending):
    words = [f"w{number}" for number in range(10)]
    vectors = np.arange(30, dtype=np.float32).reshape(10, 3)
    vector_export.write(tmp_path / f"v{ending}", 10, 3, [(words, vectors)])
    monkeypatch.setattr(vector_rows, "BLOCK", 4 * 3 * 4 + 1)
    monkeypatch.setattr(vector_files, "CHUNK", 5)
    blocks = list(vector_files.read(tmp_path / f"v{ending}").blocks)
    assert [len(block) for block, _ in blocks] == [4, 4, 2]
    assert [word for block, _ in blocks for word in block] == words
    assert same_bits(np.concatenate([part for _, part in blocks]), vectors)


def test_a_block_comes_before_the_rest_of_the_file_is_looked_at(tmp_path, monkeypatch):
    monkeypatch.setattr(vector_rows, "BLOCK", 8)
    (tmp_path / "v.txt").write_bytes(b"a 1\nb 2\nc 3\nd x\n")
    blocks = vector_files.read(tmp_path / "v.txt").blocks
    assert next(blocks)[0] == ["a", "b"]
    with pytest.raises(DamagedError, match="line 4"):
        next(blocks)


def test_words_come_composed_and_one_word_in_two_codings_is_a_repeat(tmp_path):
    (tmp_path / "v.txt").write_bytes("e\u0301 1\n".encode())
    assert everything(tmp_path / "v.txt")[0] == ["\u00e9"]
    (tmp_path / "v.txt").write_bytes("e\u0301 1\n\u00e9 2\n".encode())
    with pytest.raises(DamagedError, match="line 2 repeats the word 'é' of line 1"):
        everything(tmp_path / "v.txt")


def test_two_words_that_share_a_hash_are_no_repeat(tmp_path, monkeypatch):
    monkeypatch.setattr(vector_rows, "hash", len, raising=False)
    (tmp_path / "v.txt").write_bytes(b"aa 1\nbb 2\nc 3\n")
    assert everything(tmp_path / "v.txt")[0] == ["aa", "bb", "c"]


# Tables

PEOPLE = "名,年龄,性别,身高,城\n甲,20,男,1.5,X\n乙,30,女,1.5,1\n丙,55,男,1.5,X\n"


def test_text_columns_become_a_dimension_for_each_category(tmp_path):
    (tmp_path / "v.csv").write_text(PEOPLE, encoding="utf-8")
    found = vector_files.read(tmp_path / "v.csv")
    assert found.dimensions == ("年龄", "性别=男", "性别=女", "身高", "城=X", "城=1")
    assert found.dimension == 6
    assert found.notes == ("text columns are one-hot encoded: 性别 (男, 女), 城 (X, 1)",)
    words, vectors = everything(tmp_path / "v.csv")
    assert words == ["甲", "乙", "丙"]
    expected = [[20, 1, 0, 1.5, 1, 0], [30, 0, 1, 1.5, 0, 1], [55, 1, 0, 1.5, 1, 0]]
    assert same_bits(vectors, np.array(expected, np.float32))


def test_a_column_that_turns_out_to_be_text_keeps_the_categories_before(tmp_path):
    (tmp_path / "v.csv").write_text("w,c\na,1\nb,1_0\nc,1\nd,nan\n")
    found = vector_files.read(tmp_path / "v.csv")
    assert found.dimensions == ("c=1", "c=1_0", "c=nan")
    assert everything(tmp_path / "v.csv")[1].tolist() == [[1, 0, 0], [0, 1, 0], [1, 0, 0], [0, 0, 1]]


def test_a_table_holds_the_largest_float32(tmp_path):
    (tmp_path / "v.csv").write_text("w,c\na,3.4028235e+38\nb,-3.4028235e+38\n")
    largest = np.finfo(np.float32).max
    assert everything(tmp_path / "v.csv")[1].ravel().tolist() == [largest, -largest]


def test_many_categories_are_counted_not_listed(tmp_path):
    (tmp_path / "v.csv").write_text("w,c\n" + "".join(f"w{n},c{n}\n" for n in range(13)))
    listed = ", ".join(f"c{n}" for n in range(10))
    assert vector_files.read(tmp_path / "v.csv").notes == (
        f"text columns are one-hot encoded: c ({listed} and 3 more)",
    )


def test_a_table_of_numbers_has_no_notes(tmp_path):
    (tmp_path / "v.csv").write_text("w,c\na,1\n")
    assert vector_files.read(tmp_path / "v.csv").notes == ()


def test_standardised_columns_have_the_scores_that_numpy_gives(tmp_path):
    (tmp_path / "v.csv").write_text(PEOPLE, encoding="utf-8")
    found = vector_files.read(tmp_path / "v.csv", standardize=True)
    assert found.notes[1] == "number columns are standardised: (x - mean) / standard deviation"
    vectors = everything(tmp_path / "v.csv", standardize=True)[1]
    ages = np.array([20.0, 30.0, 55.0])
    np.testing.assert_allclose(vectors[:, 0], (ages - ages.mean()) / ages.std(), rtol=1e-6)
    assert vectors[:, 3].tolist() == [0, 0, 0]
    assert vectors[:, 1].tolist() == [1, 0, 1]


@given(column=st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=20))
def test_standardised_columns_have_mean_0_and_deviation_1_unless_constant(column):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "v.csv"
        path.write_text("w,c\n" + "".join(f"w{row},{value!r}\n" for row, value in enumerate(column)))
        got = everything(path, standardize=True)[1][:, 0]
    if all(left == right for left, right in pairwise(column)):
        assert got.tolist() == [0] * len(column)
    elif np.std(column) > 1e-6 * np.abs(column).max():
        np.testing.assert_allclose(got, (np.array(column) - np.mean(column)) / np.std(column), rtol=1e-4, atol=1e-5)


# Files that are wrong


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("v.txt", b"", "v.txt holds no words"),
        ("v.txt", b"\n", "v.txt holds words without numbers"),
        ("v.txt", b"the\n", "v.txt holds words without numbers"),
        ("v.txt", b"a 1 2 3\nb 4 5 6 7\n", "v.txt line 2 has 5 columns, not 4"),
        ("v.txt", b"a 1 2 3\nb 4 5\n", "v.txt line 2 has 3 columns, not 4"),
        ("v.txt", b"a 1\n\nb 1\n", "v.txt line 2 has 1 column, not 2"),
        ("v.txt", b"a 1 2\nb 1 x\n", "v.txt line 2 holds 'x', which is no number"),
        ("v.txt", b"a 1 2\nb 1 2_0\n", "v.txt line 2 holds '2_0', which is no number"),
        ("v.txt", b"a 1 2\nb  2\n", "v.txt line 2 holds '', which is no number"),
        ("v.txt", b"a 1 2\nb nan 2\n", "v.txt line 2 holds a value that is no finite float32"),
        ("v.txt", b"a 1 2\nb 1 -inf\n", "v.txt line 2 holds a value that is no finite float32"),
        ("v.txt", b"a 1 2\nb 1 1e39\n", "v.txt line 2 holds a value that is no finite float32"),
        ("v.txt", b"a 1\n 2\n", "v.txt line 2 holds an empty word"),
        ("v.txt", b"a 1\n\xff 2\n", "v.txt line 2 holds a word that is not UTF-8"),
        ("v.txt", b"a 1\nthe 2\nb 3\nthe 4\n", "v.txt line 4 repeats the word 'the' of line 2"),
        ("v.vec", b"0 3\n", "v.vec holds no words"),
        ("v.vec", b"3 0\na\n", "v.vec holds words without numbers"),
        ("v.vec", b"3 1\na 1\nb 2\n", "v.vec holds 2 words, not the 3 that its header says"),
        ("v.vec", b"1 1\na 1\nb 2\n", "v.vec holds 2 words, not the 1 that its header says"),
        ("v.vec", b"2 2\na 1 2\nb 2\n", "v.vec line 3 has 2 columns, not 3"),
        ("v.vec", b"2 1\na 1\na 2\n", "v.vec line 3 repeats the word 'a' of line 2"),
        ("v.vec.gz", gzip.compress(b"2 1\na 1\nb 2\n", mtime=0)[:-9], "v.vec.gz is no whole gzip file"),
        ("v.vec.gz", b"2 1\na 1\nb 2\n", "v.vec.gz is no whole gzip file"),
        ("v.csv.gz", gzip.compress(b"w,c\na,1\n", mtime=0)[:-9], "v.csv.gz is no whole gzip file"),
        ("v.bin.gz", gzip.compress(BINARY, mtime=0)[:-3], "v.bin.gz is no whole gzip file"),
        ("v.bin", b"", "v.bin holds no words"),
        ("v.bin", b"0 2\n", "v.bin holds no words"),
        ("v.bin", b"2 0\n", "v.bin holds words without numbers"),
        ("v.bin", b"two words\n", "v.bin is not word2vec binary: line 1 does not say words and dimension"),
        ("v.bin", struct.pack("<2i", 793712314, 12), "v.bin is a fastText model, not word2vec binary"),
        ("v.bin", BINARY[:-2], "v.bin ends within word 2 of 2"),
        ("v.bin", BINARY[:18], "v.bin ends within word 2 of 2"),
        ("v.bin", BINARY.replace(b"2 2", b"1000 2"), "v.bin ends within word 3 of 1,000"),
        ("v.bin", BINARY.replace(b"2 2", b"1 2"), "v.bin goes on after the 1 words that its header says"),
        ("v.bin", BINARY + b"x", "v.bin goes on after the 2 words that its header says"),
        ("v.bin", BINARY.replace(b"cat", b"the"), "v.bin word 2 repeats the word 'the' of word 1"),
        ("v.bin", BINARY.replace(b"cat", b"c\xff"), "v.bin word 2 holds a word that is not UTF-8"),
        ("v.bin", BINARY.replace(b"cat", b"c\nt"), r"v.bin word 2 holds a word with a line end in it: 'c\\nt'"),
        ("v.bin", BINARY.replace(b"cat", b""), "v.bin word 2 holds an empty word"),
        ("v.bin", BINARY[:16] + b"c" * 70000, "v.bin word 2 does not end"),
        ("v.bin", BINARY[:-5] + b"\0\0\xc0\x7f\n", "v.bin word 2 holds a value that is no finite float32"),
        ("v.csv", b"", "v.csv holds no words"),
        ("v.csv", b"w,c\n", "v.csv holds no words"),
        ("v.csv", b"w\na\n", "v.csv holds words without numbers"),
        ("v.csv", b"\nw,c\na,1\n", "v.csv line 1 is empty"),
        ("v.csv", b"w,c,c\na,1,2\n", "v.csv line 1 has several columns called 'c'"),
        ("v.csv", b"w,c,c=x\na,x,2\n", "v.csv line 1 has several columns called 'c=x'"),
        ("v.csv", b"w,c,\na,1,2\n", "v.csv line 1 has an empty cell in column 3"),
        ("v.csv", b'w,c,d\na,"x\ny",2\nb,,2\n', "v.csv line 4 has an empty cell in column 2"),
        ("v.csv", b"w,c\n,1\n", "v.csv line 2 has an empty cell in column 1"),
        ("v.csv", b"w,c\na,1\nb,1,2\n", "v.csv line 3 has 3 columns, not 2"),
        ("v.csv", b"w,c\na,1\nb\n", "v.csv line 3 has 1 column, not 2"),
        ("v.csv", b"w,c\na,1\nb,nan\n", "v.csv line 3 holds 'nan' in 'c', which is no finite float32"),
        ("v.csv", b"w,c\na,1\nb,1e39\n", "v.csv line 3 holds '1e39' in 'c', which is no finite float32"),
        ("v.csv", b"w,c\na,1\nb,3.4028237e38\n", "v.csv line 3 holds '3.4028237e38' in 'c', which is no finite"),
        ("v.csv", b"w,c\na,1\nb\xff,2\n", "v.csv line 3 is not UTF-8"),
        ("v.csv", b'w,c\na,1\n"b,2\nc,3\n', "v.csv line 3 is no row of a table"),
        ("v.csv", b'w,c\n"a\nb",1\n', "v.csv line 2 holds a word with a line end in it"),
        ("v.tsv", b"w\tc\na\t1\nb\t2\na\t3\n", "v.tsv line 4 repeats the word 'a' of line 2"),
    ],
)
def test_a_damaged_file_says_what_is_wrong_and_where(tmp_path, name, data, message):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(DamagedError, match=message) as caught:
        everything(tmp_path / name)
    assert str(tmp_path) in caught.value.message
    assert "\n" not in caught.value.message


@pytest.mark.parametrize("rows", ["one block", "several"])
@pytest.mark.parametrize(
    ("words", "array", "message"),
    [
        (b"a\nb\n", np.ones((3, 2)), r"v.npy holds 3 vectors and .*v.txt 2 words"),
        (b"a\nb\nc\nd", np.ones((3, 2)), r"v.npy holds 3 vectors and .*v.txt 4 words"),
        (b"a\n\nc\n", np.ones((3, 2)), r"v.npy row 2 \(.*v.txt line 2\) holds an empty word"),
        (b"a\nb\nb\n", np.ones((3, 2)), r"v.npy row 3 \(.*line 3\) repeats the word 'b' of row 2 \(.*line 2\)"),
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
def test_a_damaged_array_says_what_is_wrong_and_in_which_row(tmp_path, monkeypatch, words, array, message, rows):
    monkeypatch.setattr(vector_rows, "BLOCK", 2**23 if rows == "one block" else 4)
    with pytest.raises(DamagedError, match=message):
        everything(array_file(tmp_path, words, np.array(array)))


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
        everything(path)


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
            vector_files.read(path)
        assert caught.value.hint == hint


@pytest.mark.parametrize("name", ["v.npy", "v.safetensors"])
def test_an_array_without_words_asks_for_them(tmp_path, name):
    np.save(tmp_path / "v.npy", np.ones((1, 2), np.float32))
    save_file({"a": np.ones((1, 2), np.float32)}, tmp_path / "v.safetensors")
    with pytest.raises(MissingError, match=f"{name} holds no words, and there is no .*v.txt") as caught:
        vector_files.read(tmp_path / name)
    assert caught.value.hint == "give --words FILE"


@pytest.mark.parametrize("name", ["v.txt", "v.vec.gz", "v.bin", "v.csv", "v.npy", "v.safetensors"])
def test_a_file_that_is_not_there_is_named(tmp_path, name):
    with pytest.raises(MisuseError, match=f"cannot read .*{name}: No such file or directory") as caught:
        vector_files.read(tmp_path / name)
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
        vector_files.read(tmp_path / name, **how)
