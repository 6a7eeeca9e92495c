"""The rows nearest to a vector.

The index proposes by float32 scores; the proposals are ranked again in float64, ties by vocabulary order, so
that the ranking is the one brute force gives. The same holds for all words within a distance.
"""

import numpy as np
from numpy.typing import NDArray

from llmlab.arrays import Doubles, Floats, Ints
from llmlab.lab.vectors.filters import Keep
from llmlab.lab.vectors.metrics import Metric
from llmlab.spaces.lookup import Query
from llmlab.spaces.space import Space

BLOCK = 10_000  # rows compared at a time
MARGIN = 16  # proposals beyond k
ROUNDING = 1e-4  # more than float32 can misplace a score, relative to the scores' scale


def scored(space: Space, query: Query, rows: Ints, metric: Metric) -> Doubles:
    """The float64 scores of rows, so many at a time: an l1 distance may leave all words of a space to compare."""
    vector = query.vector.astype(np.float64)
    blocks = [rows[start : start + BLOCK] for start in range(0, max(len(rows), 1), BLOCK)]
    return np.concatenate([metric.score(vector, space.rows(some).astype(np.float64)) for some in blocks])


def approximately(space: Space, query: Query, k: int, metric: Metric, keep: Keep | None) -> tuple[Ints, Doubles]:
    """Rows and float64 scores of up to k near ones, as an approximate index proposes them."""
    rows, scores, _ = _proposed(space, query, k + len(query.own) + MARGIN, metric, keep, exact=False)
    return rows[:k], scores[:k]


def exactly(space: Space, query: Query, k: int, metric: Metric, keep: Keep | None) -> tuple[Ints, Doubles]:
    """Rows and float64 scores of the k nearest, asking the index for more until rounding cannot hide a row."""
    wanted = k + len(query.own) + MARGIN
    while True:
        rows, scores, gap = _proposed(space, query, wanted, metric, keep, exact=True, k=k)
        settled = len(rows) >= k and gap > ROUNDING * _scale(query.vector, space.rows(rows), metric)
        if settled or wanted >= len(space.words):
            return rows[:k], scores[:k]
        wanted *= 4


def _proposed(
    space: Space, query: Query, wanted: int, metric: Metric, keep: Keep | None, exact: bool, k: int = 0
) -> tuple[Ints, Doubles, float]:
    """The index's proposals ranked in float64, and how far its k-th kept one lies from its last, by its own score."""
    found, proposals = space.search(query.vector[None], wanted, metric.name, exact)
    there = proposals[0] >= 0
    rows, proposed = proposals[0][there], found[0][there]
    scores = scored(space, query, rows, metric)
    fit = np.isfinite(scores) & able(space, query, rows, keep)  # a zero vector has no cosine
    order = metric.order(scores[fit], rows[fit])
    rows, scores, own = rows[fit][order], scores[fit][order], proposed[fit][order]
    if not 0 < k <= len(rows):
        return rows, scores, 0.0
    last = own[:k].max() if metric.ascending else own[:k].min()
    return rows, scores, float(abs(proposed[-1] - last))


def able(space: Space, query: Query, rows: Ints, keep: Keep | None) -> NDArray[np.bool_]:
    """Which rows may be neighbours: not the query's own, and those whose word is kept."""
    may = ~np.isin(rows, query.own)
    if keep is not None:
        may[may] = [keep(space.words[int(row)]) for row in rows[may]]
    return may


def _scale(query: Floats, rows: Floats, metric: Metric) -> float:
    """The size of the terms that a score sums, which bounds its float32 rounding."""
    if metric.name == "cosine":
        return 1.0
    longest = max(float(np.linalg.norm(query)), float(np.linalg.norm(rows, axis=1).max(initial=0)))
    return longest**2 if metric.name in ("dot", "l2") else longest * float(np.sqrt(len(query)))
