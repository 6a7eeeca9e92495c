"""Samples: what T = 0 gives, what they depend on, and how often each token is drawn."""

from collections.abc import Sequence

import numpy as np
import pytest
import torch
from scipy import stats
from transformers import AutoModelForCausalLM
from transformers.generation.logits_process import (
    MinPLogitsWarper,
    RepetitionPenaltyLogitsProcessor,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

from llmlab.errors import MisuseError
from llmlab.lab.prompt import read
from llmlab.lab.temperature import generate, growing
from llmlab.lab.temperature.drawn import Plan

PROMPT = "The cat sat on"


def sample(model, text, plan):
    """The samples in the plan's order."""
    found = generate.sample(model, read(model, text), plan, plan.places)
    order = {t: place for place, t in enumerate(plan.temperatures)}
    return sorted(found, key=lambda one: (order[one.temperature], one.sample))


def greedy(folder, ids: Sequence[int], count: int) -> list[int]:
    """argmax again and again, the whole text each time, in plain torch."""
    model = AutoModelForCausalLM.from_pretrained(folder).eval()
    grown = [0, *ids]
    with torch.no_grad():
        while len(grown) < 1 + len(ids) + count and grown[-1] != 1:
            grown.append(int(model(torch.tensor([grown])).logits[0, -1].argmax()))
    return grown[1 + len(ids) :]


@pytest.mark.parametrize("engine", ["lm", "llama"])
def test_zero_temperature_is_the_greedy_loop_of_plain_torch(request, lm, lm_folder, plain, engine):
    model = request.getfixturevalue(engine)
    for prompt in (PROMPT, "今天天气很", "x"):
        context = lm.encode(prompt).ids
        expected = greedy(lm_folder, context, 30)
        one, other = sample(model, prompt, Plan((0.0,), samples=2, max_tokens=30, seed=3))
        assert list(one.ids) == expected
        assert one.ids == other.ids
        logprobs = plain([*context, *expected])
        steps = range(len(context), len(context) + len(expected))
        total = sum(logprobs[i, token] for i, token in zip(steps, expected, strict=True))
        assert one.logprob == pytest.approx(total, abs=1e-2)


def test_samples_at_zero_have_one_probability_beside_other_temperatures_too(lm, llama):
    for model in (lm, llama):
        plan = Plan((1.0, 0.0, 2.0), samples=5, max_tokens=12, seed=3)
        cold = [one for one in sample(model, PROMPT, plan) if one.temperature == 0]
        assert [one.sample for one in cold] == [0, 1, 2, 3, 4]
        assert {(one.text, one.ids, one.logprob) for one in cold} == {(cold[0].text, cold[0].ids, cold[0].logprob)}


def test_both_engines_write_the_same_greedy_text(lm, llama, texts):
    plan = Plan((0.0,), max_tokens=20)
    for prompt in texts[::20]:
        assert sample(lm, prompt, plan)[0].text == sample(llama, prompt, plan)[0].text


@pytest.mark.parametrize("temperature", [0.5, 2.0])
def test_first_tokens_are_as_frequent_as_softmax_of_z_over_t(lm, plain, temperature):
    drawn = sample(lm, PROMPT, Plan((temperature,), samples=1500, max_tokens=1, seed=1))
    expected = torch.softmax(torch.tensor(plain(lm.encode(PROMPT).ids)[-1]) / temperature, -1).numpy() * 1500
    counts = np.bincount([one.ids[0] for one in drawn], minlength=600)
    rare = expected < 5
    observed, wanted = np.append(counts[~rare], counts[rare].sum()), np.append(expected[~rare], expected[rare].sum())
    assert stats.chisquare(observed, wanted * observed.sum() / wanted.sum()).pvalue > 1e-4


def test_a_sample_does_not_depend_on_what_is_drawn_beside_it(lm):
    wide = sample(lm, PROMPT, Plan((0.3, 1.0, 1.7), samples=30, max_tokens=12, seed=5))
    for temperature, count in ((1.0, 1), (1.7, 4), (0.3, 7)):
        alone = sample(lm, PROMPT, Plan((temperature,), samples=count, max_tokens=12, seed=5))
        beside = [one for one in wide if one.temperature == temperature]
        for one, other in zip(alone, beside, strict=False):
            assert (one.sample, one.ids, one.text, one.finish) == (other.sample, other.ids, other.text, other.finish)
            assert one.logprob == pytest.approx(other.logprob, abs=1e-4)


def test_the_same_seed_gives_the_same_text_and_another_seed_another(lm):
    plan = Plan((1.0,), samples=3, max_tokens=12, seed=5)
    assert sample(lm, PROMPT, plan) == sample(lm, PROMPT, plan)
    ids = {one.ids for seed in (5, 6) for one in sample(lm, PROMPT, Plan(samples=3, max_tokens=12, seed=seed))}
    assert len(ids) == 6


@pytest.mark.parametrize(
    ("prompt", "plan", "message"),
    [
        ("", Plan(), "the prompt is empty"),
        ("a", Plan(temperatures=()), "nothing to draw"),
        ("a", Plan(samples=0), "nothing to draw"),
        ("a", Plan(max_tokens=0), "nothing to draw"),
        ("a", Plan((1.0, -0.1)), "temperature -0.1 is not a number from 0 up"),
        ("a", Plan((1.0, 1.0)), "a temperature is given twice"),
        ("a", Plan((float("nan"),)), "temperature nan"),
        ("a", Plan(seed=-1), "seed -1 is negative"),
        ("a", Plan(top_p=0), "top-p 0 is outside"),
        ("a", Plan(repetition_penalty=0), "repetition penalty 0 is not above 0"),
        ("a", Plan(stop=("x", "")), "a stop text is empty"),
        ("a", Plan(max_tokens=300), "the text needs 3"),
    ],
)
def test_what_cannot_be_drawn_is_refused(lm, prompt, plan, message):
    def ask():
        plan.check()
        return sample(lm, prompt, plan)

    with pytest.raises(MisuseError, match=message):
        ask()


@pytest.mark.parametrize("engine", ["lm", "llama"])
@pytest.mark.parametrize("temperature", [0.3, 1.0, 2.0])
def test_twenty_thousand_first_tokens_are_as_frequent_as_the_exact_distribution(
    request, lm, plain, engine, temperature
):
    plan = Plan((temperature,), samples=20_000, max_tokens=1, seed=11)
    drawn = sample(request.getfixturevalue(engine), PROMPT, plan)
    exact = torch.softmax(torch.tensor(plain(lm.encode(PROMPT).ids)[-1]) / temperature, -1).numpy()
    best = np.argsort(-exact)[:50]
    counts = np.bincount([one.ids[0] for one in drawn], minlength=600)[best]
    observed, wanted = np.append(counts, 20_000 - counts.sum()), np.append(exact[best], 1 - exact[best].sum()) * 20_000
    likely = wanted >= 5  # what chi-squared asks of a cell
    observed = np.append(observed[likely], observed[~likely].sum())
    wanted = np.append(wanted[likely], max(wanted[~likely].sum(), 1e-9))
    assert stats.chisquare(observed, wanted).pvalue > 1e-4


@pytest.mark.parametrize("filters", [{"top_k": 5}, {"top_p": 0.6}, {"min_p": 0.2}, {"repetition_penalty": 1.5}])
def test_samples_come_from_the_tokens_that_transformers_would_leave(lm, plain, filters):
    ids = (0, *lm.encode(PROMPT).ids)
    logits = torch.tensor(plain(ids[1:])[-1])[None]
    warpers = {
        "top_k": TopKLogitsWarper,
        "top_p": TopPLogitsWarper,
        "min_p": MinPLogitsWarper,
        "repetition_penalty": RepetitionPenaltyLogitsProcessor,
    }
    ((name, value),) = filters.items()
    # The penalty looks at the logits themselves, the others do not mind a constant.
    with torch.no_grad():
        raw = lm._model(torch.tensor([ids])).logits[0, -1:].double()
    left = warpers[name](value)(torch.tensor([ids[1:]]), raw if name == "repetition_penalty" else logits)
    exact = torch.softmax(left, -1)[0].numpy()
    drawn = [one.ids[0] for one in sample(lm, PROMPT, Plan(samples=4000, max_tokens=1, seed=2, **filters))]
    counts = np.bincount(drawn, minlength=600)
    assert set(drawn) <= set(np.flatnonzero(exact))
    if name != "repetition_penalty":
        assert set(drawn) == set(np.flatnonzero(exact))
    likely = exact * 4000 >= 5
    observed = np.append(counts[likely], counts[~likely].sum())
    wanted = np.append(exact[likely], max(exact[~likely].sum(), 1e-12)) * 4000
    assert stats.chisquare(observed, wanted).pvalue > 1e-4


def test_repetition_counts_the_prompt_and_what_was_said(lm):
    """Greedy with the penalty is transformers' own greedy with it."""
    ids = [0, *lm.encode(PROMPT).ids]
    model = lm._model
    with torch.no_grad():
        grown = model.generate(
            torch.tensor([ids]),
            max_new_tokens=15,
            do_sample=False,
            repetition_penalty=1.3,
            eos_token_id=1,
            pad_token_id=1,
        )
    (one,) = sample(lm, PROMPT, Plan((0.0,), max_tokens=15, repetition_penalty=1.3))
    expected = grown[0, len(ids) :].tolist()
    # transformers penalises <s> too, which no text ever says again
    assert list(one.ids) == expected


def test_the_same_noise_draws_the_same_token_unless_the_temperature_changes_the_winner(lm, plain):
    temperatures = (0.2, 0.9, 1.0, 3.0)
    drawn = sample(lm, PROMPT, Plan(temperatures, samples=200, max_tokens=1, seed=4, same_noise=True))
    logprobs = plain(lm.encode(PROMPT).ids)[-1]
    for one in drawn:
        key = np.random.SeedSequence(4, spawn_key=(one.sample, 0))  # no temperature in it
        noise = np.random.Generator(np.random.SFC64(key)).standard_exponential(600)
        scores = logprobs / one.temperature - np.log(noise)  # log p and z / T differ by a constant
        assert scores[one.ids[0]] == pytest.approx(scores.max(), abs=1e-4)
    near = [[one.ids for one in drawn if one.temperature == t] for t in (0.9, 1.0)]
    free = sample(lm, PROMPT, Plan((0.9, 1.0), samples=200, max_tokens=1, seed=4))
    apart = [[one.ids for one in free if one.temperature == t] for t in (0.9, 1.0)]
    agree = [np.mean([a == b for a, b in zip(*pair, strict=True)]) for pair in (near, apart)]
    assert agree[0] > agree[1] + 0.2


def test_gumbel_draws_are_as_frequent_as_their_probability(lm, plain):
    drawn = sample(lm, PROMPT, Plan(samples=4000, max_tokens=1, seed=4, same_noise=True))
    exact = np.exp(plain(lm.encode(PROMPT).ids)[-1])
    counts = np.bincount([one.ids[0] for one in drawn], minlength=600)
    likely = exact * 4000 >= 5
    observed = np.append(counts[likely], counts[~likely].sum())
    wanted = np.append(exact[likely], exact[~likely].sum()) * 4000
    assert stats.chisquare(observed, wanted * observed.sum() / wanted.sum()).pvalue > 1e-4


@pytest.mark.parametrize("engine", ["lm", "llama"])
def test_more_samples_than_a_group_holds_are_the_same_as_fewer(request, monkeypatch, engine):
    model, plan = request.getfixturevalue(engine), Plan((0.5, 1.0), samples=7, max_tokens=6, seed=1)
    together = sample(model, PROMPT, plan)
    monkeypatch.setattr(growing, "ROWS", 3)  # the decoder starts anew four times
    for one, other in zip(sample(model, PROMPT, plan), together, strict=True):
        assert (one.temperature, one.sample, one.ids) == (other.temperature, other.sample, other.ids)
        assert one.logprob == pytest.approx(other.logprob, abs=1e-4)


def test_the_logprob_of_a_sample_is_that_of_plain_torch(lm, plain):
    context = lm.encode(PROMPT).ids
    for one in sample(lm, PROMPT, Plan((0.0, 0.5, 2.0), samples=3, max_tokens=8, seed=3)):
        rows = plain([*context, *one.ids])
        expected = sum(rows[len(context) + i][token] for i, token in enumerate(one.ids))
        assert one.logprob == pytest.approx(expected, abs=1e-3)
