"""Records say the same in json and in jsonl, and two texts are compared by their words."""

from pathlib import Path

import msgspec
import pytest

import llmlab
from llmlab.errors import MisuseError
from llmlab.lessons.records import asked_model, parts, rows
from llmlab.lessons.replies import Reply

JSON = '{"model": "m", "texts": [{"text": "a", "rank": 1}, {"text": "b", "rank": 2}]}'
JSONL = '{"text": "a", "rank": 1, "model": "m"}\n{"text": "b", "rank": 2, "model": "m"}'


class Ranked(msgspec.Struct):
    text: str
    rank: int
    model: str


@pytest.mark.parametrize("written", [JSON, JSONL])
def test_rows_are_the_same_in_both_forms(written):
    found = rows(Reply(written), "prob", "texts", Ranked)
    assert found == [Ranked("a", 1, "m"), Ranked("b", 2, "m")]


@pytest.mark.parametrize(
    "written",
    [
        '{"texts": null}',
        '{"texts": ["a"]}',
        '{"texts": []}',
        '{"texts": [{"text": "a", "rank": null, "model": "m"}]}',
        '{"text": "a", "model": "m"}',
    ],
)
def test_other_records_are_misuse(written):
    with pytest.raises(MisuseError, match="llmlab prob"):
        rows(Reply(written), "prob", "texts", Ranked)


def test_a_model_is_asked_by_a_name_that_is_known_here(tmp_path):
    file = tmp_path / "own.gguf"
    lab = llmlab.open(model=str(file))
    assert asked_model(lab, "own.gguf") == str(file)
    assert asked_model(lab, "gemma-3-270m") == "gemma-3-270m"
    for name in ("other.gguf", str(Path("elsewhere") / "own.gguf"), "somebody/something"):
        with pytest.raises(MisuseError) as caught:
            asked_model(lab, name)
        assert name in caught.value.message
        assert "LLMLAB_MODEL" in caught.value.hint


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("He likes movies.", ["he", "likes", "movies"]),
        ("昨天，我看电影。", ["昨", "天", "我", "看", "电", "影"]),
        ("我喜欢 iPhone 手机", ["我", "喜", "欢", "iphone", "手", "机"]),
    ],
)
def test_parts_are_words_and_chinese_characters(text, found):
    assert parts(text) == found
