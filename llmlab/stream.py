"""What is read as it comes, how much there is, and how much of it is computed at a time."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import chain, islice
from typing import Generic, TypeVar

T = TypeVar("T")
Ready = Callable[[float], bool]  # whether an input, or the end of them, is there, or comes within so many seconds
TOGETHER = 256  # inputs that are computed at a time
GRACE_S = 0.5  # from a line to the end of what was to be one line: `echo` takes none of it
HEAVY = 4000  # characters that are: some seconds of a slow machine


def always(seconds: float) -> bool:
    """Nobody waits for what lies in a file or in memory."""
    return True


@dataclass(frozen=True)
class Stream(Generic[T]):
    """Inputs as they come, how many, 0 where nobody knows yet, and whether the next one is there."""

    each: Iterator[T]
    count: int
    ready: Ready = always

    def batches(self) -> Iterator[list[T]]:
        """What has come, in lists; see below."""
        return batches(self.each, ready=self.ready)

    def begun(self, *, waiting: bool) -> "tuple[list[T], bool, Stream[T]]":
        """The first one or two, whether there are several, and all of them.

        Without `waiting` one after which nothing comes, and no end either, is the first of several.
        """
        several = not waiting and not self.ready(GRACE_S)
        first = list(islice(self.each, 1 if several else 2))
        return first, several or len(first) > 1, replace(self, each=chain(first, self.each))


def batches(items: Iterator[T], size: Callable[[T], int] = lambda item: 0, ready: Ready = always) -> Iterator[list[T]]:
    """Items in lists of 1, 2, 4 ...: the first is answered at once, many at a time are faster.

    A list ends early with the item by which its sizes reach HEAVY, and where the next one is not `ready`.
    """
    batch: list[T] = []
    most, heavy = 1, 0
    for item in items:
        batch.append(item)
        heavy += size(item)
        if len(batch) == most or heavy >= HEAVY or not ready(0.0):
            yield batch
            batch, most, heavy = [], min(2 * most, TOGETHER), 0
    if batch:
        yield batch
