"""Small spaces made in a test, and what is in them and around them."""

import struct
from pathlib import Path

import msgspec
import numpy as np

from llmlab.models.library import Library
from llmlab.spaces import build, formats
from llmlab.spaces.facts import SpaceFacts
from llmlab.spaces.reading import Reading
from llmlab.spaces.shelf import Shelf
from llmlab.spaces.space import Space
from llmlab.spaces.writer import write

FACTS = {
    "name": "s",
    "kind": "file",
    "model": "m",
    "revision": "r",
    "engine": "e",
    "dtype": "float32",
    "case": "lower",
    "unicode": "NFC",
    "vocabulary": "file",
    "languages": [],
}


def make(folder, vectors, words=None, precision="float32", **facts):
    """A space in a folder, of the words w0, w1, ... where none are given."""
    words = words or [f"w{row}" for row in range(len(vectors))]
    measured = write(Path(folder), words, vectors.astype(np.float32), precision)
    return Space(Path(folder), msgspec.convert({**FACTS, **measured, **facts}, SpaceFacts))


NAMES = ["cat", "Köln", "New York", "爱", "dog"]
NUMBERS = np.array([[1, -2.5, 0.1], [3e-7, 4, 5], [6, 7, 1e9], [0.5, 0, -1], [9, 8, 7]], np.float32)


def later(shelf):
    """The same spaces in a later run: nothing is open."""
    return Shelf(Library(shelf.config, shelf.reporter))


def take(shelf, name, file, precision="float32", **how):
    """Import a file under a name."""
    return build.import_file(shelf, name, Reading.of(str(file), **how), precision)


def content(space):
    """All words and vectors of a space."""
    words = [space.words[row] for row in range(len(space.words))]
    return words, space.rows(np.arange(len(words)))


def left(shelf):
    """What there is on disk beside locks."""
    folder = shelf.config.spaces_folder
    return sorted(path.name for path in folder.iterdir() if path.suffix != ".lock") if folder.is_dir() else []


def word_file(folder, *words):
    path = folder / "words.txt"
    path.write_text("".join(f"{word}\n" for word in words), encoding="utf-8")
    return path


def builds(ear, name):
    """How often a space was built."""
    return ear.heard.count(f"building the space {name} (once)")


BINARY = b"2 2\n" + b"the " + struct.pack("<2f", 1, 2) + b"\n" + b"cat " + struct.pack("<2f", 3, 4) + b"\n"


def read_all(path, **how):
    """All words and all vectors of a file."""
    blocks = list(formats.read(Reading(Path(path), **how)).blocks)
    return [word for words, _ in blocks for word in words], np.concatenate([vectors for _, vectors in blocks])


def same_bits(left, right):
    return left.dtype == right.dtype == np.float32 and left.tobytes() == right.tobytes()
