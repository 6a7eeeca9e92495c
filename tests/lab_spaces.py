"""Small spaces made in a test."""

from pathlib import Path

import numpy as np

from llmlab.store import space as files
from llmlab.store.space_writer import write

FACTS = {"name": "s", "kind": "file", "model": "m", "revision": "r", "engine": "e", "dtype": "float32", "case": "lower"}


def make(folder, vectors, words=None, precision="float32", **facts):
    """A space in a folder, of the words w0, w1, ... where none are given."""
    words = words or [f"w{row}" for row in range(len(vectors))]
    measured = write(Path(folder), words, vectors.astype(np.float32), precision)
    return files.SpaceFiles(Path(folder), {**FACTS, **measured, **facts})
