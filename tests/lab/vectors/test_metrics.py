"""The ways to compare two vectors are what their names say."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist

from llmlab.lab.vectors.metrics import METRICS


@settings(max_examples=50)
@given(st.lists(st.floats(-1e3, 1e3), min_size=9, max_size=9))
def test_l1_and_l2_are_distances(numbers):
    a, b, c = np.array(numbers).reshape(3, 3)
    for metric in (METRICS["l1"], METRICS["l2"]):
        score = {
            pair: metric.score(one, other[None])[0]
            for pair, (one, other) in zip(
                ("ab", "bc", "ac", "ba", "aa"), ((a, b), (b, c), (a, c), (b, a), (a, a)), strict=True
            )
        }
        assert score["aa"] == 0
        assert score["ab"] == score["ba"] >= 0
        assert score["ac"] <= score["ab"] + score["bc"] + 1e-9


@given(st.integers(1, 6), st.integers(1, 5), st.integers(0, 2**32 - 1))
def test_scores_are_scipys_and_parts_sum_to_what_is_said(rows, dimensions, seed):
    random = np.random.default_rng(seed)
    a, b = random.normal(size=dimensions), random.normal(size=(rows, dimensions))
    expected = {
        "cosine": 1 - cdist(a[None], b, "cosine")[0],
        "l2": cdist(a[None], b, "euclidean")[0],
        "l1": cdist(a[None], b, "cityblock")[0],
        "dot": np.einsum("d,nd->n", a, b),
    }
    assert METRICS.keys() == expected.keys()
    for name, metric in METRICS.items():
        scores = metric.score(a, b)
        np.testing.assert_allclose(scores, expected[name], atol=1e-12)
        wholes = scores**2 if metric.whole == "l2^2" else scores
        np.testing.assert_allclose([metric.parts(a, row).sum() for row in b], wholes, atol=1e-12)


def test_a_vector_of_zeros_has_no_cosine_and_comes_last():
    a, b = np.array([1.0, 0.0]), np.array([[0.0, 0.0], [-1e-3, 0.0], [1e-3, 0.0]])
    assert METRICS["cosine"].score(a, b).tolist() == [-np.inf, -1, 1]
    assert METRICS["cosine"].score(0 * a, b).tolist() == [-np.inf] * 3


@pytest.mark.parametrize(("name", "places"), [("cosine", [3, 1, 0, 2]), ("l2", [2, 1, 0, 3])])
def test_the_nearest_come_first_and_equals_by_row_whatever_their_last_bits(name, places):
    scores, rows = np.array([0.5 + 2e-13, 0.5, -1.0, 0.5 + 2e-12]), np.array([7, 3, 5, 9])
    assert METRICS[name].order(scores, rows).tolist() == places


@pytest.mark.parametrize(
    ("name", "statement"),
    [
        ("cosine", "cosine = a·b / (|a| |b|), higher is nearer"),
        ("l2", "l2 = sqrt(sum (a - b)^2), lower is nearer"),
        ("l1", "l1 = sum |a - b|, lower is nearer"),
        ("dot", "dot = a·b = sum a_i b_i, higher is nearer"),
    ],
)
def test_a_metric_states_its_formula_and_which_way_is_nearer(name, statement):
    assert METRICS[name].statement == statement
