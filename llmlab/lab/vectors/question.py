"""What may be asked of every word: how many neighbours, which ones, by which measure, in which order."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from llmlab.config import MetricName
from llmlab.errors import MisuseError
from llmlab.lab.vectors import filters
from llmlab.lab.vectors.filters import Keep
from llmlab.language import tr

Sort = Literal["nearness", "word", "frequency"]
Method = Literal["add", "mul"]  # 3CosAdd, or 3CosMul


@dataclass(frozen=True)
class Question:
    """What is asked of every word: the k nearest, all within a distance, or an order of candidates."""

    k: int | None = None  # None: as many as the settings say
    within: float | None = None
    against: tuple[str, ...] | None = None
    metric: MetricName = "cosine"
    method: Method = "add"
    exact: bool = False
    exclude_forms: bool = False
    pattern: str | None = None
    min_frequency: float | None = None
    sort: Sort = "nearness"

    @classmethod
    def of(
        cls,
        default: MetricName,
        *,
        metric: MetricName | None,
        method: Method,
        against: Sequence[str] | None,
        words: str | None,
        **more: Any,
    ) -> "Question":
        """What is given, by the names of the options; else the `default` metric. Raises MisuseError as `check` does."""
        chosen = metric or ("cosine" if method == "mul" else default)
        candidates = None if against is None else tuple(against)
        found = cls(metric=chosen, method=method, against=candidates, pattern=words, **more)
        found.check()
        return found

    def check(self) -> None:
        """Raise MisuseError, before a space is opened, for what contradicts itself."""
        if sum(way is not None for way in (self.k, self.within, self.against)) > 1:
            message = tr("-k, --within and --against are different ways to say which words")
            raise MisuseError(message, tr("give one of them"))
        if self.against == ():
            raise MisuseError(tr("--against holds no candidates"), tr("for example --against hate --against cat"))
        if self.method == "mul" and (self.within is not None or self.against or self.metric != "cosine"):
            hint = tr("leave out --metric, --within and --against")
            raise MisuseError(tr("--method mul ranks all words by cosines"), hint)
        if self.k is not None and self.k < 1:
            raise MisuseError(tr("k = {k} asks for no neighbour", k=self.k), tr("give -k 1 or more"))
        if self.within is not None and not math.isfinite(self.within):
            hint = tr("give a number, for example --within 0.6")
            raise MisuseError(tr("{radius:g} is no distance", radius=self.within), hint)
        if self.pattern is not None:
            filters.matching(self.pattern)

    def keeps(self, asked: Sequence[str], language: str) -> Keep | None:
        """Which words may be neighbours of those asked; None for all."""
        tests: list[Keep] = []
        if self.pattern is not None:
            tests.append(filters.matching(self.pattern))
        if self.min_frequency is not None:
            tests.append(filters.at_least(self.min_frequency, language))
        if self.exclude_forms:
            tests.append(filters.not_forms_of(asked, language))
        return (lambda word: all(test(word) for test in tests)) if tests else None


def refuse_nameless(space: str | None) -> None:
    """An unset variable of a shell is no wish for the default space."""
    if space == "":
        raise MisuseError(tr("--space is empty"), tr("give a space's name or a file, or leave out --space"))
