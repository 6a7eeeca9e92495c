"""The verbs whose results are pictures: each writes one beside its table, or in its place."""

import json

import pytest

LINES = [
    "generate --prompts prompts.txt --max-tokens 1 --seed 1 LM",
    "trace The --max-tokens 3 --seed 1 LM",
    "tree The --depth 2 --branch 2 LM",
    "generate The -t 0.5,1 -n 3 --max-tokens 2 --seed 1 LM",
    "generate The -n 3 --expect cat --max-tokens 2 --seed 1 LM",
    "next The LM -t 0.5,1",
    "next The LM --by word",
    "layers The LM --track ' is' --track t",
    "attention 'The cat' LM",
    "attention 'The cat' GGUF --layer 1",
]


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "prompts.txt").write_text("The\nA\nThis\nOne\n", "utf-8")


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


def test_samples_are_written_as_they_come_and_their_picture_at_the_end(lab, tmp_path):
    done = lab("generate The -t 0.5,1 -n 3 --max-tokens 2 --seed 1 LM --format jsonl --plot x.vl.json")
    assert [json.loads(line)["temperature"] for line in done.out.splitlines()] == [0.5, 0.5, 0.5, 1, 1, 1]
    assert (tmp_path / "x.vl.json").exists()


def test_a_stream_has_no_picture(refuses):
    refuses("generate The --stream --plot x.vl.json LM", b"", "--stream writes plain text")
