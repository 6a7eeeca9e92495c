"""Lesson 8: a pair that one model of counts gets wrong and another, of more text, right."""

import json

import pytest

import llmlab
from llmlab.errors import MisuseError
from llmlab.lessons.checks.data import check
from llmlab.lessons.replies import Reply

FEW = ["a dogs sleeps"] * 2 + ["the cat sleeps", "the cats sleep"]  # a wrong rule of few sentences
MANY = [*FEW, *["a dog sleeps"] * 8]  # which more put right


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """A lab of no models but the two that are trained here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LLMLAB_CACHE", str(tmp_path_factory.mktemp("lesson")))
        found = llmlab.open()
        for name, text in (("few", FEW), ("many", MANY)):
            found.train_ngram(name, text, order=2, min_count=1)
        yield found


def answer(own, good, bad, models=("few", "many")):
    return Reply(json.dumps(own.prob(good, bad, model=list(models)).document()))


@pytest.mark.parametrize("models", [("few", "many"), ("many", "few")])
def test_what_only_more_text_gets_right_is_right(own, models):
    assert MANY.count("a dog sleeps") > MANY.count("a dogs sleeps") > FEW.count("a dog sleeps")
    assert check(answer(own, "a dog sleeps", "a dogs sleeps", models), own).right


@pytest.mark.parametrize(
    ("good", "bad", "said"),
    [
        ("the cat sleeps", "the cat sleep", "right already"),
        ("a dogs sleeps", "a dog sleeps", "not the first"),
        ("a dog sleeps", "the dogs sleep", "differ in one word"),
        ("This cat sleeps.", "This cats sleeps.", "pair of the lesson"),
    ],
)
def test_another_pair_is_told_why_it_is_none(own, good, bad, said):
    verdict = check(answer(own, good, bad), own)
    assert not verdict.right
    assert said in verdict.why


def test_another_punctuation_is_no_pair(own):
    verdict = check(answer(own, "a dog sleeps", "a dog, sleeps!"), own)
    assert not verdict.right
    assert "differ in one word" in verdict.why


def test_one_model_alone_is_misuse(own):
    with pytest.raises(MisuseError, match="two texts and two models"):
        check(Reply(json.dumps(own.prob("a dog", "a dogs", model="few").document())), own)


def test_a_model_that_was_not_trained_here_is_misuse(own):
    told = own.prob("a dog", "a dogs", model=["few", "many"]).document()
    for text in told["texts"]:
        text["models"][0]["model"] = "elsewhere"
    with pytest.raises(MisuseError, match="elsewhere was not trained here"):
        check(Reply(json.dumps(told)), own)
