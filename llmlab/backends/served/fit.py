"""Whether what a server draws is of softmax(z / T): counts against a list, by Pearson's chi-squared statistic."""

from collections.abc import Mapping

import numpy as np

FEWEST = 5  # expected draws of a bin; fewer are put together


def fit(counts: Mapping[str, int], logprobs: Mapping[str, float], heat: float) -> float | None:
    """How likely counts so far from softmax(z / T) are: the tail of chi-squared, None where too few are listed.

    At T = 1 what is not listed has a known mass, and is a bin; at others only those that are listed are compared.
    """
    from scipy.special import chdtrc

    weights = np.exp(np.array(list(logprobs.values())) / heat)
    seen = np.array([counts.get(name, 0) for name in logprobs], float)
    if heat == 1:
        weights = np.append(weights, max(1 - weights.sum(), 0.0))
        seen = np.append(seen, sum(counts.values()) - seen.sum())
    expected = weights / weights.sum() * seen.sum()
    large = expected >= FEWEST
    expected = np.append(expected[large], expected[~large].sum())
    seen = np.append(seen[large], seen[~large].sum())
    bins = expected > 0
    if bins.sum() < 2:
        return None
    statistic = float(((seen[bins] - expected[bins]) ** 2 / expected[bins]).sum())
    return float(chdtrc(int(bins.sum()) - 1, statistic))
