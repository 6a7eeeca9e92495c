"""Records say the same in json and in jsonl, and two texts are compared by their words."""

import pytest

from llmlab.errors import MisuseError
from llmlab.lessons.records import parts, rows
from llmlab.lessons.replies import Reply

JSON = '{"model": "m", "texts": [{"text": "a", "rank": 1}, {"text": "b", "rank": 2}]}'
JSONL = '{"text": "a", "rank": 1, "model": "m"}\n{"text": "b", "rank": 2, "model": "m"}'


@pytest.mark.parametrize("written", [JSON, JSONL])
def test_rows_are_the_same_in_both_forms(written):
    found = rows(Reply(written), "prob", "texts", "text", "model")
    assert found == [{"text": "a", "rank": 1, "model": "m"}, {"text": "b", "rank": 2, "model": "m"}]


def test_the_records_of_another_verb_are_misuse():
    with pytest.raises(MisuseError, match="llmlab cloze"):
        rows(Reply(JSON), "cloze", "classes", "class")


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
