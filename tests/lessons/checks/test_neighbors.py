"""The radius that finds the same words, against distances that numpy computes of all vectors of the space."""

import numpy as np
import pytest

from llmlab.errors import MisuseError
from llmlab.lessons.checks.neighbors import check
from llmlab.lessons.replies import Reply

pytestmark = pytest.mark.models


@pytest.fixture(scope="module")
def bounds(lab):
    """Which radii are right: from the farthest word whose cosine is 0.6 to the nearest of the others."""
    space = lab.shelf.open("minilm")
    vectors = space.rows(np.arange(len(space.words))).astype(np.float64)
    own = vectors[list(space.words).index("love")]
    cosines = vectors @ own / (np.linalg.norm(vectors, axis=1) * np.linalg.norm(own))
    distances = np.linalg.norm(vectors - own, axis=1)
    return distances[cosines >= 0.6].max(), distances[cosines < 0.6].min()


def test_the_radius_of_the_formula_is_right(lab, bounds):
    low, high = bounds
    assert low < np.sqrt(2 - 2 * 0.6) < high
    assert check(Reply(f"{np.sqrt(0.8):.3f}"), lab).right
    assert check(Reply(f"{low + 1e-4:.4f}"), lab).right


def test_a_little_less_loses_a_word_and_a_little_more_finds_another(lab, bounds):
    low, high = bounds
    assert not check(Reply(f"{low - 1e-3:.4f}"), lab).right
    assert not check(Reply(f"{high + 1e-3:.4f}"), lab).right


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("0.6", "the cosine itself"),
        ("0.4", "1 - cosine"),
        ("0.8", "the square"),
        ("1.2", "finds"),
        ("1e99", "finds"),
        ("-1e99", "finds 0"),
    ],
)
def test_what_is_mixed_up_is_told(lab, answer, said):
    verdict = check(Reply(answer), lab)
    assert not verdict.right
    assert said in verdict.why


def test_a_word_is_no_radius(lab):
    with pytest.raises(MisuseError):
        check(Reply("loves"), lab)
