"""The kinds of arrays that pass between the rooms, and rows at length 1.

In comments on shapes `B` is a number of texts, `T` of tokens, `V` the vocabulary, `D` the dimension.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]
    Doubles = NDArray[np.float64]
    Ints = NDArray[np.int64]
else:  # numpy takes a sixth of the time of a command that asks a server
    Floats = Doubles = Ints = Any


def lengths(vectors: Floats | Doubles) -> Doubles:
    """Euclidean length of each row [N, D], in float64: the squares of large and small float32 numbers are none."""
    import numpy as np

    return np.asarray(np.linalg.norm(vectors.astype(np.float64), axis=1))


def unit_rows(vectors: Floats | Doubles) -> Doubles:
    """Rows [N, D] at length 1, float64; a zero row stays zero."""
    import numpy as np

    own = lengths(vectors)[:, None]
    return np.asarray(vectors / np.where(own > 0, own, 1))
