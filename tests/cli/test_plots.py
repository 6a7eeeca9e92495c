"""The verbs whose results are pictures: each writes one beside its table, or in its place."""

import json

import pytest

LINES = [
    "next The LM -t 0.5,1",
    "next The LM --by word",
]


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("line", LINES)
def test_a_picture_is_written_beside_the_table(lab, tmp_path, line):
    table = lab(line)
    done = lab(f"{line} --plot x.vl.json")
    assert (done.code, done.out) == (0, table.out), done.err
    assert json.loads((tmp_path / "x.vl.json").read_text("utf-8"))["$schema"].endswith("v6.json")


@pytest.mark.parametrize("line", LINES)
def test_a_picture_stands_in_the_tables_place(lab, line):
    done = lab(f"{line} --plot -")
    assert done.code == 0, done.err
    assert {"$schema", "config", "title", "vconcat"} <= set(json.loads(done.out))
