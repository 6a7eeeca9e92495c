"""Whatever files, columns, words, categories and models are called, no verb steers a terminal in any format."""

import json
import shutil
import unicodedata

import pytest
import regex

# a clipboard, a link, colours, a cleared screen, turns; what rich, HTML and a formatted string would read
HOSTILE = "x\x1b]52;c;aGk=\x07\x1b]8;;h\x1b\x1b[31m\x9b2J\u202ey\u2066\u200f\u061c[red]<i>&amp;"
MARKUP = "[red]<i>&amp;"
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
    question = {"context": f"the {HOSTILE}", "choices": [" cat", f" {HOSTILE[:16]}"], "answer": 1, "group": HOSTILE}
    (tmp_path / "shots.jsonl").write_text(2 * f"{json.dumps(question)}\n", encoding="utf-8")
    (tmp_path / f"{HOSTILE}.txt").write_text(f"the cat {HOSTILE}\n", encoding="utf-8")
    (tmp_path / "analogies").write_text(f": {HOSTILE}\nlove {HOSTILE} c love\n", encoding="utf-8")
    shutil.copytree(lm_folder, tmp_path / f"lm{HOSTILE}")
    _damaged(tmp_path, lm_folder)
    shutil.copytree(encoder_folder, tmp_path / f"encoder{HOSTILE}")


def _damaged(folder, lm_folder):
    """Files and models that are wrong, and say so in hostile words."""
    (folder / f"bad{HOSTILE}.vec").write_text(f"a 1 2\nb 1 {HOSTILE}\n", encoding="utf-8")
    (folder / f"bad{HOSTILE}.jsonl").write_text(json.dumps({"good": "a", HOSTILE: "b"}), encoding="utf-8")
    (folder / f"bad{HOSTILE}.csv").write_text(f'good,bad\n{HOSTILE},"{HOSTILE}', encoding="utf-8")
    (folder / f"bad{HOSTILE}.toml").write_text(f"{json.dumps(HOSTILE)} = 1", encoding="utf-8")
    (folder / f"bad{HOSTILE}.gguf").write_bytes(b"GGUF")
    (folder / f"bad{HOSTILE}.npy").write_bytes(b"x")
    for name, file, changes in [
        ("masked", "config.json", {"architectures": [f"{HOSTILE}ForMaskedLM"], "model_type": HOSTILE}),
        ("hollow", "tokenizer.json", {"model": HOSTILE}),
        ("chat", "tokenizer_config.json", {"chat_template": "{{ raise_exception(messages[0].content) }}"}),
    ]:
        path = shutil.copytree(lm_folder, folder / f"{name}{HOSTILE}") / file
        path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | changes), encoding="utf-8")


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
    f"choose shots.jsonl --shots 1 --template '{{0:.16}} {{{{prompt}}}}' {LM}",
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
        if "{0}" in line and form != "table":
            assert MARKUP in done.out  # shown as it is, not read


ERRORS = [
    "'{0}'",
    "prob a '--{0}'",
    "prob a --model '{0}'",
    "prob a --engine '{0}'",
    "prob a --format '{0}'",
    "prob a --plot '{0}' MODEL",
    "prob a --out 'none/{0}' MODEL",
    "prob a --model 'masked{0}'",
    "prob a --model 'hollow{0}'",
    "prob a --model 'bad{0}.gguf'",
    "prob a --model 'a/b@{0}'",
    "prob a --model 'ollama:{0}'",
    "prob a --model 'openai:b' --base-url '{0}'",
    "next a --temperature '{0}'",
    "compare 'a{0}' '' MODEL",
    "orders '{0}' MODEL",
    "cloze '{0}' MODEL",
    "choose '{0}.jsonl' MODEL",
    "pairs '{0}.none' MODEL",
    "pairs 'bad{0}.jsonl' MODEL",
    "pairs 'bad{0}.csv' MODEL",
    "perplexity '{0}' MODEL",
    "calibration '{0}' MODEL",
    "generate a --preset '{0}' MODEL",
    "generate a --expect-regex '({0}' MODEL",
    "generate 'b{0}' --chat 'chat{0}'",
    "trace a --preset '{0}' MODEL",
    "tree a --depth '{0}'",
    "embed a --layer '{0}' MODEL",
    "embed a --word '{0}' MODEL",
    "neighbors a --space '{0}'",
    "neighbors 'no{0}' --space '{0}.vec'",
    "neighbors a --words '({0}'",
    "neighbors a --space 'bad{0}.vec'",
    "neighbors a --space 'bad{0}.npy'",
    "odd a 'no{0}' c --space '{0}.vec'",
    "why love 'no{0}' --space '{0}.vec'",
    "layers a --model '{0}'",
    "attention a --model '{0}'",
    "tokens a --model '{0}'",
    "space import '{0}' '{0}.vec'",
    "space import zoo 'bad{0}.vec'",
    "space show '{0}'",
    "space remove '{0}'",
    "space export '{0}.vec' '{0}.none'",
    "space eval '{0}.vec' --analogies '{0}'",
    "models show '{0}'",
    "models prepare '{0}'",
    "models remove '{0}'",
    "--config 'bad{0}.toml' space list",
    "--config '{0}' space list",
    "--lang '{0}' space list",
    "lesson '{0}'",
    "secret --space '{0}'",
    "train ngram '{0}' --text '{0}'",
    "train vectors mine --text '{0}'",
    "serve '{0}'",
    "merge '{0}'",
    "completion '{0}'",
]


@pytest.mark.parametrize("line", ERRORS)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_error_says_what_steers_a_terminal_or_more_than_one_line(lab, line, language):
    options = "" if line.startswith("--lang") else f"--lang {language} "
    done = lab(options + line.format(HOSTILE))
    assert done.code in (1, 2), done.out
    assert done.err.splitlines()[-1].startswith("llmlab: ")
    assert "--debug" not in done.err  # no fault of ours
    assert done.out == ""
    assert_harmless(done.err)


def test_a_traceback_steers_no_terminal(lab):
    done = lab(f"--debug prob a --model 'hollow{HOSTILE}'")
    assert "Traceback" in done.err
    assert_harmless(done.err)


@pytest.mark.parametrize("ending", ["html", "svg", "vl.json"])
@pytest.mark.parametrize(
    "line",
    [
        f"prob 'the cat {{0}}' {LM}",
        f"next 'the {{0}}' {LM}",
        f"pairs pairs.jsonl {LM}",
        f"generate 'the {{0}}' -n 2 --max-tokens 3 {LM}",
        f"embed a 'b{{0}}' {TABLE}",
        "neighbors '{0}' --space '{0}.vec'",
        f"why a 'b{{0}}' {TABLE}",
    ],
)
def test_no_picture_reads_what_it_shows(lab, tmp_path, line, ending):
    done = lab(f"{line.format(HOSTILE)} --plot picture.{ending}")
    assert done.code == 0, done.err
    assert_harmless(done.err)
    drawn = (tmp_path / f"picture.{ending}").read_text(encoding="utf-8")
    assert_harmless(drawn)
    assert ending == "vl.json" or "<i>" not in drawn.replace("<i></i>", "")
