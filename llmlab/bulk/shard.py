"""A part of the inputs: of N machines that share a file, number I takes every N-th input, from the I-th on."""

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar

from llmlab.errors import MisuseError
from llmlab.language import tr

T = TypeVar("T")
WRITTEN = re.compile(r"([1-9][0-9]*)/([1-9][0-9]*)")


@dataclass(frozen=True)
class Shard:
    """Number `index` of `count`, from 1; alone it is all of them."""

    index: int = 1
    count: int = 1

    @classmethod
    def of(cls, text: str) -> "Shard":
        """What --shard says. Raises MisuseError for what is no part of a whole."""
        found = WRITTEN.fullmatch(text.strip())
        if not found or int(found[1]) > int(found[2]):
            message = tr("--shard {text!r} is no I/N with I from 1 to N", text=text)
            raise MisuseError(message, tr("for example --shard 1/3"))
        return cls(int(found[1]), int(found[2]))

    def __str__(self) -> str:
        return f"{self.index}/{self.count}"

    def own(self, inputs: Iterator[T]) -> Iterator[T]:
        """Its inputs, of all of them."""
        return itertools.islice(inputs, self.index - 1, None, self.count)

    def numbers(self) -> Iterator[int]:
        """The numbers of its inputs among all, from 1."""
        return itertools.count(self.index, self.count)

    def owns(self, number: int) -> bool:
        """Whether an input, by its number among all from 1, is its own."""
        return number in range(self.index, number + 1, self.count)

    def share(self, count: int) -> int:
        """How many of so many inputs are its own."""
        return len(range(self.index, count + 1, self.count))


WHOLE = Shard()
