"""Pearson's statistic lets right samples pass and wrong ones not, as statistics says."""

import math
from collections import Counter

import numpy as np
import pytest
from scipy import stats

from llmlab.backends.served.fit import fit

MASSES = 1 / np.arange(1, 201)  # Zipf's law
LISTED = 50


def softmax(heat):
    weights = (MASSES / MASSES.sum()) ** (1 / heat)
    return weights / weights.sum()


def tails(drawn, asked, times=1000, samples=100):
    """What is found of samples at one temperature that are held against another."""
    noise = np.random.default_rng(7)
    logprobs = {str(place): math.log(mass) for place, mass in enumerate(softmax(1)[:LISTED])}
    draws = noise.choice(len(MASSES), (times, samples), p=softmax(drawn))
    return [fit(Counter(map(str, row)), logprobs, asked) for row in draws]


@pytest.mark.parametrize("heat", [1.0, 0.5])
def test_right_samples_are_evenly_likely(heat):
    found = np.array(tails(heat, heat))
    assert (found < 1e-3).sum() <= 8  # 1 is expected; more than 8 in one of 10^6 runs
    assert 0.45 < found.mean() < 0.55


@pytest.mark.parametrize(("drawn", "asked"), [(1.0, 0.5), (1.5, 0.5), (0.5, 1.0)])
def test_samples_of_another_temperature_do_not_pass(drawn, asked):
    found = np.array(tails(drawn, asked, times=200))
    assert (found < 1e-4).mean() > 0.99


def test_it_is_the_textbooks_statistic():
    logprobs = {"a": math.log(0.5), "b": math.log(0.3), "c": math.log(0.1)}
    counts = Counter(a=44, b=36, c=9, d=7, e=4)
    wanted = stats.chisquare([44, 36, 9, 11], [50, 30, 10, 10]).pvalue
    assert fit(counts, logprobs, 1.0) == pytest.approx(wanted)


def test_what_is_not_listed_counts_at_no_other_temperature():
    logprobs = {"a": math.log(0.4), "b": math.log(0.2)}
    wanted = stats.chisquare([78, 22], [80, 20]).pvalue
    assert fit(Counter(a=78, b=22, c=50), logprobs, 0.5) == pytest.approx(wanted)


def test_too_few_say_nothing():
    assert fit(Counter(a=3), {"a": math.log(0.5)}, 0.5) is None
