"""Filters against transformers' own."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from transformers.generation.logits_process import (
    LogitsProcessorList,
    MinPLogitsWarper,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

from llmlab.backends.sampling import distribution, entropy, top
from llmlab.backends.settings import Settings
from llmlab.errors import MisuseError

logits_of_any_model = arrays(np.float32, st.integers(2, 50), elements=st.floats(-30, 30, width=32))
temperatures = st.floats(0.01, 100)


def random_logits(seed: int, size: int = 1000) -> np.ndarray:
    return (np.random.default_rng(seed).standard_normal(size) * 4).astype(np.float32)


def transformers_distribution(logits: np.ndarray, wanted: Settings) -> np.ndarray:
    """Probabilities that `generate` of transformers would draw from."""
    warpers = LogitsProcessorList([TemperatureLogitsWarper(wanted.temperature)])
    if wanted.top_k:
        warpers.append(TopKLogitsWarper(wanted.top_k))
    if wanted.top_p < 1:
        warpers.append(TopPLogitsWarper(wanted.top_p))
    if wanted.min_p:
        warpers.append(MinPLogitsWarper(wanted.min_p))
    warped = warpers(torch.zeros((1, 1), dtype=torch.long), torch.from_numpy(logits)[None])
    return torch.softmax(warped[0].double(), -1).numpy()


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    "wanted",
    [
        Settings(),
        Settings(temperature=0.3),
        Settings(temperature=2.5),
        Settings(top_k=1),
        Settings(top_k=40),
        Settings(top_k=5000),
        Settings(top_p=0.9),
        Settings(top_p=0.01),
        Settings(min_p=0.05),
        Settings(min_p=1.0),
        Settings(temperature=1.7, top_k=50, top_p=0.8, min_p=0.02),
        Settings(temperature=0.7, top_k=200, top_p=0.95),
    ],
)
def test_filters_keep_what_transformers_keeps(wanted: Settings, seed: int) -> None:
    logits = random_logits(seed)
    expected = transformers_distribution(logits, wanted)
    ours = np.exp(distribution(logits, wanted))
    assert np.array_equal(ours > 0, expected > 0)
    np.testing.assert_allclose(ours, expected, atol=1e-6)


def test_ties_with_the_kth_token_stay_as_in_transformers() -> None:
    logits = np.array([1, 3, 2, 2, 0], np.float32)
    ours = np.exp(distribution(logits, Settings(top_k=2)))
    assert (ours > 0).tolist() == [False, True, True, True, False]
    np.testing.assert_allclose(ours, transformers_distribution(logits, Settings(top_k=2)), atol=1e-7)


@given(
    logits_of_any_model,
    temperatures,
    st.integers(0, 60),
    st.floats(0.01, 1),
    st.floats(0, 1),
)
def test_every_distribution_sums_to_one(logits: np.ndarray, t: float, k: int, p: float, min_p: float) -> None:
    probabilities = np.exp(distribution(logits, Settings(t, k, p, min_p)).astype(np.float64))
    assert probabilities.sum() == pytest.approx(1, abs=1e-5)


@given(logits_of_any_model)
def test_temperature_zero_puts_everything_on_the_argmax(logits: np.ndarray) -> None:
    probabilities = np.exp(distribution(logits, Settings(temperature=0)))
    assert probabilities[int(np.argmax(logits))] == 1
    assert probabilities.sum() == 1


@given(logits_of_any_model)
def test_a_huge_temperature_makes_all_tokens_equal(logits: np.ndarray) -> None:
    assert entropy(distribution(logits, Settings(temperature=1e6))) == pytest.approx(np.log(len(logits)), abs=1e-3)


@given(logits_of_any_model, temperatures, st.floats(1, 10))
def test_entropy_does_not_fall_as_temperature_rises(logits: np.ndarray, cool: float, factor: float) -> None:
    warm = entropy(distribution(logits, Settings(temperature=cool * factor)))
    assert warm >= entropy(distribution(logits, Settings(temperature=cool))) - 1e-4


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("temperature", [1e-300, 1e-45, 1e-30, 1e30, 1e300])
def test_no_temperature_overflows(temperature: float) -> None:
    logits = np.array([3e38, -3e38, 0, -np.inf, 80], np.float32)
    with np.errstate(over="ignore"):  # 3e38 - (-3e38) is itself more than a float32 holds
        probabilities = np.exp(distribution(logits, Settings(temperature=temperature)))
    assert not np.isnan(probabilities).any()
    assert probabilities.sum() == pytest.approx(1)
    assert probabilities[3] == 0  # impossible at any temperature


@given(st.sampled_from([1e-30, 1e30]), logits_of_any_model)
def test_extreme_temperatures_approach_argmax_and_uniform(temperature: float, logits: np.ndarray) -> None:
    probabilities = np.exp(distribution(logits, Settings(temperature=temperature)))
    likeliest = logits == logits.max() if temperature < 1 else np.ones(len(logits), bool)
    apart = np.diff(np.unique(logits))
    if temperature > 1 or not len(apart) or apart.min() > 1e-6:
        np.testing.assert_allclose(probabilities, likeliest / likeliest.sum(), atol=1e-6)


@pytest.mark.parametrize(
    "wrong",
    [
        {"temperature": -0.1},
        {"temperature": float("nan")},
        {"temperature": float("inf")},
        {"top_k": -1},
        {"top_p": 0.0},
        {"top_p": 1.1},
        {"min_p": -0.1},
        {"min_p": 1.1},
    ],
)
def test_impossible_settings_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(MisuseError):
        Settings(**wrong)  # type: ignore[arg-type]


def test_equal_tokens_are_listed_by_id() -> None:
    assert top(np.array([1, 2, 2, 0, 2], np.float32), 2).tolist() == [1, 2]
    assert top(np.array([1, 2], np.float32), 0).tolist() == []
    assert top(np.array([1, 2], np.float32), 9).tolist() == [1, 0]
