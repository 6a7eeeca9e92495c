"""Lesson 3: German puts the verb of a weil-clause last."""

import itertools

import pytest

from llmlab.lessons.checks.rules import check
from llmlab.lessons.replies import Reply

pytestmark = pytest.mark.models
WORDS = ("weil", "ich", "habe", "Hunger")


def best_of(lab):
    """By the probabilities of all 24 as whole texts."""
    return lab.prob(*(" ".join(order) for order in itertools.permutations(WORDS))).texts[0].text


def test_the_likeliest_order_is_right_which_is_german(lab):
    best = best_of(lab)
    assert best == "weil ich Hunger habe"
    assert check(Reply(best), lab).right
    assert check(Reply("Weil ich Hunger habe."), lab).right


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("weil ich habe Hunger", "the order of the question"),
        ("ich habe Hunger weil", "likelier than yours"),
        ("weil ich Hunger", "each of the four words"),
        ("weil ich Hunger hat", "each of the four words"),
    ],
)
def test_another_order_is_told_what_it_is(lab, answer, said):
    verdict = check(Reply(answer), lab)
    assert not verdict.right
    assert said in verdict.why
