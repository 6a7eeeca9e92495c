"""What a page lets play with of the temperature lab: first tokens beside what was seen, and a sample step by step."""

from collections import Counter

import pytest

from llmlab.lab.prompt import read
from llmlab.lab.shaded import FULL
from llmlab.lab.temperature.drawn import Plan
from llmlab.lab.temperature.generate import sample, stream
from llmlab.lab.temperature.prompts import FEW, Prompts
from llmlab.lab.temperature.samples import summarise
from llmlab.lab.temperature.trace import Trace
from llmlab.lab.text import show


def drawn(lm, text="the cat", **plan):
    plan = Plan(**{"temperatures": (0.0, 0.7, 2.0), "samples": 20, "max_tokens": 2, **plan})
    prompt = read(lm, text, raw=True)
    return summarise(lm, prompt, plan, sample(lm, prompt, plan, plan.places))


@pytest.mark.parametrize("plan", [{}, {"top_k": 3}, {"top_p": 0.5}, {"temperatures": (0.0,)}])
def test_the_first_tokens_are_the_likeliest_with_the_share_of_samples_that_begin_with_them(lm, plan):
    found = drawn(lm, **plan)
    (panel,) = found.panels()
    order = (-found.first_logprobs).argsort(kind="stable").tolist()[: len(panel.tokens)]
    assert list(panel.tokens) == [show(lm.piece(token)) for token in order]
    assert list(panel.temperatures) == list(found.plan.temperatures)
    for seen in panel.seen:
        begins = Counter(one.ids[0] for one in found.samples if one.temperature == seen.temperature)
        assert seen.draws == 20
        assert list(seen.shares) == [begins[token] / 20 for token in order]
    assert (panel.top_k, panel.top_p) == (found.plan.top_k, found.plan.top_p)


def test_one_sample_has_no_first_tokens_to_count(lm):
    assert drawn(lm, samples=1).panels() == []


def test_few_prompts_have_a_panel_each_and_many_none(lm):
    one = drawn(lm)
    assert len(Prompts("prompts", [one] * FEW).panels()) == FEW
    assert Prompts("prompts", [one] * (FEW + 1)).panels() == []


def test_a_sample_is_shaded_by_its_surprise_to_the_model_itself(lm):
    prompt, plan = read(lm, "the cat", raw=True), Plan((1.5,), max_tokens=6)
    *_, (_, last) = stream(lm, prompt, plan, trace=True)
    found = Trace(prompt, plan, last, summarise(lm, prompt, plan, [last]).origin)
    (panel,) = found.panels()
    assert panel.columns[0] == "instead, at T = 1.5"
    for part, record in zip(panel.parts, found.records(), strict=True):
        assert part.text == record["token"]
        assert part.share == pytest.approx(min(-record["logprob_nats"] / 0.6931471805599453 / FULL, 1))
        assert dict(part.facts)["rank"] == f"{record['rank']:,}"
        assert len(part.others) == len(record["alternatives"])
