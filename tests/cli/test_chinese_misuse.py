"""What is wrong with a command line, a setting or a file is told in Chinese, whoever found it."""

import re

import pytest

from llmlab.language import clauses, later, retold, speak, tr
from llmlab.models import card

HAN = re.compile(r"[\u4e00-\u9fff]")
NAMES = re.compile(r"`[^`]*`|'[^']*'|\"[^\"]*\"|(llmlab )?space [a-z]+|iconv [^；]*")  # what is typed stays as it is
ENGLISH = re.compile(r"(?<![\w./-])[A-Za-z]+ [a-z]+(?![\w./-])")  # two words of a sentence


@pytest.fixture
def files(tmp_path, monkeypatch):
    """Files that are wrong, each in its own way, where the command runs."""
    monkeypatch.chdir(tmp_path)
    wrong = {
        "nan.vec": b"love 1 nan\nlike 1 2\n",
        "short.vec": b"love 1 2 3\nlike 1 2\n",
        "word.vec": b"love 1 2\nlike 1 x\n",
        "latin.vec": "café 1 2\nlike 1 2\n".encode("latin-1"),
        "header.vec": b"3 2\nlove 1 2\n",
        "gap.csv": b"word,size\nlove,1\nlike,\n",
        "marks.csv": b"word;a;b\nlove;1,5;1.5\n",
        "twice.csv": b"word,a,a\nlove,1,2\n",
        "config.toml": b"model = \n",
        "kinds.toml": b'threads = "many"\n',
        "field.toml": b"modle = 1\n",
        "records.jsonl": b'{"sentence_good": "a"}\n',
        "broken.json": b'[{"sentence_good": "a",}]\n',
        "book.csv": b"PK\x03\x04",
    }
    for name, content in wrong.items():
        (tmp_path / name).write_bytes(content)


@pytest.mark.parametrize(
    "line",
    [
        "frob",
        "prob a --format foo",
        "prob a --zzz",
        "prob a b --metric",
        "next a b",
        "next a --top-k",
        "next a -n x",
        "next a --bos=1",
        "space",
        "space frob",
        "space build mine",
        "space import mine",
        "space import mine /no/v.vec",
        "space import con nan.vec",
        "space import mine nan.vec",
        "space import mine short.vec",
        "space import mine word.vec",
        "space import mine latin.vec",
        "space import mine header.vec",
        "space import mine gap.csv",
        "space import mine marks.csv",
        "space import mine twice.csv",
        "space import mine nan.vec --standardize",
        "space export minilm",
        "space remove nowhere",
        "--config config.toml space list",
        "--config kinds.toml space list",
        "--config field.toml space list",
        "--config /no/config.toml space list",
        "prob a -m nowhere",
        "prob a -m /no/model.gguf",
        "prob a -m some/model@",
        "prob a -m ollama:nowhere",
        "prob a --bom",
        "prob a --theme dark",
        "pairs records.jsonl",
        "pairs broken.json",
        "pairs book.csv",
        "neighbors love --space nowhere",
        "models remove nowhere",
    ],
)
def test_a_misuse_is_told_in_chinese_with_no_english_sentence_left(run, files, line):
    said = run("--lang", "zh", *line.split())
    assert said.code in (1, 2)
    assert HAN.search(said.err)
    assert not ENGLISH.search(NAMES.sub("", said.err.removeprefix("llmlab: "))), said.err


def test_notes_of_a_space_are_told_in_the_language_of_the_run_and_recorded_in_english(run, tmp_path):
    table = tmp_path / "t.csv"
    table.write_text("word,kind,size\nlove,verb,1\nlike,verb,\n\ndog,noun,3\n", encoding="utf-8")
    told = run("--lang", "zh", "space", "import", "told", str(table), "--standardize", "--missing", "")
    assert told.code == 0
    assert "1 个单元格表示缺失" in told.err
    assert "1 cell stands for nothing" in run("--lang", "zh", "space", "show", "told", "-f", "json").out
    shown = run("--lang", "zh", "space", "show", "told").out
    assert "文本列做独热编码：kind (verb, noun)" in shown
    assert "略去的空行：1" in shown
    assert "blank lines left out: 1" in run("space", "show", "told").out


def test_clauses_and_things_of_a_list_have_commas_of_their_own(chinese):
    assert clauses(["一"]) == "一"
    assert (clauses(["一", "{二}", "3"]), tr(", ").join(["一", "二"])) == ("一，{二}，3", "一、二")


def test_models_are_listed_in_chinese_by_kind_and_records_stay_english(run):
    shown = run("--lang", "zh", "models", "list")
    assert {"因果", "编码器", "静态"} <= set(shown.out.split())
    assert '"kind": "causal"' in run("--lang", "zh", "models", "list", "-f", "json").out


def test_large_counts_are_told_in_units_of_chinese(chinese):
    assert card._of(167_772_160, 268_098_176) == "2.68 亿中的 1.68 亿"
    assert card._of(11_720_448, 22_713_216) == "11,720,448/22,713,216"


def test_a_sentence_said_elsewhere_is_found_by_its_places():
    speak("zh")
    sentences = (later("its {field} is {value}"), later("it has no {field}"))
    assert retold("it has no answer", *sentences) == "缺少 answer"
    assert retold("its group is empty or so", *sentences) == "group 是 empty or so"
    assert retold("nobody has said this", *sentences) == "nobody has said this"
    speak("en")
    assert retold("it has no answer", *sentences) == "it has no answer"
