"""A table of characters that says what the lecture says, and tables that do not."""

import json

import pytest

from llmlab.errors import MisuseError
from llmlab.lessons.checks.characters import check
from llmlab.lessons.replies import Reply
from llmlab.packaged import packaged

pytestmark = pytest.mark.models

LECTURE = (packaged() / "exercises" / "characters.csv").read_text(encoding="utf-8")


@pytest.fixture
def judged(lab, tmp_path):
    """What is said of the lecture's table with some of its lines changed, as `embed --format json` writes it."""

    def of(**lines):
        changed = [line.replace(line, lines.get(line[0], line)) for line in LECTURE.splitlines()]
        file = tmp_path / f"{len(list(tmp_path.iterdir()))}.csv"  # a lab opens a file once
        file.write_text("\n".join(changed) + "\n", encoding="utf-8")
        return check(Reply(json.dumps(lab.embed(*"神奇大人妖", space=str(file)).document())), lab)

    return of


def test_a_table_that_says_what_the_lecture_says_is_right(judged):
    assert judged(大="大,0.7,0.2,0.8", 妖="妖,0.3,0.8,0.1").right
    assert judged(人="人,0.2,0.9,0.1", 妖="妖,0.1,0.9,0.1").right


def test_the_lectures_own_table_is_wrong_by_formation(judged):
    verdict = judged()
    assert not verdict.right
    assert verdict.why == "By 构词法 大 is 0.3 from 神 and 人 is 0.2: 大 should be the nearer."


def test_one_that_is_as_near_is_not_nearer(judged):
    assert not judged(大="大,0.4,0.2,0.8", 妖="妖,0.3,0.8,0.1").right
    assert judged(大="大,0.41,0.2,0.8", 妖="妖,0.3,0.8,0.1").right


def test_one_point_and_a_broken_category_are_told(judged):
    assert "one point" in judged(大="大,0.7,0.2,0.8").why
    assert judged(大="大,0.7,0.2,0.8", 妖="妖,0.3,0.3,0.1").why.startswith("By 类别 妖 is 0.6 from 神 and 奇 is 0.4")


def test_the_records_of_something_else_are_refused(lab):
    with pytest.raises(MisuseError, match="five characters"):
        check(Reply(json.dumps(lab.embed("cat", "dog").document())), lab)
    with pytest.raises(MisuseError, match="five characters"):
        check(Reply(json.dumps(lab.next("今天天气很").document())), lab)
    with pytest.raises(MisuseError, match="llmlab embed"):
        check(Reply('{"embeddings": [1]}'), lab)
