"""Lesson 4: a blank for verbs, by the sums over the words of two classes."""

import json
import math

import pytest

import llmlab
from llmlab.errors import MisuseError
from llmlab.lessons.checks.blank import check
from llmlab.lessons.replies import Reply

pytestmark = pytest.mark.models


def apart(lab, found):
    """log of how many times likelier verbs are, from P of the whole sentences, each asked as a text."""
    known = {one.scored.text: one.scored.total for one in lab.prob(*(one["text"] for one in found)).given}
    most = max(known.values())
    verbs, nouns = (
        math.fsum(math.exp(known[one["text"]] - most) for one in found if one["class"] == kind)
        for kind in ("verb", "noun")
    )
    return math.log(verbs / nouns)


@pytest.mark.parametrize(
    ("sentence", "low", "high", "said"),
    [
        ("He wants to [?].", math.log(100), math.inf, "verbs are"),
        ("It is [?].", 0, math.log(100), "not yet a hundred"),
        ("The [?] is good.", -math.inf, 0, "nouns are"),
    ],
)
def test_a_class_is_the_sum_of_its_words(lab, sentence, low, high, said):
    told = lab.cloze(sentence, kind="noun,verb").document()
    assert low < apart(lab, told["fillings"]) < high
    del told["classes"]
    for one in told["fillings"]:
        one["logprob_nats"] = 1000.0  # no figure of the records is believed
    verdict = check(Reply(json.dumps(told)), lab)
    assert verdict.right is (high == math.inf)
    assert said in verdict.why


def test_an_answer_made_without_bos_is_asked_again_without_it(lab):
    told = llmlab.open(bos=False).cloze("He wants to [?].", kind="noun,verb").document()
    classes = {one["class"]: one["logprob_nats"] for one in told["classes"]}
    ratio = math.exp(classes["verb"] - classes["noun"])
    assert ratio < 100
    verdict = check(Reply(json.dumps(told)), lab)
    assert not verdict.right
    assert f"verbs are {ratio:.2f} times likelier" in verdict.why


def test_one_class_alone_is_misuse(lab):
    told = {"sentence": "He wants to [?].", "model": lab.config.model, "fillings": [{"class": "verb"}]}
    with pytest.raises(MisuseError, match="both nouns and verbs"):
        check(Reply(json.dumps(told)), lab)
