"""Samples that a server draws: from softmax(z / T) of the model, cut at stops, the same again for a seed."""

import math
from collections import Counter
from dataclasses import replace
from itertools import islice

import numpy as np
import pytest
from scipy import stats

from llmlab.errors import UnsupportedError
from llmlab.lab.prompt import read
from llmlab.lab.temperature.drawn import Plan
from llmlab.lab.temperature.generate import sample, stream
from llmlab.lab.temperature.many import Job, sample_each
from llmlab.lab.temperature.samples import draw

PLAN = Plan(temperatures=(1.0,), samples=3, max_tokens=6, seed=5)
END = 1  # </s>, which llama-server does not tell
LIKELY = 1e-3  # a statistic that comes less often is not chance


@pytest.fixture
def prompt(served):
    return read(served, "the cat", raw=True)


def drawn(served, prompt, plan, places=None):
    return list(sample(served, prompt, plan, plan.places if places is None else places))


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_first_tokens_come_as_often_as_softmax_of_plain_torch_says(served, prompt, plain, temperature):
    plan = replace(PLAN, temperatures=(temperature,), samples=300, max_tokens=1)
    counts = Counter(one.ids[0] if one.ids else END for one in drawn(served, prompt, plan))
    logits = plain(prompt.tokens.ids)[-1] / temperature
    expected = np.exp(logits - logits.max())
    expected *= 300 / expected.sum()
    large = expected >= 3
    seen = np.array([counts[token] for token in range(len(expected))], float)
    bins = [*zip(seen[large], expected[large], strict=True), (seen[~large].sum(), expected[~large].sum())]
    observed, wanted = zip(*bins, strict=True)
    assert stats.chisquare(observed, wanted).pvalue > LIKELY


def test_at_no_temperature_it_is_the_likeliest_token_each_time(served, prompt, plain):
    (one,) = drawn(served, prompt, replace(PLAN, temperatures=(0.0,), samples=1))
    ids = list(prompt.tokens.ids)
    for token in one.ids:
        assert token == plain(ids)[-1].argmax()
        ids.append(token)


def test_the_log_probability_of_a_sample_is_the_models_own_at_any_temperature(served, prompt, plain):
    for one in drawn(served, prompt, replace(PLAN, temperatures=(0.5, 2.0), samples=20)):
        ids = [*prompt.tokens.ids, *one.ids]
        rows = plain(ids)[len(prompt.tokens) :]
        own = sum(row[token] for row, token in zip(rows, one.ids, strict=False))
        assert one.logprob == pytest.approx(own, abs=1e-3 * len(one.ids))


def test_a_sample_is_the_same_whatever_is_drawn_beside_it(served, prompt):
    alone = drawn(served, prompt, PLAN, [(1.0, 2)])
    assert drawn(served, prompt, replace(PLAN, temperatures=(0.7, 1.0)))[5] == alone[0]
    assert len({one.text for one in drawn(served, prompt, replace(PLAN, samples=8))}) > 1


def test_a_text_ends_before_a_stop(served, prompt):
    (whole,) = drawn(served, prompt, PLAN, [(1.0, 0)])
    stop = whole.text[2:4]
    (cut,) = drawn(served, prompt, replace(PLAN, stop=(stop,)), [(1.0, 0)])
    assert (cut.text, cut.finish) == (whole.text[: whole.text.index(stop)], "stop")
    assert cut.ids == whole.ids[: len(cut.ids)]


def test_what_flows_by_joins_to_the_sample(served, prompt):
    parts = list(stream(served, prompt, PLAN))
    (one,) = drawn(served, prompt, PLAN, [(1.0, 0)])
    flowed = "".join(text for text, _ in parts)
    assert flowed == parts[-1][1].text
    assert flowed == one.text.rstrip("\ufffd")  # of a character that is cut off llama-server shows nothing as it flows


def test_many_prompts_come_in_their_order_and_what_is_known_is_not_drawn_again(served):
    prompts = [read(served, text, raw=True) for text in ("the cat", "the dog", "a king")]
    known = replace(drawn(served, prompts[1], PLAN)[0], text="known")
    jobs = [Job(prompts[0], PLAN.places), Job(prompts[1], PLAN.places[1:], [known]), Job(prompts[2], PLAN.places)]
    found = list(sample_each(served, iter(jobs), PLAN))
    assert [(one.job.prompt.text, one.sample.sample) for one in found] == [
        (prompt.text, number) for prompt in prompts for number in range(3)
    ]
    assert (
        [one.sample.text == "known" for one in found]
        == [not one.new for one in found]
        == [place == 3 for place in range(9)]
    )


def test_an_endless_file_of_prompts_is_read_a_little_ahead(served):
    def endless():
        number = 0
        while True:
            number += 1
            seen.append(number)
            yield Job(read(served, f"the cat {number}", raw=True), [(1.0, 0)])

    seen = []
    assert len(list(islice(sample_each(served, endless(), replace(PLAN, max_tokens=1)), 3))) == 3
    assert len(seen) < 40


def test_samples_have_measures_but_no_exact_first_tokens(served, prompt):
    found = draw(served, prompt, replace(PLAN, temperatures=(0.0, 1.0)))
    assert found.firsts == ()
    assert all(math.isfinite(one["surprisal_bits_per_token"]) for one in found.measures())
    assert "first" not in [column.name for column in found.views()[1].columns]
    assert found.chart()


def test_noise_of_our_own_is_refused(served, prompt):
    with pytest.raises(UnsupportedError, match="noise of its own"):
        drawn(served, prompt, replace(PLAN, same_noise=True))
