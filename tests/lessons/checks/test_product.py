"""Lesson 5: five factors, from the probabilities of two beginnings."""

import math

import pytest

from llmlab.lessons.checks.product import check
from llmlab.lessons.replies import Reply

pytestmark = pytest.mark.models


@pytest.fixture(scope="module")
def logs(lab):
    """log P that a text begins with these characters, each asked by itself."""
    return {
        text: lab.prob(text, by="character").document()["texts"][0]["prefix_logprob_nats"]
        for text in ("明", "明天天气很好")
    }


def test_the_quotient_of_two_beginnings_is_right(lab, logs):
    product = math.exp(logs["明天天气很好"] - logs["明"])
    assert check(Reply(f"{product:.3g}"), lab).right
    assert not check(Reply(f"{product * 1.05:.4g}"), lab).right


@pytest.mark.parametrize(
    ("of", "said"),
    [
        (lambda whole, first: math.exp(whole), "is in it"),
        (lambda whole, first: whole - first, "logarithm"),
        (lambda whole, first: math.exp(first), "leaves out"),
        (lambda whole, first: 0.5, "five factors"),
    ],
)
def test_another_number_is_told_what_it_is(lab, logs, of, said):
    verdict = check(Reply(str(of(logs["明天天气很好"], logs["明"]))), lab)
    assert not verdict.right
    assert said in verdict.why
