"""The ways to compare two vectors, each with its formula and the direction that is nearer."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from llmlab.arrays import Doubles, Ints
from llmlab.language import tr


@dataclass(frozen=True)
class Metric:
    """A way to compare two vectors a (the query) and b. `parts` are what its dimensions add to `whole`."""

    name: str
    formula: str
    nearer: str  # which way is nearer
    score: Callable[[Doubles, Doubles], Doubles]  # query [D], rows [N, D] -> [N]
    parts: Callable[[Doubles, Doubles], Doubles]  # a [D], b [D] -> [D]
    whole: str = ""  # what the parts sum to, when that is not the score itself

    @property
    def ascending(self) -> bool:
        return self.nearer == "lower"

    @property
    def statement(self) -> str:
        return f"{self.name} = {self.meaning}"

    @property
    def meaning(self) -> str:
        if self.ascending:
            return tr("{formula}, lower is nearer", formula=self.formula)
        return tr("{formula}, higher is nearer", formula=self.formula)

    def order(self, scores: Doubles, rows: Ints) -> Ints:
        """Nearest first, ties by row; parallel vectors have one cosine, whatever its last bit."""
        rounded = np.round(scores, 12)
        return np.lexsort((rows, rounded if self.ascending else -rounded))


def _cosine(a: Doubles, b: Doubles) -> Doubles:
    lengths = np.linalg.norm(b, axis=1) * np.linalg.norm(a)
    dots = b @ a
    return np.asarray(np.divide(dots, lengths, out=np.full(len(b), -np.inf), where=lengths > 0))


METRICS = {
    metric.name: metric
    for metric in (
        Metric(
            "cosine",
            "a·b / (|a| |b|)",
            "higher",
            _cosine,
            lambda a, b: a * b / (np.linalg.norm(a) * np.linalg.norm(b)),
        ),
        Metric(
            "l2",
            "sqrt(sum (a - b)^2)",
            "lower",
            lambda a, b: np.sqrt(((b - a) ** 2).sum(axis=1)),
            lambda a, b: (a - b) ** 2,
            "l2^2",
        ),
        Metric(
            "l1", "sum |a - b|", "lower", lambda a, b: np.abs(b - a).sum(axis=1), lambda a, b: np.asarray(np.abs(a - b))
        ),
        Metric("dot", "a·b = sum a_i b_i", "higher", lambda a, b: b @ a, lambda a, b: a * b),
    )
}
