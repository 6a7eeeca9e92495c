"""Tables: columns of numbers and of text, standardised or not, and tables that are wrong."""

import gzip
import tempfile
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lab_spaces import read_all, same_bits

from llmlab.errors import MisuseError
from llmlab.spaces import formats
from llmlab.spaces.reading import Reading

PEOPLE = "名,年龄,性别,身高,城\n甲,20,男,1.5,X\n乙,30,女,1.5,1\n丙,55,男,1.5,X\n"


def test_text_columns_become_a_dimension_for_each_category(tmp_path):
    (tmp_path / "v.csv").write_text(PEOPLE, encoding="utf-8")
    found = formats.read(Reading(tmp_path / "v.csv"))
    assert found.dimensions == ("年龄", "性别=男", "性别=女", "身高", "城=X", "城=1")
    assert found.dimension == 6
    assert found.notes == ("text columns are one-hot encoded: 性别 (男, 女), 城 (X, 1)",)
    words, vectors = read_all(tmp_path / "v.csv")
    assert words == ["甲", "乙", "丙"]
    expected = [[20, 1, 0, 1.5, 1, 0], [30, 0, 1, 1.5, 0, 1], [55, 1, 0, 1.5, 1, 0]]
    assert same_bits(vectors, np.array(expected, np.float32))


def test_a_column_that_turns_out_to_be_text_keeps_the_categories_before(tmp_path):
    (tmp_path / "v.csv").write_text("w,c\na,1\nb,1_0\nc,x\nd,x\n")
    found = formats.read(Reading(tmp_path / "v.csv"))
    assert found.dimensions == ("c=1", "c=1_0", "c=x")
    assert read_all(tmp_path / "v.csv")[1].tolist() == [[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 1]]


def test_a_table_holds_the_largest_float32(tmp_path):
    (tmp_path / "v.csv").write_text("w,c\na,3.4028235e+38\nb,-3.4028235e+38\n")
    largest = np.finfo(np.float32).max
    assert read_all(tmp_path / "v.csv")[1].ravel().tolist() == [largest, -largest]


def test_many_categories_are_counted_not_listed(tmp_path):
    (tmp_path / "v.csv").write_text("w,c\n" + "".join(f"w{n},c{n}\n" for n in range(13)))
    listed = ", ".join(f"c{n}" for n in range(10))
    assert formats.read(Reading(tmp_path / "v.csv")).notes == (
        f"text columns are one-hot encoded: c ({listed} and 3 more)",
    )


def test_a_table_of_numbers_has_no_notes(tmp_path):
    (tmp_path / "v.csv").write_text("w,c\na,1\n")
    assert formats.read(Reading(tmp_path / "v.csv")).notes == ()


def test_standardised_columns_have_the_scores_that_numpy_gives(tmp_path):
    (tmp_path / "v.csv").write_text(PEOPLE, encoding="utf-8")
    found = formats.read(Reading(tmp_path / "v.csv", standardize=True))
    assert found.notes[1] == "number columns are standardised: (x - mean) / standard deviation"
    vectors = read_all(tmp_path / "v.csv", standardize=True)[1]
    ages = np.array([20.0, 30.0, 55.0])
    np.testing.assert_allclose(vectors[:, 0], (ages - ages.mean()) / ages.std(), rtol=1e-6)
    assert vectors[:, 3].tolist() == [0, 0, 0]
    assert vectors[:, 1].tolist() == [1, 0, 1]


@given(
    column=st.lists(st.floats(-1e6, 1e6).map(lambda x: round(x, 6)), min_size=2, max_size=20)
)  # squares of 1e-160 vanish
def test_standardised_columns_have_mean_0_and_deviation_1_unless_constant(column):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "v.csv"
        path.write_text("w,c\n" + "".join(f"w{row},{value!r}\n" for row, value in enumerate(column)))
        got = read_all(path, standardize=True)[1][:, 0]
    if all(left == right for left, right in pairwise(column)):
        assert got.tolist() == [0] * len(column)
    elif np.std(column) > 1e-6 * np.abs(column).max():
        np.testing.assert_allclose(got, (np.array(column) - np.mean(column)) / np.std(column), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("v.csv.gz", gzip.compress(b"w,c\na,1\n", mtime=0)[:-9], "v.csv.gz is no whole gzip file"),
        ("v.csv", b"", "v.csv holds no words"),
        ("v.csv", b"w,c\n", "v.csv holds no words"),
        ("v.csv", b"w\na\n", "v.csv holds words without numbers"),
        ("v.csv", b"w,c,c\na,1,2\n", "v.csv has several columns called 'c'"),
        ("v.csv", b"w,c,c=x\na,x,2\n", "v.csv has several columns called 'c=x'"),
        ("v.csv", b"w,,c\na,1,2\n", "v.csv line 1 has an empty cell in column 2"),
        ("v.csv", b'w,c,d\na,"x\ny",2\nb,,2\n', "v.csv line 4 has an empty cell in column 2"),
        ("v.csv", b"w,c\n,1\n", "v.csv line 2 has an empty cell in column 1"),
        ("v.csv", b"w,c\na,1\nb,1,2\n", "v.csv line 3 has 3 columns, not 2"),
        ("v.csv", b"w,c\na,1\nb\n", "v.csv line 3 has 1 column, not 2"),
        ("v.csv", b"w,c\na,1\nb,nan\n", "v.csv line 3 holds 'nan' in 'c', which is no finite float32"),
        ("v.csv", b"w,c\na,1\nb,1e39\n", "v.csv line 3 holds '1e39' in 'c', which is no finite float32"),
        ("v.csv", b"w,c\na,1\nb,3.4028237e38\n", "v.csv line 3 holds '3.4028237e38' in 'c', which is no finite"),
        ("v.csv", b'w,c\n"a\nb",1\n', "v.csv line 2 holds a word with a line end in it"),
        ("v.csv", b"w,c\na,1\nb,NA\nd,2\n", "'c' is nearly a column of numbers, but for 'NA' \\(line 3\\)"),
        (
            "v.csv",
            b'w,c\na,"1,200"\nb,10%\nd,$5\ne,1\n',
            r"but for '1,200' \(line 2\), '10%' \(line 3\), '\$5' \(line 4\)",
        ),
        (
            "v.csv",
            b"w;c;d\na;1,5;1.234\nb;2,5;2.500\n",
            r"points: '1,5' \(line 2\), '1.234' \(line 2\)",
        ),
        ("v.csv", b"w,c\na,10%\nb,20%\n", r"'c' holds numbers that are written as '10%' \(line 2\), '20%' \(line 3\)"),
        ("v.csv", b"w,c\na,1e300\nb,2\n", "v.csv line 2 holds '1e300' in 'c', which is no finite float32"),
        ("v.csv", b"w;c\na;1,5\nb;2.5\n", r"decimal commas and points: '1,5' \(line 2\), '2.5' \(line 3\)"),
    ],
)
def test_a_damaged_table_says_what_is_wrong_and_where(refused, name, data, message):
    refused(name, data, message)


@pytest.mark.parametrize("text", ["w,c\na,1\nb\xff,2\n", 'w,c\na,1\n"b,2\nd,3\n'], ids=["encoding", "quotes"])
def test_what_cannot_be_read_as_a_table_is_misuse_and_names_the_line(tmp_path, text):
    (tmp_path / "v.csv").write_bytes(text.encode("latin-1"))
    with pytest.raises(MisuseError, match=r"v\.csv .*line 3"):
        read_all(tmp_path / "v.csv")


@pytest.mark.parametrize(
    ("text", "words", "vectors", "dimensions"),
    [
        ("n;x;y\na;1,5;-2\nb;2;3,25\n", ["a", "b"], [[1.5, -2], [2, 3.25]], ("x", "y")),
        ("sep=;\nn;x\na;1\n", ["a"], [[1]], ("x",)),
        ("n, x, y\na, 1,2\n", ["a"], [[1, 2]], ("x", "y")),
        ("n,x,\na,1,\nb,2,\n", ["a", "b"], [[1], [2]], ("x",)),
        ("\nn,x\n,\na,1\n\n", ["a"], [[1]], ("x",)),
        ("a\t0.5\t1\nb\t2\t3\n", ["a", "b"], [[0.5, 1], [2, 3]], ()),
        ("n,x\n甲,１２\n", ["甲"], [[12]], ("x",)),
    ],
    ids=["decimal commas", "sep=", "spaces", "an empty column", "empty rows", "numbers for names", "full width"],
)
def test_tables_of_other_tools_are_read(tmp_path, text, words, vectors, dimensions):
    (tmp_path / "v.csv").write_text(text, encoding="utf-8")
    assert formats.read(Reading(tmp_path / "v.csv")).dimensions == dimensions
    found = read_all(tmp_path / "v.csv")
    assert (found[0], found[1].tolist()) == (words, vectors)


def test_a_missing_number_is_the_mean_and_a_missing_text_no_category(tmp_path):
    (tmp_path / "v.csv").write_text("n,x,y\na,1,p\nb,NA,q\nc,4,\n")
    how = {"missing": ("NA", "")}
    assert read_all(tmp_path / "v.csv", **how)[1].tolist() == [[1, 1, 0], [2.5, 0, 1], [4, 0, 0]]
    assert read_all(tmp_path / "v.csv", **how, standardize=True)[1][:, 0].tolist() == [-1, 0, 1]
    (note,) = formats.read(Reading(tmp_path / "v.csv", **how)).notes[1:]
    assert note.startswith("2 cells stand for nothing")
