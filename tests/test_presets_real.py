"""The presets' own questions on the default model."""

import itertools

import pytest
from deaf import Deaf

from llmlab.config import load
from llmlab.lab.prompt import read
from llmlab.lab.temperature.drawn import Plan
from llmlab.lab.temperature.expected import Expected
from llmlab.lab.temperature.generate import sample
from llmlab.lab.temperature.samples import summarise
from llmlab.models.library import Library

pytestmark = pytest.mark.models

PRESETS = load(None).presets


@pytest.fixture(scope="module")
def model():
    return Library(load(None), Deaf()).causal_lm()


def asked(model, name, question=""):
    return read(model, question or PRESETS[name].question, template=PRESETS[name].template)


def shares(model, name, temperatures, samples):
    """The share of right answers to a preset's own question at each temperature."""
    plan = Plan(temperatures, samples=samples, max_tokens=8, seed=1, stop=PRESETS[name].stop)
    prompt = asked(model, name)
    found = summarise(model, prompt, plan, sample(model, prompt, plan, plan.places), Expected(PRESETS[name].expect))
    return [one["right"]["share"] for one in found.document()["temperatures"]]


@pytest.mark.parametrize("name", PRESETS)
def test_the_likeliest_answer_to_a_presets_question_is_right(model, name):
    assert PRESETS[name].question
    assert shares(model, name, (0.0,), 1) == [1]


@pytest.mark.parametrize(
    ("name", "question", "right"),
    [
        ("zh", "日本的首都是", "东京"),
        ("zh", "德国的首都是", "柏林"),
        ("qa-zh", "日本的首都是哪里？", "东京"),
        ("directions", "春、夏、秋、", "冬"),
        ("translate", "学校", "school"),
        ("translate", "太阳", "sun"),
        ("opposite", "black", "white"),
        ("capital", "Italy", "Rome"),
    ],
)
def test_a_preset_serves_other_questions_too(model, name, question, right):
    plan = Plan((0.0,), max_tokens=8, stop=PRESETS[name].stop)
    (answer,) = sample(model, asked(model, name, question), plan, plan.places)
    assert Expected((right,)).accepts(answer.text), answer.text


def test_the_chinese_answers_fall_from_always_right_to_hardly_ever(model):
    found = shares(model, "zh", (0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0), 20)
    assert found[:2] == [1, 1]
    assert found[4] >= 0.5
    assert found[-1] < 0.2
    assert all(later <= earlier + 0.1 for earlier, later in itertools.pairwise(found))  # but for chance
