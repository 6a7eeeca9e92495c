"""train, and every verb on a model that it made."""

import gzip
import json
import subprocess
import sys

import pytest
from cli.test_records import check

from llmlab.door import opened
from llmlab.errors import MisuseError

STORY = (
    "He likes movies.\nHe likes books.\nShe likes movies a lot.\n"
    "今天天气很好。\n今天天气不好。\n我喜欢看电影。\n我喜欢看书。\n"
) * 4


@pytest.fixture(autouse=True)
def story(lab, cache):
    if not (cache / "trained" / "story").is_dir():
        assert lab("train ngram story --text -", STORY.encode()).code == 0


def test_training_says_what_was_learned_and_what_to_ask_next(lab):
    done = lab("train ngram other --text - --order 2 --replace", b"a b\na b\na c\n")
    assert done.code == 0
    assert "hold 6 different 2-grams" in done.out
    assert "P(w|h) = max(c(hw) - D, 0) / c(h)" in done.out.replace("\n", " ")
    assert "0.5, 1 and 1.5 stand in" in done.out.replace("\n", " ")
    assert done.err == "llmlab: ask it: llmlab next TEXT --model other\n"


def test_a_file_may_be_packed_and_have_any_line_ends(lab, tmp_path):
    plain, packed = tmp_path / "a.txt", tmp_path / "b.txt.gz"
    plain.write_bytes(b"\xef\xbb\xbf" + STORY.encode().replace(b"\n", b"\r\n").removesuffix(b"\r\n"))
    packed.write_bytes(gzip.compress(STORY.encode()))
    revisions = set()
    for path in (plain, packed):
        done = lab(f"train ngram other --replace --text '{path}' -f json")
        revisions.add(json.loads(done.out)["revision"])
    revisions.add(json.loads(lab("train ngram other --replace --text - -f json", STORY.encode()).out)["revision"])
    assert len(revisions) == 1


@pytest.mark.parametrize(
    ("line", "stdin", "said"),
    [
        ("train ngram story --text -", b"a b\n", "you have a model story already; give --replace"),
        ("train ngram gemma-3-270m --text -", b"a b\n", "is a model of the catalogue"),
        ("train ngram a/b --text -", b"a b\n", "cannot be called 'a/b'"),
        ("train ngram new --text -", b"", "stdin holds no text"),
        ("train ngram new --text -", b"hello\n", "stdin holds one word, and nothing follows it"),
        ("train ngram new --text -", b"\xff\xfe\xff", "is not UTF-8"),
        ("train ngram new --text - --order 0", b"a b\n", "an n-gram of 0 tokens"),
        ("train ngram new --text - --min-count 0", b"a b\n", "--min-count 0 is below 1"),
        ("train ngram new --text nowhere.txt", b"", "nowhere.txt"),
        ("train ngram new", b"", "--text"),
        ("next The --counts --by word --model story", b"", "--counts are of tokens, not of a word"),
        ("next The --counts -t 0.5 --model story", b"", "--counts are behind P at T = 1"),
        ("next The --counts --top-k 3 --model story", b"", "--counts are behind P at T = 1"),
        ("next The --counts LM", b"", "is no n-gram model, and has no counts"),
        ("prob The --model story --engine torch", b"", "does not read; leave out --engine"),
        ("embed cat --model story", b"", "has no vectors"),
        ("embed cat --layer last --model story", b"", "story has counts and no layers; give a neural model"),
        ("layers cat --model story", b"", "story has counts and no layers; give a neural model"),
        ("attention cat --model story", b"", "story has counts and no layers; give a neural model"),
        ("space build other --model story --vocab wordfreq:en:9", b"", "has no vectors"),
    ],
)
def test_misuse_is_one_line(lab, line, stdin, said):
    done = lab(line, stdin)
    assert done.code == 2, done.err
    assert said in done.err
    assert len(done.err.splitlines()) == 1
    assert done.out == ""


@pytest.mark.parametrize(
    "line",
    [
        "prob 'He likes movies.'",
        "prob 今天天气很好 --by character",
        "prob 'He likes zebras\\nHe' --by word",
        "prob 'He likes movies.' 'He movies likes.'",
        "next 'He likes'",
        "next 今天天气 --by character",
        "next 今天天 --by word",
        "next 'He likes' -t 0.2,1,2 --top-k 3",
        "next 'He likes' --counts",
        "compare 'He likes movies.' 'He movies likes.'",
        "orders 'He likes movies.'",
        "orders 我喜欢看电影。",
        "cloze 'He likes [?].' -c movies -c books",
        "choose 'He likes' -c ' movies.' -c ' eats.'",
        "generate 'He likes' -t 0.2 --seed 1 -n 3",
        "generate 今天 --seed 1 -n 3",
        "trace 'He likes' --seed 1",
        "tree 'He likes' --depth 2",
        "models show",
    ],
)
def test_it_is_a_causal_model_as_any(lab, line):
    done = lab("models show story" if line == "models show" else f"{line} --model story")
    assert done.code == 0, done.err
    assert "story" in done.out


def test_a_file_is_judged_and_measured(lab):
    pairs = b'{"sentence_good": "He likes movies.", "sentence_bad": "He movies likes."}\n'
    assert "100" in lab("pairs - --model story", pairs).out
    assert "perplexity" in lab("perplexity - --model story", STORY.encode()).out


def test_grammar_was_learned_from_the_text(lab):
    (best, *_) = [json.loads(line) for line in lab("orders 'He likes movies.' --model story -f jsonl").out.splitlines()]
    assert best["original"]
    (first, *_) = [
        json.loads(line) for line in lab("next 'He likes' --model story -f jsonl --by token").out.splitlines()
    ]
    assert first["token"] in (" movies", " books")


@pytest.mark.parametrize(
    ("kind", "line", "stdin"),
    [
        ("train.ngram", "other --text - --replace --by character --order 2 --min-count 1", STORY),
        ("next", "'He likes' --counts --model story", ""),
        ("prob", "'He likes 今天' --by word --model story", ""),
        ("generate", "He --seed 1 --max-tokens 3 --model story", ""),
        ("tree", "He --depth 2 --model story", ""),
        ("models.list", "", ""),
    ],
)
def test_its_records_are_what_the_schema_says(lab, kind, line, stdin):
    check(lab, kind, line, stdin)


def test_a_prompt_inside_a_word_is_healed(lab):
    assert lab("next 今天天 --by character --model story -q").out == "气\n"
    assert lab("next 'He li' --by word --model story -q").out == "likes\n"


def test_it_answers_without_torch(environ, cache):
    code = "import sys; from llmlab.cli import main; main(); print({'torch', 'transformers'} & {*sys.modules})"
    line = [sys.executable, "-c", code, "next", "He likes", "--model", "story"]
    done = subprocess.run(line, env=environ, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "set()", done.stderr


def test_the_list_names_it_and_it_is_removed(lab):
    assert lab("train ngram gone --text - --replace", b"a b\na c\n").code == 0
    assert "gone" in lab("models list").out
    assert lab("models remove gone").code == 0
    assert "gone" not in lab("models list").out


def test_the_door_trains_and_asks_as_the_verbs_do(lab, environ, ear, monkeypatch):
    monkeypatch.setenv("LLMLAB_CACHE", environ["LLMLAB_CACHE"])
    asked = lab("train ngram other --text - --replace --order 2 -f json", STORY.encode())
    found = opened(None, None, ear).train_ngram("other", STORY.splitlines(), order=2, replace=True)
    assert json.loads(asked.out) == json.loads(json.dumps(found.document())) | {"text": "stdin"}
    asked = lab("next 'He likes' --counts --model other -k 3 -f json")
    counted = opened(None, None, ear, model="other").next("He likes", k=3, counts=True)
    assert json.loads(asked.out) == json.loads(json.dumps(counted.document()))


def test_the_door_refuses_what_the_verb_refuses(environ, ear, monkeypatch):
    monkeypatch.setenv("LLMLAB_CACHE", environ["LLMLAB_CACHE"])
    with pytest.raises(MisuseError, match="you have a model story already"):
        opened(None, None, ear).train_ngram("story", ["a b"])
    with pytest.raises(MisuseError, match="nothing follows it"):
        opened(None, None, ear).train_ngram("new", ["hello"])
