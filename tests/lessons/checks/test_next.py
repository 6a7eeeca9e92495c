"""Lesson 6: a text after which one word is all but sure, by the quotient of two whole texts."""

import json
import math

import pytest

from llmlab.errors import MisuseError
from llmlab.lessons.checks.next import check
from llmlab.lessons.replies import Reply

pytestmark = pytest.mark.models


def answer(lab, text, **how):
    return Reply(json.dumps(lab.next(text, k=2, **how).document()))


def after(lab, text, word):
    """P(word | text), from both texts as wholes."""
    whole, start = (float(one.scored.total) for one in lab.prob(text + word, text).given)
    return math.exp(whole - start)


@pytest.mark.parametrize(
    ("text", "word", "right"), [("Once upon a", " time", True), ("The capital of France is", " the", False)]
)
def test_what_is_at_least_95_percent_is_right(lab, text, word, right):
    assert (after(lab, text, word) >= 0.95) is right
    assert check(answer(lab, text), lab).right is right


def test_sure_by_its_temperature_is_not_sure(lab):
    verdict = check(answer(lab, "The capital of France is", temperature=0.1), lab)
    assert not verdict.right
    assert "temperature" in verdict.why


def test_figures_that_the_labs_model_does_not_give_do_not_count(lab):
    made_up = lab.next("The capital of France is", k=1).document()
    made_up["next"][0]["probability"] = 0.99
    assert not check(Reply(json.dumps(made_up)), lab).right
    with pytest.raises(MisuseError, match="of the learner"):
        check(Reply(json.dumps(made_up | {"model": "of the learner"})), lab)
