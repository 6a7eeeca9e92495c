"""Draws against the distribution that they are from, and what a draw depends on."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from llmlab.backends.sampling import draw, draw_plain, noise, race

WAYS = pytest.mark.parametrize("way", [race, draw])
MANY = 8_000


def fits(drawn: np.ndarray, probabilities: np.ndarray) -> bool:
    """Whether chi-squared finds tokens as frequent as their probability; the rare ones count together."""
    expected = probabilities * len(drawn)
    counts = np.bincount(drawn, minlength=len(expected))
    rare = expected < 5
    observed = np.append(counts[~rare], counts[rare].sum())
    wanted = np.append(expected[~rare], expected[rare].sum())
    some = wanted > 0
    assert observed[~some].sum() == 0
    found = stats.chisquare(observed[some], wanted[some] * observed.sum() / wanted.sum()).pvalue
    return not found < 1e-4  # nan of a single cell


def logits_like_a_models(size: int) -> np.ndarray:
    return (np.random.default_rng(size).standard_normal(size) * 3).astype(np.float32)


@WAYS
@pytest.mark.parametrize("size", [1, 2, 511, 512, 513, 2000])
def test_draws_are_as_frequent_as_their_probability(way, size: int) -> None:
    weights = np.exp(logits_like_a_models(size))
    drawn = np.array([way(weights, noise(1, i, 0)) for i in range(MANY)])
    assert fits(drawn, weights.astype(np.float64) / weights.sum(dtype=np.float64))


@pytest.mark.parametrize("temperature", [0.4, 1.0, 2.0, 3.0])
def test_plain_draws_are_as_frequent_as_softmax_of_z_over_t(temperature: float) -> None:
    logits = logits_like_a_models(1200)
    found = [draw_plain(logits, temperature, noise(2, i, 0, temperature)) for i in range(MANY)]
    exact = np.exp(logits.astype(np.float64) / temperature)
    assert fits(np.array([token for token, _ in found]), exact / exact.sum())
    logprobs = logits - np.log(np.exp(logits.astype(np.float64)).sum())  # at T = 1, whatever T
    assert all(logprob == pytest.approx(logprobs[token], abs=1e-5) for token, logprob in found[:200])


def test_the_steps_of_one_sample_are_as_frequent_as_their_probability() -> None:
    weights = np.exp(logits_like_a_models(800))
    drawn = np.array([draw(weights, noise(3, 0, step, 1.0)) for step in range(MANY)])
    exact = weights.astype(np.float64) / weights.sum(dtype=np.float64)
    assert fits(drawn, exact)
    cells = np.where(drawn < 512, 0, 1) * 2 + drawn % 2  # what follows does not depend on what was drawn
    follows = np.histogram2d(cells[:-1], cells[1:], bins=4)[0]
    assert stats.chi2_contingency(follows).pvalue > 1e-4


class Given:
    """Noise that is known."""

    def __init__(self, value: float | np.ndarray) -> None:
        self.value = value

    def standard_exponential(self, size: int) -> np.ndarray:
        return np.resize(np.asarray(self.value, np.float64), size)


@WAYS
@given(
    st.integers(1, 1500).flatmap(
        lambda size: st.lists(st.integers(0, size - 1), min_size=1, max_size=5).map(
            lambda support: (size, sorted(set(support)))
        )
    ),
    st.sampled_from([0.0, 5e-324, 1e-30, 1.0, 745.0, 1e299]),
    st.sampled_from([1.0, 1e-38, 1e-45]),
)
def test_a_token_of_probability_zero_is_never_drawn(way, case, extreme: float, least: float) -> None:
    """Not even where all noise is as small or as large as it gets; the likeliest token's weight is 1."""
    size, support = case
    weights = np.zeros(size, np.float32)
    weights[support] = least
    weights[support[0]] = 1
    assert way(weights, Given(extreme)) in support


def test_noise_that_was_rounded_to_zero_never_wins() -> None:
    """numpy's own float32 noise holds zeros; argmin E / p would draw those tokens whatever their probability."""
    generator, seen = np.random.default_rng(0), 0
    weights = np.ones(2**18, np.float32)
    for _ in range(150):
        rounded = generator.standard_exponential(2**18, dtype=np.float32)
        zeros = np.flatnonzero(rounded == 0)
        seen += len(zeros)
        assert race(weights, Given(rounded)) not in zeros
    assert seen > 0
    assert race(np.array([0.1, 0.9]), Given(np.array([0.0, 1.0]))) == 1


def test_one_race_is_the_argmax_of_log_p_plus_gumbel_noise() -> None:
    logits = logits_like_a_models(3000)
    for step in range(50):
        exponential = noise(4, 2, step, 0.5).standard_exponential(3000)
        gumbel = -np.log(exponential)
        assert race(np.exp(logits), noise(4, 2, step, 0.5)) == int((logits + gumbel).argmax())


def test_the_noise_of_a_step_is_its_own_and_the_same_every_time() -> None:
    keys = list(itertools.product((0, 1, 2**32, 2**40), (0, 1, 19), (0, 1), (None, 0.7, 0.9, 1.0)))
    numbers = [tuple(noise(*key).random(3)) for key in keys]
    assert len(set(numbers)) == len(keys)
    assert [tuple(noise(*key).random(3)) for key in keys] == numbers


def test_noise_stays_what_it_was_of_a_seed_and_its_step_and_so_do_texts_drawn_before() -> None:
    for temperature, own in ((None, ()), (0.7, (0x3FE6666666666666,))):  # 0.7 as float64 has it
        seeded = np.random.SeedSequence(3, spawn_key=(5, 8, *own))
        expected = np.random.Generator(np.random.SFC64(seeded)).random(4)
        assert np.array_equal(noise(3, 5, 8, temperature).random(4), expected)


@pytest.mark.parametrize("way", [race, draw])
def test_last_digits_of_the_logits_rarely_change_a_draw(way) -> None:
    """float16 logits of another batch differ by some 0.01; a cumulative sum then gave another token in 1 of 5."""
    generator = np.random.default_rng(5)
    logits = logits_like_a_models(20_000)
    near = (logits + generator.uniform(-0.01, 0.01, len(logits))).astype(np.float32)
    same = [way(np.exp(logits), noise(6, i, 0)) == way(np.exp(near), noise(6, i, 0)) for i in range(1000)]
    assert np.mean(same) > 0.985
