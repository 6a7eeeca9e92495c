"""Spaces of the user's own: built from a model and a vocabulary, or imported from a file."""

import os

from llmlab.config import SpaceEntry
from llmlab.errors import MisuseError
from llmlab.language import tr
from llmlab.names import checked, composed, located
from llmlab.spaces import vocabulary
from llmlab.spaces.facts import Precision
from llmlab.spaces.reading import Reading
from llmlab.spaces.shelf import Shelf
from llmlab.spaces.space import Space

VECTORS = {"encoder": "encoder", "causal": "table", "static": "static"}  # what a kind of model gives a word


def build(shelf: Shelf, name: str, model: str, vocab: str, precision: Precision = "auto") -> Space:
    """A space of a model's vectors of a vocabulary; an interrupted build goes on where it was.

    Raises MisuseError for a name that is taken, or a vocabulary that is none.
    """
    name = own_name(shelf, name)
    local = located(model)
    if model not in shelf.config.models and os.path.exists(local):
        model = str(local)  # the space may be asked from another folder
    what = VECTORS[shelf.library.vectors_of(model)]
    if what == "table":
        shelf.library.check_table(model)
    if vocab == "model" and what == "encoder":
        raise MisuseError(
            tr("{model} is an encoder, which has no words of its own", model=model),
            tr("give --vocab wordfreq:en:50000"),
        )
    if vocab != "model":
        vocabulary.words(vocab, shelf.reporter)  # before anything is opened or written
        vocab = vocab if vocab.startswith(vocabulary.BY_FREQUENCY) else str(located(vocab))
    entry = SpaceEntry(model, what, vocab, vocabulary.languages(vocab))  # type: ignore[arg-type]
    return shelf.from_model(name, entry, precision)


def import_file(shelf: Shelf, name: str, reading: Reading, precision: Precision = "auto") -> Space:
    """A space of a file's words and vectors. Raises MisuseError for a name that is taken."""
    return shelf.from_file(reading, own_name(shelf, name), precision)


def own_name(shelf: Shelf, name: str) -> str:
    """A name for a space of the user's own; one that is there already under this very name may be asked for again."""
    others = [other for other in shelf.own_names if other != composed(name)]
    return checked(tr("a space of yours"), name, taken=[*shelf.config.spaces, *others])
