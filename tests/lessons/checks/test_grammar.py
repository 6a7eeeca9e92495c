"""Lesson 2: the same words in two orders, a million times apart."""

import json
import math

import pytest

from llmlab.errors import MisuseError
from llmlab.lessons.checks.grammar import check
from llmlab.lessons.replies import Reply

pytestmark = pytest.mark.models


def answer(lab, *texts):
    return Reply(json.dumps(lab.prob(*texts).document()))


def apart(lab, one, other):
    """How many times likelier, each text asked alone."""
    return math.exp(float(lab.prob(one).scored.total) - float(lab.prob(other).scored.total))


def test_two_orders_that_are_a_million_times_apart_are_right(lab):
    assert apart(lab, "He likes movies.", "movies likes He.") > 1e6
    assert check(answer(lab, "He likes movies.", "movies likes He."), lab).right


def test_156_000_times_are_not_enough(lab):
    assert 1e5 < apart(lab, "He likes movies.", "He movies likes.") < 2e5
    verdict = check(answer(lab, "He likes movies.", "He movies likes."), lab)
    assert not verdict.right
    assert "not yet a million" in verdict.why


def test_other_words_are_no_other_order(lab):
    verdict = check(answer(lab, "I see a cat.", "I see a xxyy."), lab)
    assert not verdict.right
    assert "same words" in verdict.why


def test_three_texts_are_told_that_two_are_asked_for(lab):
    verdict = check(answer(lab, "He likes movies.", "He movies likes.", "likes He movies."), lab)
    assert not verdict.right
    assert "two different texts" in verdict.why


def test_figures_that_the_labs_model_does_not_give_do_not_count(lab):
    made_up = lab.prob("He likes movies.", "He movies likes.").document()
    made_up["texts"][1]["logprob_nats"] = -100.0
    assert not check(Reply(json.dumps(made_up)), lab).right
    with pytest.raises(MisuseError, match="of the learner"):
        check(Reply(json.dumps(made_up | {"model": "of the learner"})), lab)


def test_another_punctuation_is_no_other_order(lab):
    verdict = check(answer(lab, "He likes movies.", "He, likes; movies!!!???"), lab)
    assert not verdict.right
    assert "two different texts" in verdict.why


def test_a_text_of_one_token_has_no_probability_without_bos(lab):
    assert len(lab.tokens("天气").records()) == 1
    texts = [{"text": "天气", "logprob_nats": None}, {"text": "气天", "logprob_nats": -20.0}]
    with pytest.raises(MisuseError, match="has no BOS"):
        check(Reply(json.dumps({"model": "gemma-3-270m", "bos": None, "texts": texts})), lab)


def test_what_smollm_gives_without_bos_is_judged(lab):
    told = lab.prob("cat", "Cat", model="smollm2-135m-instruct").document()
    assert [one["logprob_nats"] for one in told["texts"]] == [None, None]
    assert not check(Reply(json.dumps(told)), lab).right
