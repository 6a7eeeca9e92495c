"""Drawing again: against the variance that theory gives, another way to draw, and how often the truth lies inside."""

import itertools
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmlab.lab.probability import resampling
from llmlab.lab.shares import wilson


@given(st.integers(1, 200), st.integers(0, 9))
def test_places_drawn_again_are_blocks_of_consecutive_places_of_the_text(count, seed):
    length = resampling.length(count)
    for places in itertools.islice(resampling.blocks(count, seed), 3):
        assert len(places) == count
        assert places.min() >= 0
        assert places.max() < count
        steps = np.diff(places)
        assert all(steps[i] == 1 for i in range(len(steps)) if (i + 1) % length)


def test_the_variance_of_blocks_is_that_of_the_means_of_all_blocks():
    """Künsch 1989: of k blocks drawn, the variance of a block's mean among all n - l + 1, over k."""
    count, rng = 343, np.random.default_rng(1)  # 49 blocks of 7
    values = np.convolve(rng.normal(size=count + 8), np.ones(9), "valid")  # neighbours are alike
    means = [values[start : start + 7].mean() for start in range(count - 6)]
    drawn = [values[places].mean() for places in resampling.blocks(count, 3)]
    assert len(drawn) == resampling.RESAMPLES
    assert np.var(drawn) == pytest.approx(np.var(means) / 49, rel=0.12)  # 3.8 standard errors
    assert np.var(drawn) > 3 * np.var(values) / count  # as if they were independent


def test_questions_and_draws_are_drawn_each_by_itself():
    """Owen 2007, with the module random, a cell at a time."""
    rng, other = np.random.default_rng(5), random.Random(7)
    table = (rng.random((4, 12)) < rng.random(12) * 0.5 + rng.random((4, 1)) * 0.5).astype(float)
    draws, questions = resampling.crossed(4, 12, 2)
    np.testing.assert_allclose([draws.sum(axis=1), questions.sum(axis=1)], 1)
    found = np.einsum("rd,dq,rq->r", draws, table, questions)
    plain = []
    for _ in range(4000):
        rows, columns = other.choices(range(4), k=4), other.choices(range(12), k=12)
        plain.append(sum(table[row, column] for row in rows for column in columns) / 48)
    assert found.mean() == pytest.approx(table.mean(), abs=0.02)
    assert found.std() == pytest.approx(np.std(plain), rel=0.08)


def alike(rng, count, stays):
    """Right answers, half of them, each with a chance to be as the one before."""
    fresh, new = rng.random(count) < 0.5, rng.random(count) >= stays
    return fresh[np.maximum.accumulate(np.where(new, np.arange(count), 0))]


@pytest.mark.parametrize("stays", [0.0, 0.6])
def test_the_truth_lies_inside_nineteen_times_of_twenty(monkeypatch, stays):
    monkeypatch.setattr(resampling, "RESAMPLES", 200)
    inside = independent = 0
    for trial in range(200):
        right = alike(np.random.default_rng((7, trial)), 1000, stays)
        drawn = np.array([right[places].mean() for places in resampling.blocks(1000, trial)])
        low, high = resampling.interval(right.mean(), drawn, 1000)
        inside += low <= 0.5 <= high
        low, high = wilson(right.mean(), 1000)
        independent += low <= 0.5 <= high
    assert inside >= 200 * (0.9 if stays else 0.92)
    assert not stays or independent < 200 * 0.8  # what would be said without blocks


def test_where_all_are_right_the_interval_is_wilsons_of_the_trials():
    assert resampling.interval(1.0, np.ones(9), 40) == wilson(1.0, 40)
    assert resampling.interval(0.0, np.array([0.0, 1e-17]), 40) == wilson(0.0, 40)  # rounding is no variance


def test_a_share_is_worth_no_more_trials_than_there_were():
    in_turn = np.arange(124) % 2
    drawn = np.array([in_turn[places].mean() for places in resampling.blocks(124, 0)])
    assert np.var(drawn) < 0.25 / 124  # blocks of what comes in turn are more alike than chance makes them
    assert resampling.interval(0.5, drawn, 124) == wilson(0.5, 124)
    assert resampling.interval(0.5, np.array([0.5 - 1e-9, 0.5 + 1e-9]), 40, answers=120) == wilson(0.5, 120)
