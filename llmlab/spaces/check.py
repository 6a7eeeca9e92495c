"""Whether a space is what its record says."""

from collections.abc import Sequence

import numpy as np

from llmlab import cache
from llmlab.errors import DamagedError
from llmlab.language import later, tr
from llmlab.spaces.shelf import AGAIN, DAMAGED, Shelf
from llmlab.spaces.space import Space
from llmlab.spaces.zeros import lost, of_zeros

SHOWN = 3  # words that a message names
LOST = (
    later("{name} holds a vector of zeros where {model} has numbers: {words}"),
    later("{name} holds {count:,} vectors of zeros where {model} has numbers: {words}"),
)
KNOWN = (
    later("{name} holds a vector of zeros, {words}; {model} has them too"),
    later("{name} holds {count:,} vectors of zeros, {words}; {model} has them too"),
)
ASKED = (
    later("{name} holds a vector of zeros, {words}; {model} is not there to say whether they should be"),
    later("{name} holds {count:,} vectors of zeros, {words}; {model} is not there to say whether they should be"),
)


def check(shelf: Shelf, name: str) -> Space:
    """Verify a space against its record: checksums, as many rows as words, finite numbers, no word twice; and against
    its source where vectors are zeros.

    Raises DamagedError for what does not hold; says how many vectors are zeros where the source has no others.
    """
    space = shelf.open(name)
    again = _again(shelf, name)
    if wrong := cache.damage(space.folder, thorough=True):
        raise DamagedError(tr(DAMAGED, name=name, wrong=wrong), again)
    if space.rows_stored != len(space.words):
        message = tr(
            "{name} holds {words:,} words and {vectors:,} vectors",
            name=name,
            words=len(space.words),
            vectors=space.rows_stored,
        )
        raise DamagedError(message, again)
    seen: set[int] = set()
    empty: list[str] = []
    for words, vectors in space.blocks():
        if not np.isfinite(vectors).all():
            raise DamagedError(tr("{name} holds values that are not finite numbers", name=name), again)
        hashes = [hash(word.encode()) for word in words]  # of a str's own memory, 敢 and be have one hash
        if len(set(hashes)) < len(hashes) or not seen.isdisjoint(hashes):
            raise DamagedError(tr("{name} holds a word twice", name=name), again)
        seen.update(hashes)
        empty += of_zeros(words, vectors)
    if empty:
        _ask_source(shelf, space, empty, again)
    return space


def _again(shelf: Shelf, name: str) -> str:
    """How a damaged space is made anew."""
    if name in shelf.config.spaces:
        return tr("llmlab models remove {name}; its next use makes it anew", name=name)
    return tr(AGAIN, name=name)


def _ask_source(shelf: Shelf, space: Space, words: Sequence[str], again: str) -> None:
    """Raise DamagedError where vectors of zeros are none in the source."""
    name, model = space.facts.name, space.facts.model
    some = tr(", ").join(words[:SHOWN]) + (" ..." if len(words) > SHOWN else "")
    found = lost(shelf, space, words)
    sentences = LOST if found else KNOWN if found is False else ASKED
    said = tr(sentences[len(words) > 1], count=len(words), name=name, model=model, words=some)
    if found:
        raise DamagedError(said, again)
    shelf.reporter.say(said)
