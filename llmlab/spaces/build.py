"""Spaces of the user's own: built from a model and a vocabulary, or imported from a file."""

import re
from pathlib import Path

from llmlab.config import SpaceEntry
from llmlab.errors import MisuseError
from llmlab.spaces import vocabulary
from llmlab.spaces.facts import Precision
from llmlab.spaces.reading import Reading
from llmlab.spaces.shelf import NAME, Shelf
from llmlab.spaces.space import Space

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


def _refuse_name(shelf: Shelf, name: str) -> None:
    if name in shelf.config.spaces or not NAME.fullmatch(name):
        raise MisuseError(f"a space of yours cannot be called {name!r}", "letters, digits, - and _, and no name in use")
