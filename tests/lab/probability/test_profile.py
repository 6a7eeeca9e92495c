"""Surprisal along a text in bins: exact means, however many tokens and whatever one of them is."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmlab.lab.probability.profile import Profiler

LOGPROBS = st.lists(st.floats(-20, 0) | st.just(math.nan), min_size=1, max_size=80)


def profile(values, most):
    profiler = Profiler(most)
    profiler.add(np.array(values))
    return profiler.profile()


@given(values=LOGPROBS, most=st.sampled_from([2, 5, 64]))
def test_each_bin_is_the_mean_of_its_tokens_and_none_is_lost(values, most):
    found = profile(values, most)
    assert len(found.sums) <= most
    for place, mean in enumerate(found.means):
        own = np.array(values[place * found.width : (place + 1) * found.width])
        assert mean == pytest.approx(np.nanmean(own) if np.isfinite(own).any() else math.nan, nan_ok=True)
    assert sum(found.known) == sum(not math.isnan(one) for one in values)


def test_one_impossible_token_touches_only_the_means_that_hold_it():
    values = [-1.0] * 100
    values[10] = -math.inf
    found = profile(values, 200)
    half = found.window // 2
    assert {place for place, mean in enumerate(found.smoothed) if math.isinf(mean)} == set(range(10 - half, 11 + half))
    assert all(mean == -1 for mean in found.smoothed[11 + half :])
