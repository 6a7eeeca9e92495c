"""Small spaces made in a test."""

from pathlib import Path

import numpy as np

from llmlab.store import space as files

FACTS = {"name": "s", "model": "m", "revision": "r", "engine": "e", "dtype": "float32"}


def make(folder, vectors):
    """A space of the words w0, w1, ... in a folder."""
    words = [f"w{row}" for row in range(len(vectors))]
    files.write(Path(folder), words, vectors.astype(np.float32))
    return files.SpaceFiles(Path(folder), FACTS)
