"""train corpus, and train ngram --sizes."""

import itertools
import json

import pytest

from llmlab.door import opened
from llmlab.errors import MisuseError
from llmlab.files import Files
from llmlab.lab.training import corpus

LINES = "".join(f"line {number} of a long file\n" for number in range(100)).encode()


@pytest.mark.parametrize("name", corpus.SHIPPED)
def test_sentences_are_written_a_line_each(lab, name):
    done = lab(f"train corpus {name} -n 700 --seed 3")
    expected = itertools.islice(corpus.grammar(name, Files(None, print)).sentences(3), 700)
    assert (done.code, done.err) == (0, "")
    assert done.out == "".join(f"{line}\n" for line in expected)


def test_rules_of_ones_own_make_sentences(lab, tmp_path):
    file = tmp_path / "mine.grammar"
    file.write_text("S -> the Noun Verb .\nNoun = cat\nVerb = sleeps\n", encoding="utf-8")
    assert lab(f"train corpus '{file}' -n 2").out == "The cat sleeps.\n" * 2
    file.write_text("S -> the Noun\nNoun", encoding="utf-8")
    assert "mine.grammar line 2 is no rule" in lab(f"train corpus '{file}' -n 2").err


def test_each_size_is_a_model_that_is_kept(lab):
    done = lab("train ngram grown --text english --sizes 20,60 -f jsonl --replace")
    assert done.code == 0, done.err
    assert done.err.endswith("llmlab: ask it: llmlab next TEXT --model grown\n")
    records = [json.loads(line) for line in done.out.splitlines()]
    assert {(one["model"], one["sentences"]) for one in records} == {("grown@20", 20), ("grown", 60)}
    listed = lab("models list").out
    assert "grown@20" in listed
    for model in ("grown", "grown@20"):
        measured = json.loads(lab(f"perplexity - --model {model} -f json", b"He likes movies.\n").out)
        assert measured["revision"] in {one["revision"] for one in records if one["model"] == model}


def test_bits_are_those_of_perplexity_on_what_follows(lab):
    done = lab("train ngram filed --text - --sizes 20,60 -f json --replace", LINES)
    held = LINES.splitlines(keepends=True)[60:]
    for size in json.loads(done.out)["sizes"]:
        measured = json.loads(lab(f"perplexity - --model {size['model']} -f json", b"".join(held)).out)
        assert measured["bits_per_character"] == pytest.approx(size["bits_per_character"], rel=1e-9)
        assert size["held_out_sentences"] == len(held)


def test_pairs_of_ones_own_are_asked(lab, tmp_path):
    file = tmp_path / "pairs.csv"
    file.write_text("good,bad\nline 1 of a file,file of 1 line\n", encoding="utf-8")
    done = lab(f"train ngram filed --text - --sizes 20,60 --pairs '{file}' -f jsonl --replace", LINES)
    assert [(one["group"], one["trials"]) for one in map(json.loads, done.out.splitlines())] == [("all", 1)] * 2


def test_the_door_says_the_same(lab, environ, monkeypatch, ear):
    monkeypatch.setenv("LLMLAB_CACHE", environ["LLMLAB_CACHE"])
    door = opened(None, None, ear)
    assert door.train_corpus("chinese", 3, seed=2) == lab("train corpus chinese -n 3 --seed 2").out.splitlines()
    found = door.train_ngram_sizes("grown", "chinese", [20, 60], replace=True)
    done = lab("train ngram grown --text chinese --sizes 20,60 -f json --replace")
    assert json.loads(done.out) == json.loads(json.dumps(found.document()))
    with pytest.raises(MisuseError, match="you have a model grown"):
        door.train_ngram_sizes("grown", "chinese", [20, 60])


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("train corpus french", "no text is called 'french'; there are english and chinese; or give a file"),
        ("train corpus nowhere.grammar", "cannot read nowhere.grammar"),
        ("train corpus english -n 0", "0"),
        (
            "train ngram new --text english --sizes 10,x",
            "--sizes '10,x' is not a list of whole numbers; for example --sizes",
        ),
        ("train ngram new --text english --sizes 10,5", "the sizes are not some that grow"),
        ("train ngram new --text english --pairs a.csv", "--pairs is the test of several sizes"),
        ("train ngram new --text - --sizes 10,200", "stdin holds 100 sentences, and not 200; give smaller --sizes"),
        ("train ngram new --text english --sizes 10,20 --pairs nowhere.csv", "cannot read nowhere.csv"),
    ],
)
def test_misuse_is_one_line(lab, line, said):
    done = lab(line, LINES)
    assert done.code == 2, done.err
    assert said in done.err.splitlines()[-1]
    assert done.out == ""
