"""Files of vectors that are written: what is written reads back, and what would not is refused."""

import os
import tempfile
import unicodedata
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from lab_spaces import BINARY, read_all, same_bits

from llmlab.errors import LabError, MisuseError
from llmlab.spaces import formats
from llmlab.spaces.formats import rows
from llmlab.spaces.formats.export import write
from llmlab.spaces.reading import Reading


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
    "\ufeffa",
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
        patch.setattr(rows, "BLOCK", 4 * dimension * rows_of_a_block)
        path = Path(folder) / f"v{ending}"
        half = len(words) // 2
        blocks = [(words[:half], vectors[:half]), (words[half:], vectors[half:])]
        write(path, len(words), dimension, iter(blocks))
        got, numbers = read_all(path)
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
            write(Path(folder) / "v.vec", 1, 1, [(["a"], vectors)])
            assert same_bits(read_all(Path(folder) / "v.vec")[1], vectors)


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
    write(tmp_path / f"v{ending}", 2, 2, [(["你", "a b"], vectors)])
    assert (tmp_path / f"v{ending}").read_bytes() == text.encode()


def test_binary_and_array_are_written_as_their_formats_say(tmp_path):
    block = (["the", "cat"], np.array([[1, 2], [3, 4]], np.float32))
    write(tmp_path / "v.bin", 2, 2, [block])
    write(tmp_path / "w.npy", 2, 2, [block])
    assert (tmp_path / "v.bin").read_bytes() == BINARY
    assert same_bits(np.load(tmp_path / "w.npy", allow_pickle=False), block[1])
    assert (tmp_path / "w.txt").read_bytes() == b"the\ncat\n"


def test_a_table_keeps_the_names_of_its_dimensions(tmp_path):
    write(tmp_path / "v.csv", 1, 2, [(["a"], np.ones((1, 2), np.float32))], ["年龄", "a, b"])
    assert formats.read(Reading(tmp_path / "v.csv")).dimensions == ("年龄", "a, b")


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
        write(tmp_path / f"v{ending}", 2, 1, [(["whole", word], np.ones((2, 1), np.float32))])
    assert caught.value.hint
    assert list(tmp_path.iterdir()) == []


def test_a_failure_keeps_the_file_that_was_there(tmp_path):
    def failing():
        yield ["a"], np.ones((1, 1), np.float32)
        raise KeyboardInterrupt

    (tmp_path / "v.csv").write_text("before")
    with pytest.raises(KeyboardInterrupt):
        write(tmp_path / "v.csv", 2, 1, failing(), force=True)
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [("v.csv", "before")]


ONE = np.ones((1, 1), np.float32)


@pytest.mark.parametrize(("name", "there"), [("v.vec", "v.vec"), ("v.npy", "v.npy"), ("v.npy", "v.txt")])
def test_a_file_that_is_there_is_replaced_by_force_alone(tmp_path, name, there):
    (tmp_path / there).write_text("before")
    with pytest.raises(MisuseError, match=f"{there} is there already") as caught:
        write(tmp_path / name, 1, 1, iter(lambda: pytest.fail("work was done"), None))
    assert "--force" in caught.value.hint
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [(there, "before")]
    write(tmp_path / name, 1, 1, [(["a"], ONE)], force=True)
    words, vectors = read_all(tmp_path / name)
    assert (words, vectors.tolist()) == (["a"], [[1]])


@pytest.mark.parametrize(("name", "there"), [("v.vec", "v.vec"), ("v.npy", "v.npy"), ("v.npy", "v.txt")])
def test_a_file_that_appears_meanwhile_is_not_replaced(tmp_path, name, there):
    def blocks():
        (tmp_path / there).write_text("another's")
        yield ["a"], ONE

    with pytest.raises(MisuseError, match=f"{there} is there already"):
        write(tmp_path / name, 1, 1, blocks())
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [(there, "another's")]


def test_a_link_is_followed(tmp_path):
    (tmp_path / "link.vec").symlink_to("v.vec")
    with pytest.raises(MisuseError, match=r"link\.vec is there already"):
        write(tmp_path / "link.vec", 1, 1, [(["a"], ONE)])
    write(tmp_path / "link.vec", 1, 1, [(["a"], ONE)], force=True)
    assert (tmp_path / "link.vec").is_symlink()
    assert read_all(tmp_path / "v.vec")[0] == ["a"]


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo, lambda path: path.symlink_to("/dev/null")])
def test_what_is_no_file_is_never_replaced(tmp_path, make, force):
    make(tmp_path / "v.vec")
    with pytest.raises(MisuseError, match=r"v\.vec is no file"):
        write(tmp_path / "v.vec", 1, 1, [(["a"], ONE)], force=force)
    assert not (tmp_path / "v.vec").is_file()
    assert not Path("/dev/null").is_file()


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(LabError, match=r"cannot write .*none/v\.vec: No such file or directory"):
        write(tmp_path / "none" / "v.vec", 1, 1, [(["a"], np.ones((1, 1), np.float32))])
