"""Lesson 4: a blank for verbs, by the sums over the words of two classes."""

import json
import math

import pytest

from llmlab.errors import MisuseError
from llmlab.lessons.checks.blank import check
from llmlab.lessons.replies import Reply


def made_up(verbs, nouns, model="of the learner"):
    """Records of a blank in which the P of some verbs and nouns are given."""
    fillings = [("verb", p) for p in verbs] + [("noun", p) for p in nouns]
    told = [{"class": kind, "text": "I x.", "logprob_nats": math.log(p)} for kind, p in fillings]
    return Reply(json.dumps({"model": model, "fillings": told}))


@pytest.mark.models
def test_after_to_verbs_are_right(lab):
    found = lab.cloze("He wants to [?].", kind="noun,verb").document()
    assert {one["class"]: one["share"] > 0.99 for one in found["classes"]} == {"verb": True, "noun": False}
    assert check(Reply(json.dumps(found)), lab).right
    for one in found["fillings"]:
        one["logprob_nats"] += 1
    verdict = check(Reply(json.dumps(found)), lab)
    assert not verdict.right
    assert "something else" in verdict.why


@pytest.mark.models
@pytest.mark.parametrize(
    ("verbs", "nouns", "right", "said"),
    [
        ([6e-5, 5e-5], [1e-6], True, "110 times"),
        ([6e-5, 3.9e-5], [1e-6], False, "not yet a hundred"),
        ([1e-6], [6e-5, 5e-5], False, "nouns are 110 times likelier"),
    ],
)
def test_a_class_is_the_sum_of_its_words(lab, verbs, nouns, right, said):
    verdict = check(made_up(verbs, nouns), lab)
    assert verdict.right is right
    assert said in verdict.why


@pytest.mark.models
def test_one_class_alone_is_misuse(lab):
    with pytest.raises(MisuseError, match="both nouns and verbs"):
        check(made_up([0.1], []), lab)
