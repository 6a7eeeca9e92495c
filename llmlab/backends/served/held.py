"""Log-probabilities that a server tells of a text, held against the lists that it gives after the text's beginnings."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence

from llmlab.backends.served.asker import NEAR_NATS, TEXT, called
from llmlab.backends.served.base import Position

BEGUN = 3  # tokens that are held against a list
Told = tuple[str | Sequence[int], str, float]  # what is before a token, its name, its log-probability


def of_echo(found: Sequence[Position]) -> Iterator[Told]:
    """The tokens of an echo, as long as they are of the text."""
    before = ""
    for one in found:
        if before and not math.isnan(one.token.logprob):
            yield before, called(one.token), one.token.logprob
        before += one.token.piece.decode(errors="replace")
        if not TEXT.startswith(before):
            return


def of_numbers(numbers: Sequence[int], logprobs: Sequence[float]) -> Iterator[Told]:
    """The tokens of a prompt of numbers; the first has nothing before it."""
    for place in range(1, len(numbers)):
        yield numbers[:place], str(numbers[place]), logprobs[place]


def held_against_lists(told: Iterable[Told], first: Callable[[str | Sequence[int]], Position | None]) -> list[bool]:
    """Whether tokens have the log-probability that a list has for them: each that is in the list, up to BEGUN."""
    seen: list[bool] = []
    for before, name, logprob in told:
        after = first(before)
        known = {called(other): other.logprob for other in after.listed} if after else {}
        if name in known:
            seen.append(abs(known[name] - logprob) < NEAR_NATS)
        if len(seen) == BEGUN:
            break
    return seen
