"""The columns that make two people alike, against the arithmetic of the lecture's table."""

import csv
import itertools
import statistics

import pytest

from llmlab.errors import MisuseError
from llmlab.lessons.checks.people import check
from llmlab.lessons.replies import Reply
from llmlab.packaged import packaged

pytestmark = pytest.mark.models

COLUMNS = ["身高", "体重", "性别", "年龄", "种族", "肤色"]


def table():
    """The vectors of the people by column: a standardised number, or a place a category."""
    with (packaged() / "exercises" / "people.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    found = {row["名字"]: {} for row in rows}
    for column in COLUMNS:
        values = [row[column] for row in rows]
        if values[0].isdigit():
            numbers = [float(value) for value in values]
            mean, deviation = statistics.fmean(numbers), statistics.pstdev(numbers)
            parts = [[(number - mean) / deviation] for number in numbers]
        else:
            parts = [[float(value == one) for one in sorted(set(values))] for value in values]
        for row, part in zip(rows, parts, strict=True):
            found[row["名字"]][column] = part
    return found


def cosine(one, other, columns):
    a, b = ([x for column in columns for x in person[column]] for person in (one, other))
    lengths = sum(x * x for x in a) * sum(x * x for x in b)
    return sum(x * y for x, y in zip(a, b, strict=True)) / lengths**0.5 if lengths else 0.0


def test_the_right_columns_are_those_by_which_the_cosine_is_larger(lab):
    people, right = table(), 0
    for count in range(2, len(COLUMNS) + 1):
        for columns in itertools.combinations(COLUMNS, count):
            wanted, other = (cosine(people["小明"], people[name], columns) for name in ("小陈", "小红"))
            verdict = check(Reply(",".join(columns)), lab)
            assert verdict.right == (wanted > other + 1e-6), columns
            right += verdict.right
    assert 0 < right < 10  # of 57


def test_equally_near_is_not_nearer(lab):
    verdict = check(Reply("性别 种族"), lab)
    assert not verdict.right
    assert "0.5000" in verdict.why
    assert "Equally near" in verdict.why


def test_one_column_is_too_few_and_an_unknown_one_is_named(lab):
    with pytest.raises(MisuseError, match="two columns"):
        check(Reply("性别"), lab)
    with pytest.raises(MisuseError, match="星座"):
        check(Reply("性别,星座"), lab)
