"""A sentence of the same rows, against the rows that numpy compares in the model's own table."""

import math

import numpy as np
import pytest

from llmlab.lessons.checks.matrix import GIVEN, check
from llmlab.lessons.replies import Reply

pytestmark = pytest.mark.models

RIGHT = ["He likes books and she likes movies.", "看电影我喜欢。", "电影我喜欢看。"]
WRONG = [
    "She likes movies and he likes books.",
    "我看电影喜欢。",
    "He likes movies and she likes films.",
    "我喜欢看电影吗？",
]


def matrix(lab, text):
    return lab.embed(text, model="gemma-3-270m").vectors


def sorted_rows(rows):
    return rows[np.lexsort(rows.T)]


@pytest.mark.parametrize("text", [*RIGHT, *WRONG])
def test_right_is_what_has_the_same_rows_in_another_order(lab, text):
    asked = matrix(lab, GIVEN[not text.isascii()])
    found = matrix(lab, text)
    same = found.shape == asked.shape and bool((sorted_rows(found) == sorted_rows(asked)).all())
    assert same == (text in RIGHT)
    assert check(Reply(text), lab).right == same


@pytest.mark.parametrize("text", GIVEN)
def test_the_sentence_itself_is_not_another_order(lab, text):
    verdict = check(Reply(text + "\n"), lab)
    assert not verdict.right
    assert "itself" in verdict.why


def test_what_is_amiss_is_told(lab):
    capital = check(Reply(WRONG[0]), lab).why
    assert 'lacks "He", "␣she"' in capital
    assert "another row" in capital
    other = check(Reply(WRONG[2]), lab).why
    assert 'It lacks "␣books". It has "␣films" beyond them.' in other
    assert "another row" not in other


def test_nonsense_is_told_how_likely_it_is(lab):
    given, text = GIVEN[0], "He movies likes and she likes books."
    apart = lab.prob(text).scored.total - lab.prob(given).scored.total
    verdict = check(Reply(text), lab)
    assert verdict.right
    assert float(verdict.why.split("finds the given one ")[1].split()[0].replace(",", "")) == pytest.approx(
        math.exp(-apart), rel=0.01
    )
