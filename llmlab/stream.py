"""What is read as it comes, how much there is, and how much of it is computed at a time."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")
TOGETHER = 256  # inputs that are computed at a time
HEAVY = 4000  # characters that are: some seconds of a slow machine


@dataclass(frozen=True)
class Stream(Generic[T]):
    """Inputs as they come, and how many; 0 where nobody knows yet."""

    each: Iterator[T]
    count: int


def batches(items: Iterator[T], size: Callable[[T], int] = lambda item: 0) -> Iterator[list[T]]:
    """Items in lists of 1, 2, 4 ...: the first is answered at once, many at a time are faster.

    A list ends early with the item by which its sizes reach HEAVY.
    """
    batch: list[T] = []
    most, heavy = 1, 0
    for item in items:
        batch.append(item)
        heavy += size(item)
        if len(batch) == most or heavy >= HEAVY:
            yield batch
            batch, most, heavy = [], min(2 * most, TOGETHER), 0
    if batch:
        yield batch
