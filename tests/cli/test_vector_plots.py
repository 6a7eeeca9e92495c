"""--plot of the vector verbs: the picture is written, and the table still stands on stdout."""

import json

import pytest

PAIRS = b"the cat 9\nthe dog 5\ncat dog 1\ncat absent 3\n"
QUESTIONS = b": some\nthe cat the cat\nthe cat dog sat\n: others\nthe dog the dog\n"


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch, lab):
    monkeypatch.chdir(tmp_path)
    words = ["the", "cat", "dog", "sat", "今天", "mat"]
    lines = [f"{word} {row} {row**2 % 5} {7 - row}" for row, word in enumerate(words, 1)]
    (tmp_path / "v.txt").write_text("\n".join(lines), encoding="utf-8")
    (tmp_path / "pairs.txt").write_bytes(PAIRS)
    (tmp_path / "questions.txt").write_bytes(QUESTIONS)
    for name in ("one", "two"):
        assert lab(f"space import {name} v.txt").code == 0
    yield tmp_path
    for name in ("one", "two"):
        assert lab(f"space remove {name}").code == 0


@pytest.mark.parametrize(
    "line",
    [
        "embed cat ENCODER",
        "embed cat dog 今天 ENCODER --metric l2",
        "embed 'the cat' dog ENCODER --tokens",
        "embed 'the cat' LM",
        "embed cat dog --space one --full",
        "odd cat dog 今天 ENCODER",
        "why cat dog --space one",
        "neighbors cat --space one",
        "neighbors cat dog --space one -k 2",
        "neighbors 'cat - dog + the' --space one -k 2",
        "neighbors cat --spaces one,two -k 3",
        "secret --space one --seed 1 --language zh",
        "space eval one --similarity pairs.txt",
        "space eval one --analogies questions.txt",
    ],
)
def test_a_picture_is_written_and_the_table_stands(lab, here, line):
    table = lab(line)
    done = lab(f"{line} --plot x.vl.json --theme dark")
    assert (done.code, done.out) == (0, table.out), done.err
    found = json.loads((here / "x.vl.json").read_text("utf-8"))
    assert found["$schema"].endswith("v6.json")
    assert found["vconcat"]
