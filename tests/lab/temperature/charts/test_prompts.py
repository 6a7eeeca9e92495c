"""The picture of many prompts: each one's measures, and the mean that Vega-Lite draws of them."""

import pytest
import vega

from llmlab.lab.prompt import read
from llmlab.lab.temperature.drawn import Plan
from llmlab.lab.temperature.expected import Expected
from llmlab.lab.temperature.generate import sample
from llmlab.lab.temperature.prompts import Prompts
from llmlab.lab.temperature.samples import summarise

TEXTS = ("The cat", "The dog", "A bird", "今天", "<b>\u202e{datum.x}</b>")


def asked(lm, texts=TEXTS, heats=(0.5, 1.0), samples=2, **more):
    plan = Plan(heats, samples, max_tokens=2, seed=3)
    prompts = [read(lm, text, raw=True) for text in texts]
    said = [summarise(lm, one, plan, sample(lm, one, plan, plan.places), **more) for one in prompts]
    return Prompts("prompts", said)


@pytest.mark.parametrize("expected", [Expected(), Expected(patterns=("e",))])
def test_each_measure_against_temperature_is_the_prompts_own(lm, expected):
    found = asked(lm, expected=expected)
    parts = [part for part in vega.parts(vega.check(found)) if "layer" in part]
    assert len(parts) == (4 if expected else 3)
    measures = [one for result in found.results for one in result.document()["temperatures"]]
    for part in parts:
        vega.same_as_records(part["data"]["values"], measures)
        assert [row["prompt"] for row in part["data"]["values"][::2]] == list(TEXTS)
        if expected:
            right = [row["right_share"] for row in part["data"]["values"]]
            assert right == [one["right"]["share"] for one in measures]


@pytest.mark.parametrize("samples", [1, 2])
def test_at_one_temperature_prompts_are_ranked_by_each_measure(lm, samples):
    found = asked(lm, heats=(0.7,), samples=samples)
    parts = [part for part in vega.parts(vega.check(found, "dark")) if "layer" in part]
    assert len(parts) == (1 if samples == 1 else 3)
    own = {result.prompt.asked: result.surprisal(0.7) for result in found.results}
    ranked = next(part for part in parts if "bits/token" in str(part))["data"]["values"]
    assert [row["prompt"] for row in ranked] == sorted(own, key=lambda text: -own[text])
    assert [row["surprisal_bits_per_token"] for row in ranked] == sorted(own.values(), reverse=True)
    assert "<b><202E>{datum.x}</b>" in vega.drawn(found)


def test_a_few_prompts_have_each_their_picture(lm):
    found = asked(lm, TEXTS[:2])
    assert [part["title"] for part in vega.check(found)["vconcat"]] == [one.chart()["title"] for one in found.results]
    assert asked(lm, TEXTS[:1]).chart()["title"]["text"] == ["The cat"]


def test_no_more_prompts_are_ranked_than_can_be_read_and_the_rest_is_said(lm):
    found = asked(lm, [f"The {number}" for number in range(42)], heats=(1.0,), samples=1)
    assert len(vega.rows(found.chart(), "prompt")) == 40
    assert "2 more prompts are not drawn" in vega.drawn(found)
