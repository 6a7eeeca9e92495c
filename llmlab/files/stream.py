"""What is read as it comes, and how much there is."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Stream(Generic[T]):
    """Inputs as they come, and how many; 0 where nobody knows yet."""

    each: Iterator[T]
    count: int
