"""Spaces of the user's own: built from a model and a vocabulary, imported from a file, checked, exported."""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from llmlab import cache
from llmlab.config import SpaceEntry
from llmlab.errors import DamagedError, MisuseError
from llmlab.spaces import vocabulary
from llmlab.spaces.facts import Precision
from llmlab.spaces.formats import export as formats
from llmlab.spaces.formats.rows import Block
from llmlab.spaces.reading import Reading
from llmlab.spaces.shelf import AGAIN, NAME, Shelf
from llmlab.spaces.space import Space

COPIED = 50_000  # words read at a time
VECTORS = {"encoder": "encoder", "causal": "table", "static": "static"}  # what a kind of model gives a word


def build(shelf: Shelf, name: str, model: str, vocab: str, precision: Precision = "auto") -> Space:
    """A space of a model's vectors of a vocabulary; an interrupted build goes on where it was.

    Raises MisuseError for a name that is taken, or a vocabulary that is none.
    """
    _refuse_name(shelf, name)
    local = Path(model).expanduser()
    if model not in shelf.config.models and local.exists():
        model = str(local.resolve())  # the space may be asked from another folder
    what = VECTORS[shelf.library.kind(model)]
    if vocab == "model" and what == "encoder":
        raise MisuseError(f"{model} is an encoder, which has no words of its own", "give --vocab wordfreq:en:50000")
    language = re.fullmatch(r"wordfreq:(\w+):\d+", vocab)
    if vocab != "model":
        vocabulary.words(vocab, shelf.reporter)  # before anything is opened or written
    entry = SpaceEntry(model, what, vocab, (language[1],) if language else ("*",))  # type: ignore[arg-type]
    return shelf.from_model(name, entry, precision)


def import_file(shelf: Shelf, name: str, reading: Reading, precision: Precision = "auto") -> Space:
    """A space of a file's words and vectors. Raises MisuseError for a name that is taken."""
    _refuse_name(shelf, name)
    return shelf.from_file(reading, name, precision)


def export(space: Space, target: Path) -> int:
    """Write a space's words and vectors to a file that other programs read; returns the number of words."""
    formats.write(target, len(space.words), space.dimension, _blocks(space), space.facts.dimensions)
    return len(space.words)


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
    for words, vectors in _blocks(space):
        if not np.isfinite(vectors).all():
            raise DamagedError(f"{name} holds values that are not finite numbers", "make it again")
        hashes = [hash(word.encode()) for word in words]  # of a str's own memory, 敢 and be have one hash
        if len(set(hashes)) < len(hashes) or not seen.isdisjoint(hashes):
            raise DamagedError(f"{name} holds a word twice", "make it again")
        seen.update(hashes)
    return space


def _blocks(space: Space) -> Iterator[Block]:
    count = len(space.words)
    for start in range(0, count, COPIED):
        rows = np.arange(start, min(start + COPIED, count))
        yield [space.words[int(row)] for row in rows], space.rows(rows)


def _refuse_name(shelf: Shelf, name: str) -> None:
    if name in shelf.config.spaces or not NAME.fullmatch(name):
        raise MisuseError(f"a space of yours cannot be called {name!r}", "letters, digits, - and _, and no name in use")
