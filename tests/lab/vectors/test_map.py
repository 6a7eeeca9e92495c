"""A map of vectors is their two principal components."""

import numpy as np
import pytest

from llmlab.lab.vectors.map import project


@pytest.fixture
def vectors():
    return np.random.default_rng(0).normal(size=(12, 5)).astype(np.float32) * [5, 3, 1, 1, 0.5]


def test_the_axes_are_the_largest_eigenvectors_of_the_covariance(vectors):
    xy, shares = project(vectors)
    values, axes = np.linalg.eigh(np.cov(vectors.T, bias=True))
    expected = (vectors - vectors.mean(axis=0)) @ axes[:, [-1, -2]]
    assert np.abs(xy) == pytest.approx(np.abs(expected), abs=1e-6)
    assert shares == pytest.approx(values[[-1, -2]] / values.sum(), abs=1e-6)


def test_a_map_is_the_same_when_every_vector_is_turned_round(vectors):
    """The signs of an SVD are free, and differ from machine to machine."""
    largest = np.abs(project(vectors)[0]).argmax(axis=0)
    assert (project(vectors)[0][largest, [0, 1]] > 0).all()
    assert project(-vectors)[0][np.abs(project(-vectors)[0]).argmax(axis=0), [0, 1]].min() > 0


def test_points_of_a_plane_keep_their_distances():
    plane = np.array([[0.0, 0, 7], [3, 4, 7], [6, 0, 7], [1, 1, 7]])
    xy, shares = project(plane)
    apart = np.linalg.norm(xy[:, None] - xy[None], axis=-1)
    assert apart == pytest.approx(np.linalg.norm(plane[:, None] - plane[None], axis=-1), abs=1e-12)
    assert sum(shares) == pytest.approx(1)


@pytest.mark.parametrize(
    ("rows", "shares"), [([[1.0, 2.0]], (0, 0)), ([[3.0, 3.0]] * 4, (0, 0)), ([[1.0], [2.0]], (1, 0))]
)
def test_what_has_no_plane_still_has_a_map(rows, shares):
    xy, found = project(np.array(rows))
    assert xy.shape == (len(rows), 2)
    assert np.isfinite(xy).all()
    assert found == pytest.approx(shares)
