"""The ways to compare two vectors are what their names say."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

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
