"""Whether a space is what its record says."""

import numpy as np

from llmlab import cache
from llmlab.errors import DamagedError
from llmlab.spaces.shelf import AGAIN, Shelf
from llmlab.spaces.space import Space


def check(shelf: Shelf, name: str) -> Space:
    """Verify a space against its record: checksums, as many rows as words, finite numbers, no word twice.

    Raises DamagedError for what does not hold.
    """
    space = shelf.open(name)
    if cache.find(space.folder, None, thorough=True) is None:
        given = name in shelf.config.spaces
        hint = f"llmlab models prepare {name} makes it anew" if given else AGAIN.format(name)
        raise DamagedError(f"the space {name} is damaged: it is not what its record says", hint)
    if space.rows_stored != len(space.words):
        message = f"{name} holds {len(space.words):,} words and {space.rows_stored:,} vectors"
        raise DamagedError(message, "make it again")
    seen: set[int] = set()
    for words, vectors in space.blocks():
        if not np.isfinite(vectors).all():
            raise DamagedError(f"{name} holds values that are not finite numbers", "make it again")
        hashes = [hash(word.encode()) for word in words]  # of a str's own memory, 敢 and be have one hash
        if len(set(hashes)) < len(hashes) or not seen.isdisjoint(hashes):
            raise DamagedError(f"{name} holds a word twice", "make it again")
        seen.update(hashes)
    return space
