"""A map of vectors: their two principal components, and how much of what sets them apart lies in the plane.

Principal component analysis (Pearson 1901; Hotelling 1933) by the singular value decomposition of the centred rows
(llmlab/lab/vectors/map.py: `project`). Every map of words is drawn from it, on the screen and as a picture.
"""

import numpy as np

from llmlab.arrays import Doubles, Floats


def project(vectors: Floats | Doubles) -> tuple[Doubles, tuple[float, float]]:
    """Where each of vectors [N, D] lies in the plane of most variance, [N, 2], and the share that each axis has of it.

    Of words compared by cosine hand in rows of unit length: it sees nothing else. The sign of an axis is free: the
    number of largest magnitude is positive, so that a map is the same every time. Vectors that are all one, and a
    second axis where there is none, lie at 0 and have a share of 0.
    """
    centred = vectors - vectors.mean(axis=0, dtype=np.float64)  # [N, D] float64
    left, sizes, _ = np.linalg.svd(centred, full_matrices=False)
    count, variance = min(2, len(sizes)), float((sizes**2).sum())
    if not variance:
        return np.zeros((len(vectors), 2)), (0.0, 0.0)
    xy = np.zeros((len(vectors), 2))
    xy[:, :count] = left[:, :count] * sizes[:count]
    for axis in range(count):
        farthest = xy[np.abs(xy[:, axis]).argmax(), axis]
        xy[:, axis] *= 1.0 if farthest >= 0 else -1.0
    shares = [*(sizes[:count] ** 2 / variance), 0.0]
    return xy, (float(shares[0]), float(shares[1]))


def onto(vectors: Floats | Doubles, of: Floats | Doubles) -> tuple[Doubles, tuple[float, float]]:
    """Where vectors [N, D] lie in the plane of others [M, D], whose principal components it is, [N, 2]; and its shares.

    Of the others themselves it is what `project` says. Several tables of the same words are seen from one side.
    """
    xy, shares = project(of)
    centre, sizes = of.mean(axis=0, dtype=np.float64), (xy**2).sum(axis=0)
    axes = (of - centre).T @ xy / np.where(sizes > 0, sizes, 1)  # [D, 2]: xy = (of - centre) @ axes
    return np.asarray((vectors - centre) @ axes), shares
