"""Vectors of zeros: some sources have them, and a power loss left them in what was resumed before blocks had checksums.

Which it is, the source says: it is asked for the same words again, where it is there as it was.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from llmlab import cache
from llmlab.arrays import Floats
from llmlab.config import SpaceEntry
from llmlab.errors import DamagedError, LabError
from llmlab.language import tr
from llmlab.spaces import content
from llmlab.spaces.formats.rows import Block
from llmlab.spaces.reading import Reading
from llmlab.spaces.shelf import Shelf
from llmlab.spaces.space import Space

ASKED = 100  # words that an encoder computes again: one that is not zeros is proof enough


def of_zeros(words: Sequence[str], vectors: Floats) -> list[str]:
    """The words whose rows of [n, D] are zeros."""
    return [words[row] for row in np.flatnonzero(~vectors.any(axis=1)).tolist()]


def lost(shelf: Shelf, space: Space, words: Sequence[str]) -> bool | None:
    """Whether the source has numbers for any of the words, which are zeros here; None where it cannot be asked."""
    wanted = set(words)
    try:
        for found, vectors in _again(shelf, space, words):
            stored = vectors.astype(space.facts.stored)  # float16 has no number for what is nearly zero
            if wanted.intersection(found) - set(of_zeros(found, stored)):
                return True
    except (LabError, OSError):
        return None
    return False


def _again(shelf: Shelf, space: Space, words: Sequence[str]) -> Iterator[Block]:
    """The source's words and vectors once more. Raises LabError, OSError where it is not there as it was."""
    facts = space.facts
    if facts.kind == "file":
        return content.of_file(Reading.again(cache.made_from(space.folder))).blocks(0)
    if facts.kind == "trained":
        raise DamagedError(tr("a table is not trained again"), tr("train it again"))
    encoder = shelf.encoder_of(space)
    if encoder is not None:
        some = list(words[:: -(-len(words) // ASKED)])
        return iter([(some, encoder.encode(some))])
    entry = SpaceEntry(facts.model, facts.kind, facts.vocabulary, facts.languages)
    return content.of_model(shelf.library, entry).blocks(0)
