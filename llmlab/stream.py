"""What is read as it comes, how much there is, and how much of it is computed at a time."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Generic, TypeVar

T = TypeVar("T")
TOGETHER = 256  # inputs that are computed at a time


@dataclass(frozen=True)
class Stream(Generic[T]):
    """Inputs as they come, and how many; 0 where nobody knows yet."""

    each: Iterator[T]
    count: int


def batches(items: Iterator[T], most: int = TOGETHER) -> Iterator[list[T]]:
    """Items in lists of 1, 2, 4 ...: the first is answered at once, many at a time are faster."""
    size = 1
    while batch := list(islice(items, size)):
        yield batch
        size = min(2 * size, most)
