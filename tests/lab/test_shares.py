"""The interval of a share."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmlab.lab.shares import Z95, Share


@given(st.integers(1, 500), st.data())
def test_wilsons_interval_holds_the_shares_within_1_96_standard_errors(trials, data):
    successes = data.draw(st.integers(0, trials))
    low, high = Share(successes, trials).interval
    # The definition: p such that |share - p| <= z sqrt(p (1 - p) / n), found on a grid.
    grid = np.linspace(0, 1, 20_001)
    inside = np.abs(successes / trials - grid) <= Z95 * np.sqrt(grid * (1 - grid) / trials) + 1e-12
    assert low == pytest.approx(grid[inside].min(), abs=1e-4)
    assert high == pytest.approx(grid[inside].max(), abs=1e-4)
