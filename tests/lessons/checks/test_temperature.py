"""Lesson 7: the temperature at which one answer is one half, by a softmax of the model's own scores."""

import numpy as np
import pytest

from llmlab.errors import MisuseError
from llmlab.lessons.checks.temperature import check
from llmlab.lessons.replies import Reply

pytestmark = pytest.mark.models


@pytest.fixture(scope="module")
def heat_of(lab):
    """The temperature at which the likeliest answer has so much, found by halving."""
    logs = np.asarray(
        lab.next("Question: What is the capital of France?\nAnswer:", k=1, by="token").logprobs, np.float64
    )

    def found(chance):
        low, high = 0.01, 10.0
        for _ in range(50):
            heat = (low + high) / 2
            scores = np.exp((logs - logs.max()) / heat)
            low, high = (heat, high) if scores.max() / scores.sum() > chance else (low, heat)
        return low

    return found


def test_the_temperature_of_one_half_is_right(lab, heat_of):
    for chance in (0.5, 0.485, 0.515):
        assert check(Reply(f"{heat_of(chance):.4f}"), lab).right


@pytest.mark.parametrize(("chance", "said"), [(0.53, "too cold"), (0.47, "too hot")])
def test_a_near_one_is_told_which_way_to_go(lab, heat_of, chance, said):
    verdict = check(Reply(f"T = {heat_of(chance):.4f}"), lab)
    assert not verdict.right
    assert said in verdict.why


def test_below_zero_is_misuse(lab):
    with pytest.raises(MisuseError, match="below 0"):
        check(Reply("-1"), lab)
