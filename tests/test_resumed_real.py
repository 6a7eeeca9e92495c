"""The default model, whose float16 digits depend on what is computed beside, says the same where a run goes on."""

import random

import pytest
from deaf import Deaf

from llmlab.config import load
from llmlab.lab.prompt import read
from llmlab.lab.temperature.drawn import Plan
from llmlab.lab.temperature.many import Job, sample_each
from llmlab.models.library import Library

pytestmark = pytest.mark.models

PLAN = Plan(temperatures=(0.0, 1.2), samples=66, max_tokens=4, seed=3)  # 67 rows: more than a group
PROMPTS = ("The capital of France is", "今天天气")


def test_a_run_that_goes_on_says_the_very_digits_of_an_uninterrupted_one():
    def model():
        return Library(load(None), Deaf()).causal_lm()

    def drawn(lm, places, known):
        jobs = [Job(read(lm, text), places[text], known[text]) for text in PROMPTS]
        return {(one.job.prompt.asked, one.sample) for one in sample_each(lm, jobs, PLAN)}

    whole = drawn(model(), dict.fromkeys(PROMPTS, PLAN.places), dict.fromkeys(PROMPTS, ()))
    own = random.Random(1)
    known = {text: [one for asked, one in whole if asked == text and own.random() < 0.8] for text in PROMPTS}
    there = {text: {(one.temperature, one.sample) for one in known[text]} for text in PROMPTS}
    lost = {text: [place for place in PLAN.places if place not in there[text]] for text in PROMPTS}
    assert drawn(model(), lost, known) == whole
