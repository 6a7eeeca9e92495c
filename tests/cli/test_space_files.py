"""Files of vectors that are wrong: one line says what is wrong and where, and nothing is left behind."""

import pickle
import struct

import numpy as np
import pytest


@pytest.fixture
def cache(tmp_path):
    """A cache of its own for each test."""
    return tmp_path / "cache"


BINARY = b"2 2\ncat " + struct.pack("<2f", 1, 2) + b"\ndog " + struct.pack("<2f", 3, 4) + b"\n"
WRONG = [
    ("v.vec", b"3 2\na 1 2\nb 1\nc 1 2\n", "line 3 has 2 columns, not 3"),
    ("v.vec", b"3 2\na 1 2\nb 1 2 3\nc 1 2\n", "line 3 has 4 columns, not 3"),
    ("v.txt", b"a 1 2\nb 1 x\n", "line 2 holds 'x', which is no number"),
    ("v.vec", b"2 2\na 1 nan\nb 1 2\n", "line 2 holds a value that is no finite float32"),
    ("v.txt", b"a 1 2\nb 1 1e39\n", "line 2 holds a value that is no finite float32"),
    ("v.vec", b"2 1\na 1\n\xff 2\n", "line 3 holds a word that is not UTF-8"),
    ("v.vec", b"3 1\na 1\nb 2\n", "holds 2 words, not the 3 that its header says"),
    ("v.vec", b"0 3\n", "holds no words"),
    ("v.vec", b"", "holds no words"),
    ("v.csv", b"w,x\na,1\nb,1,2\n", "line 3 has 3 columns, not 2"),
    ("v.csv", b"w,x\na,1\nb,nan\n", "line 3 holds 'nan' in 'x', which is no finite float32"),
    ("v.csv", b"w,x\na,1\nb,\n", "line 3 has an empty cell in column 2"),
    ("v.csv", b"w,x\n", "holds no words"),
    ("v.csv", b"", "holds no words"),
    ("v.tsv", b"w\tx\na\t1\t2\n", "line 2 has 3 columns, not 2"),
    ("v.bin", BINARY[:-3], "ends within word 2 of 2"),
    ("v.bin", BINARY[:10], "ends within word 1 of 2"),
    ("v.bin", BINARY[:-5] + b"\0\0\xc0\x7f\n", "word 2 holds a value that is no finite float32"),
    ("v.bin", b"0 2\n", "holds no words"),
    ("v.bin", b"", "holds no words"),
    ("v.npy", pickle.dumps(np.ones((2, 2))), "is no whole 2-D array of float16, 32 or 64"),
    ("v.npy", b"", "is no whole 2-D array of float16, 32 or 64"),
    ("v.safetensors", b"", "is no whole safetensors file"),
    ("v.vec.gz", b"not packed", "is no whole gzip file"),
]


@pytest.mark.parametrize(("name", "data", "message"), WRONG)
def test_a_wrong_file_of_vectors_is_one_line_and_no_space(run, tmp_path, cache, name, data, message):
    (tmp_path / name).write_bytes(data)
    (tmp_path / "words").write_text("a\nb\n", encoding="utf-8")
    words = ["--words", str(tmp_path / "words")] if name in ("v.npy", "v.safetensors") else []
    done = run("space", "import", "bad", str(tmp_path / name), *words)
    first, *rest = done.err.splitlines()
    assert first == "llmlab: building the space bad (once)"
    assert len(rest) == 1
    assert rest[0].startswith(f"llmlab: {tmp_path / name} {message}")
    assert (done.code, done.out) == (1, "")
    assert "bad" not in run("space", "list").out
    assert not [path for path in (cache / "spaces").iterdir() if path.suffix != ".lock"]


def test_a_pickled_array_runs_no_code(run, tmp_path):
    class Bomb:
        def __reduce__(self):
            return (tmp_path / "exploded").touch, ()

    (tmp_path / "v.npy").write_bytes(pickle.dumps(Bomb()))
    (tmp_path / "v.txt").write_text("a\n", encoding="utf-8")
    assert run("space", "import", "bad", str(tmp_path / "v.npy")).code == 1
    assert not (tmp_path / "exploded").exists()


@pytest.mark.parametrize(("name", "data", "message"), [WRONG[0], WRONG[13], WRONG[18]])
def test_a_wrong_file_given_as_a_space_is_one_line_too(run, tmp_path, cache, name, data, message):
    (tmp_path / name).write_bytes(data)
    done = run("neighbors", "a", "--space", str(tmp_path / name))
    assert (done.code, done.out) == (1, "")
    assert done.err.splitlines()[1].startswith(f"llmlab: {tmp_path / name} {message}")
    assert len(done.err.splitlines()) == 2
    assert not [path for path in (cache / "spaces" / ".files").iterdir() if path.suffix != ".lock"]


def test_an_array_without_words_asks_for_them(run, tmp_path):
    np.save(tmp_path / "v.npy", np.ones((1, 2)))
    done = run("space", "import", "bad", str(tmp_path / "v.npy"))
    assert done.code == 1
    assert done.err.splitlines()[-1].endswith("give --words FILE")
