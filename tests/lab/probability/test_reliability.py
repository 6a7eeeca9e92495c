"""Bins and errors against scikit-learn and sums by hand; what is true is found true, and what is not is not."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmlab.lab.probability import resampling
from llmlab.lab.probability.reliability import DECADES, Forecasts, reliability


def forecasts(top, right):
    """Of a likeliest token and the rest of the probability on one other, in the decade of each."""
    masses = np.zeros((len(top), DECADES))
    decades = [np.minimum(np.floor(-np.log10(p)), DECADES - 1).astype(int) for p in (top, 1 - top)]
    for p, decade in zip((top, 1 - top), decades, strict=True):
        np.add.at(masses, (np.arange(len(top)), decade), p)
    return Forecasts(top, right, masses, np.where(right, *decades))


def drawn(seed, count, bent=0.0):
    """Likeliest tokens that come as often as their P says, or `bent` less."""
    rng = np.random.default_rng(seed)
    top = rng.beta(2, 2, count) * 0.98 + 0.01
    return forecasts(top, rng.random(count) < top - bent * top)


@given(st.integers(2, 20), st.integers(0, 99))
def test_bins_are_those_of_scikit_learn(bins, seed):
    calibration = pytest.importorskip("sklearn.calibration")
    given_, few = drawn(seed, 20 * bins), 2
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(resampling, "RESAMPLES", few)
        found = reliability(given_, bins, 0)
    shares, said = calibration.calibration_curve(given_.right, given_.top, n_bins=bins, strategy="quantile")
    np.testing.assert_allclose([one.share for one in found.top], shares, atol=1e-12)
    np.testing.assert_allclose([one.said for one in found.top], said, atol=1e-12)
    assert found.error == pytest.approx(np.abs(shares - said).mean())  # bins of equal mass
    assert {one.positions for one in found.top} == {20}


def test_bins_that_do_not_part_evenly_differ_by_one_position():
    found = reliability(drawn(3, 107), 10, 0)
    assert sorted(one.positions for one in found.top) == [10] * 3 + [11] * 7
    assert all(a.high <= b.low for a, b in zip(found.top, found.top[1:], strict=False))


@given(st.integers(10, 200), st.integers(0, 99))
def test_what_is_expected_of_all_decades_is_the_number_of_positions(count, seed):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(resampling, "RESAMPLES", 2)
        found = reliability(drawn(seed, count), 5, 0)
    assert sum(one.expected for one in found.decades) == pytest.approx(count)
    assert sum(one.seen for one in found.decades) == count
    assert found.decades[-1].low == 0
    assert [one.high for one in found.decades] == pytest.approx([10.0**-i for i in range(DECADES)])


def test_intervals_hold_the_true_share_nineteen_times_of_twenty_and_an_error_is_no_more_than_chances(monkeypatch):
    monkeypatch.setattr(resampling, "RESAMPLES", 200)
    found = [reliability(drawn(seed, 600), 10, seed) for seed in range(40)]
    inside = [one.interval[0] <= one.said <= one.interval[1] for each in found for one in each.top]
    assert 0.92 <= np.mean(inside) <= 0.98
    by_chance = [each.by_chance for each in found]
    assert np.mean([each.error for each in found]) == pytest.approx(np.mean(by_chance), rel=0.1)


@pytest.mark.parametrize("bent", [0.0, 0.3])
def test_the_interval_of_the_error_holds_what_it_is_on_average_on_other_texts(monkeypatch, bent):
    monkeypatch.setattr(resampling, "RESAMPLES", 200)
    found = [reliability(drawn(seed, 600, bent), 10, seed) for seed in range(40)]
    mean = np.mean([each.error for each in found])
    inside = [each.interval[0] <= mean <= each.interval[1] for each in found]
    assert np.mean(inside) >= 0.85
    assert mean == pytest.approx(0.3 * 0.5 if bent else found[0].by_chance, rel=0.15)
    assert all((each.interval[0] > each.by_chance) == bool(bent) for each in found)


def test_the_same_seed_gives_the_same_figures():
    one, same, other = (reliability(drawn(1, 100), 4, seed) for seed in (1, 1, 2))
    assert one == same
    assert one.top[0].interval != other.top[0].interval
    assert one.error == other.error
