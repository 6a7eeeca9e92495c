"""What logits come to, against torch, scipy and transformers: many rows at once, halves of floats, ties, edges."""

import math
from itertools import product

import numpy as np
import pytest
import torch
from scipy.special import logsumexp as of_scipy
from transformers.generation.logits_process import RepetitionPenaltyLogitsProcessor, TopPLogitsWarper

from llmlab.backends import sampling
from llmlab.backends.settings import Settings

VOCABULARY = 256_000  # Gemma 2's; the sums of 2^18 equal shares are exact even in float32


@pytest.fixture
def rows():
    return (np.random.default_rng(5).standard_normal((3, 7)) * 6).astype(np.float32)


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_each_row_is_normalised_by_itself_in_float32(rows, dtype):
    logits = rows.astype(dtype)
    found = sampling.log_softmax(logits)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, torch.log_softmax(torch.from_numpy(logits).double(), -1).numpy(), atol=2e-6)
    for row, whole in zip(logits, found, strict=True):
        assert np.array_equal(sampling.log_softmax(row), whole)


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_the_sum_of_a_row_is_scipys(rows, dtype):
    for row in rows.astype(dtype):
        assert sampling.logsumexp(row.astype(np.float32)) == pytest.approx(of_scipy(row.astype(float)), abs=1e-6)


def test_a_repetition_penalty_is_that_of_transformers(rows):
    around_0 = np.array([[-2, -1, -0.5, 0, 0.5, 1, 2]], np.float32)
    for penalty, (row,), seen in product((1.0, 1.3, 0.7, 2.0), (rows[:1], around_0), ([1, 4, 4], [*range(7)])):
        theirs = RepetitionPenaltyLogitsProcessor(penalty)(torch.tensor([seen]), torch.from_numpy(row[None].copy()))
        assert np.allclose(sampling.penalise(row, seen, penalty), theirs[0].numpy(), atol=1e-6)
    row = rows[0]
    untouched = row.copy()
    assert sampling.penalise(row, [], 2.0) is row
    sampling.penalise(row, [1], 2.0)
    assert np.array_equal(row, untouched)


def test_what_is_drawn_from_is_penalised_first(rows):
    settings = Settings(0.5, repetition_penalty=2.0)
    expected = torch.log_softmax(torch.from_numpy(sampling.penalise(rows[0], [2], 2.0)).double() / 0.5, -1).numpy()
    np.testing.assert_allclose(sampling.drawn_from(rows[0], [2], settings), expected, atol=1e-5)


def test_equal_tokens_stand_in_their_order():
    logprobs = np.array([0.0, -1, 0, -2, -1, 0, -1], np.float32)
    for k in range(9):
        found = sampling.top(logprobs, k)
        assert found.dtype == np.int64
        assert found.tolist() == [0, 2, 5, 1, 4, 6, 3][:k]


@pytest.mark.parametrize("p", [0.25, 0.5, 0.75, 0.999])
def test_equal_tokens_are_kept_as_transformers_keeps_them(p):
    logits = np.zeros(8, np.float32)
    theirs = TopPLogitsWarper(p)(torch.zeros((1, 1), dtype=torch.long), torch.from_numpy(logits)[None])[0]
    kept = np.isfinite(sampling.keep_top_p(sampling.log_softmax(logits), p))
    assert kept.sum() == torch.isfinite(theirs).sum() == math.ceil(8 * p)


def test_a_large_vocabulary_is_summed_without_loss():
    logprobs = np.full(VOCABULARY, -np.log(VOCABULARY), np.float32)
    kept = np.isfinite(sampling.keep_top_p(logprobs, 0.1)).sum()
    assert abs(kept - 0.1 * VOCABULARY) < 20  # in float32 it is off by more than a hundred


def test_filters_that_are_off_change_nothing(rows):
    logprobs = sampling.log_softmax(rows[0])
    assert sampling.keep_top_k(logprobs, 7) is logprobs
    assert sampling.keep_top_k(logprobs, 0) is logprobs
    assert sampling.keep_top_p(logprobs, 1) is logprobs
    assert sampling.keep_min_p(logprobs, 0) is logprobs
    many = (np.random.default_rng(6).standard_normal((100, 50)) * 6).astype(np.float32)
    for row in many:  # not their last bits either
        assert np.array_equal(sampling.distribution(row, Settings()), sampling.log_softmax(row))


def test_what_is_certain_has_no_entropy_and_no_sign():
    found = sampling.entropy(np.array([0, -np.inf], np.float32))
    assert (found, math.copysign(1, found)) == (0, 1)


@pytest.mark.parametrize("p", [0.25, 0.5, 0.75])
def test_of_equal_tokens_the_last_are_kept_on_every_machine(p):
    logprobs = sampling.log_softmax(np.tile(np.array([-9, 0], np.float32), 500))
    kept = np.flatnonzero(np.isfinite(sampling.keep_top_p(logprobs, p)))
    assert np.array_equal(kept, np.arange(1, 1000, 2)[-len(kept) :])
    assert len(kept) == pytest.approx(500 * p, abs=1)


@pytest.mark.parametrize("temperature", [0.25, 1.0, 2.0, 3.0])
def test_a_temperature_divides_the_logits(rows, temperature):
    for row in rows:
        expected = torch.log_softmax(torch.from_numpy(row).double() / temperature, -1).numpy()
        np.testing.assert_allclose(sampling.temper(row, temperature), expected, atol=1e-5)


@pytest.mark.filterwarnings("error")
def test_logits_beyond_all_floats_when_divided_are_impossible_without_a_warning():
    found = sampling.temper(np.array([5e20, -5e20], np.float32), 1e-30)
    assert found.tolist() == [0, -np.inf]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("temperature", [1e-300, 1e-30, 1e300])
def test_the_ends_of_temperature_are_argmax_and_uniform(rows, temperature):
    found = np.exp(sampling.temper(rows[0].astype(np.float16).astype(np.float32), temperature))
    best = np.eye(7)[rows[0].argmax()]
    np.testing.assert_allclose(found, best if temperature < 1 else np.full(7, 1 / 7), atol=1e-6)


def test_the_noise_of_a_step_is_its_own():
    def numbers(*of):
        return sampling.noise(*of).standard_exponential(4).tolist()

    streams = [numbers(*of) for of in product((0, 1), (0, 1), (0, 1), (None, 0.5, 1.0))]
    assert len(set(map(tuple, streams))) == len(streams)
    assert numbers(0, 1, 0, 0.5) == numbers(0, 1, 0, 0.5)
