"""The tokens of a long text that comes in blocks: those of the whole text, while only a part of it is held.

A tokenizer may put a space before whatever it is given, or a token after it, and merges characters across any place
where a block can end. So the end of a part is encoded once more by itself. Where both ways come to the same tokens
the text before them no longer matters, and from there on that end stands for all that was read.
"""

from collections.abc import Callable, Iterable, Iterator

from llmlab.backends.base import Tokens
from llmlab.errors import LabError
from llmlab.language import tr

ENOUGH = 2**16  # characters encoded at a time
OVERLAP = 2**11  # of them encoded again, with what follows
AGREED = 32  # tokens that must be the same both ways; the later half may yet change with what follows


def encoded(encode: Callable[[str], Tokens], blocks: Iterable[str]) -> Iterator[Tokens]:
    """The tokens of `encode("".join(blocks))`, in parts.

    A text with nowhere to part it, such as one letter said a million times, is held whole. Raises LabError for a
    tokenizer that reads a text otherwise because of what follows far behind.
    """
    held, given, wanted = "", Tokens((), ()), ENOUGH  # what is encoded next, the tokens it begins with, its length
    for block in blocks:
        held += block
        if len(held) < wanted:
            continue
        tokens, end = encode(held), held[-OVERLAP:]
        again = encode(end)
        agreed = _same_at_the_end(tokens.ids, again.ids)
        wanted = ENOUGH if agreed >= AGREED else 2 * len(held)
        if agreed >= AGREED:
            yield _after(given, tokens[: len(tokens) - agreed // 2])
            held, given = end, again[: len(again) - agreed // 2]
    if held:
        yield _after(given, encode(held))


def _same_at_the_end(one: tuple[int, ...], other: tuple[int, ...]) -> int:
    """How many tokens are the same from the end on."""
    pairs = zip(reversed(one), reversed(other), strict=False)
    return next((count for count, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


def _after(given: Tokens, tokens: Tokens) -> Tokens:
    if tokens.ids[: len(given)] != given.ids:
        raise LabError(tr("the tokenizer cannot read a long text in parts"), tr("give a shorter text"))
    return tokens[len(given) :]
