"""Whatever files, columns, words, categories and models are called, no verb steers a terminal in any format."""

import json
import shutil
import unicodedata

import pytest
import regex

HOSTILE = "x\x1b]52;c;aGk=\x07\x1b[31m\x9b2J\u202ey\u2066\u200f\u061c"  # a clipboard, colours, a cleared screen, turns
FORMS = ("table", "json", "jsonl", "csv", "tsv")


def steers(character):
    control = unicodedata.category(character) == "Cc" and character not in "\n\t"
    return control or regex.match(r"\p{Bidi_Control}", character)


def assert_harmless(text):
    assert [character for character in text if steers(character)] == []


@pytest.fixture
def cache(tmp_path):
    """A cache of its own for each test."""
    return tmp_path / "cache"


@pytest.fixture(autouse=True)
def files(tmp_path, monkeypatch, lm_folder, encoder_folder):
    """Files and models of hostile names, in the folder where the command runs."""
    monkeypatch.chdir(tmp_path)
    table = [["word", f"n{HOSTILE}", f"c{HOSTILE}"], ["a", "1", f"p{HOSTILE}"], [f"b{HOSTILE}", "2", "q\u202d"]]
    table.append(["c", "3", "r\nr"])
    rows = ["\t".join('"' + cell + '"' for cell in row) for row in table]
    (tmp_path / f"{HOSTILE}.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8", newline="")
    (tmp_path / f"{HOSTILE}.vec").write_text(f"love 1 2\n{HOSTILE} 2 1\nc 1 1\n", encoding="utf-8")
    pair = {"sentence_good": "the cat", "sentence_bad": f"cat the {HOSTILE}", "UID": HOSTILE}
    (tmp_path / "pairs.jsonl").write_text(json.dumps(pair), encoding="utf-8")
    question = {"context": f"the {HOSTILE}", "choices": [" cat", f" {HOSTILE}"], "answer": 1, "group": HOSTILE}
    (tmp_path / "shots.jsonl").write_text(2 * f"{json.dumps(question)}\n", encoding="utf-8")
    (tmp_path / f"{HOSTILE}.txt").write_text(f"the cat {HOSTILE}\n", encoding="utf-8")
    (tmp_path / "analogies").write_text(f": {HOSTILE}\nlove {HOSTILE} c love\n", encoding="utf-8")
    shutil.copytree(lm_folder, tmp_path / f"lm{HOSTILE}")
    shutil.copytree(encoder_folder, tmp_path / f"encoder{HOSTILE}")


LM, TABLE = "--model 'lm{0}'", "--space '{0}.tsv'"
LINES = [
    f"prob 'the cat {{0}}' {LM}",
    f"prob 'the cat {{0}}' 'a {{0}}' {LM}",
    f"layers 'the cat {{0}}' {LM}",
    f"attention 'the cat {{0}}' {LM}",
    f"tokens 'the cat {{0}}' {LM}",
    f"tokens 'the cat {{0}}' 'a {{0}}' {LM}",
    f"next 'the {{0}}' {LM}",
    f"compare 'the cat {{0}}' 'the {{0}} cat' {LM}",
    f"orders 'the cat {{0}}' {LM}",
    f"cloze 'the [?] {{0}}' -c 'cat {{0}}' -c dog {LM}",
    f"choose 'the {{0}}' -c 'cat {{0}}' -c ' dog' {LM}",
    f"pairs pairs.jsonl {LM}",
    f"perplexity '{{0}}.txt' {LM}",
    f"calibration '{{0}}.txt' --bins 2 {LM}",
    f"choose shots.jsonl --shots 1 --template '{{0}} {{{{prompt}}}}' {LM}",
    f"generate 'the {{0}}' -n 2 --max-tokens 3 {LM}",
    f"trace 'the {{0}}' --max-tokens 3 {LM}",
    f"tree 'the {{0}}' {LM}",
    f"embed a 'b{{0}}' {TABLE}",
    "embed '{0}' love --model 'encoder{0}'",
    f"neighbors a 'b{{0}}' {TABLE}",
    "neighbors '{0}' --space '{0}.vec'",
    "neighbors c --spaces '{0}.vec,mine'",
    f"odd a 'b{{0}}' c {TABLE}",
    f"why a 'b{{0}}' {TABLE}",
    "space list",
    "space show mine",
    "space eval '{0}.vec' --analogies analogies",
    "models list",
    "models show 'lm{0}'",
]


@pytest.mark.parametrize("line", LINES)
def test_no_verb_says_what_steers_a_terminal(lab, line):
    assert_harmless(lab(f"space import mine '{HOSTILE}.tsv'").err)
    for form in FORMS:
        done = lab(f"{line.format(HOSTILE)} -f {form}")
        assert done.code == 0, done.err
        assert len(done.out) > 20
        assert_harmless(done.out)
        assert_harmless(done.err)
