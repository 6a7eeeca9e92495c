"""A sum with steps and without, against the digits that `next` gives one after the other."""

import json

import pytest

from llmlab.errors import MisuseError
from llmlab.lessons.checks.abilities import check
from llmlab.lessons.replies import Reply

pytestmark = pytest.mark.models

SUMS = [(48, 37), (34, 58), (12, 30)]


def stepwise(a, b):
    tens, ones = a // 10 * 10 + b // 10 * 10, a % 10 + b % 10
    return f"{a} + {b}: {a % 10} + {b % 10} = {ones}, {a // 10 * 10} + {b // 10 * 10} = {tens}, {tens} + {ones} ="


def greedy(lab, text):
    """The number that the likeliest tokens spell after a text."""
    said = ""
    while not said.strip() or said.strip().isdigit():
        said += lab.next(text + said, k=1, by="token").records()[0]["token"]
    return int(said.split()[0].rstrip(".,+"))


def judged(lab, prompt, **asked):
    return check(Reply(json.dumps(lab.generate(prompt, **{"temperature": 0, "max_tokens": 4} | asked).document())), lab)


def test_right_is_what_is_wrong_at_once_and_right_with_steps(lab):
    expected = {}
    for a, b in SUMS:
        at_once, after = greedy(lab, f"{a} + {b} ="), greedy(lab, stepwise(a, b))
        expected[a, b] = at_once != a + b == after
    assert set(expected.values()) == {True, False}
    assert {(a, b): judged(lab, stepwise(a, b)).right for a, b in SUMS} == expected


def test_the_model_is_told_to_be_wrong_with_steps_too(lab):
    verdict = judged(lab, "48 + 37 =")
    assert not verdict.right
    assert "and 48 + 37 is 85" in verdict.why


def test_a_sum_that_needs_no_steps_is_told(lab):
    assert "at once it is right too" in judged(lab, stepwise(12, 30)).why


def test_the_answer_must_not_stand_in_the_prompt(lab):
    assert "gives the answer away" in judged(lab, "48 + 37 = 85. So 48 + 37 =").why


def test_the_pages_own_sum_does_not_count(lab):
    assert "stands on the page" in judged(lab, stepwise(17, 25)).why
    assert "stands on the page" in judged(lab, stepwise(25, 17)).why


def test_other_records_are_refused(lab):
    with pytest.raises(MisuseError, match="begin with a sum"):
        judged(lab, "The capital of France is")
    with pytest.raises(MisuseError, match="T = 0"):
        judged(lab, "48 + 37 =", temperature=1, seed=1)
    with pytest.raises(MisuseError, match="llmlab generate"):
        check(Reply(json.dumps(lab.next("48 + 37 =").document())), lab)


def test_a_text_that_the_model_does_not_give_does_not_count(lab):
    told = lab.generate("34 + 58 =", temperature=0, max_tokens=4).document()
    assert greedy(lab, "34 + 58 =") != 92
    for one in told["prompts"][0]["samples"] if "prompts" in told else told["samples"]:
        one["text"] = " 92"
    verdict = check(Reply(json.dumps(told)), lab)
    assert not verdict.right
    assert "and 34 + 58 is 92" in verdict.why


def test_a_number_of_5000_digits_is_no_sum(lab):
    told = {"prompt": f"{'9' * 5000} + 1 =", "temperature": 0, "text": "1", "model": lab.config.model, "bos": "<bos>"}
    with pytest.raises(MisuseError, match="begin with a sum"):
        check(Reply(json.dumps(told)), lab)
