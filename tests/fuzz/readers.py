"""The readers of strangers' files, each as a function of bytes: it reads them, or refuses them in the user's words.

What is read holds what a reader promises: words that are text and differ, vectors that are finite, numbers of rows that
agree.
"""

import unicodedata
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import numpy as np

from llmlab.backends import gguf
from llmlab.config import load
from llmlab.errors import LabError
from llmlab.files import Files
from llmlab.lab.probability.pairs import PAIRS
from llmlab.lab.probability.quiz import QUESTIONS
from llmlab.spaces import formats
from llmlab.spaces.reading import Reading

Reader = Callable[[bytes, Path], None]
WORDS = "\n".join(f"word{number}" for number in range(8)) + "\n"  # of the arrays


def vectors(ending: str) -> Reader:
    """A file of vectors, as `space import` reads it; an array has as many words as the file beside it."""

    def read(content: bytes, folder: Path) -> None:
        path = folder / f"fuzzed{ending}"
        path.write_bytes(content)
        path.with_suffix(".txt").write_text(WORDS, encoding="utf-8")
        found = formats.read(Reading(path))
        words: list[str] = []
        for block, rows in found.blocks:
            assert rows.shape == (len(block), found.dimension)
            assert np.isfinite(rows).all()
            words += block
        assert len(set(words)) == len(words)
        assert all(word == unicodedata.normalize("NFC", word) for word in words)

    return read


def gguf_header(content: bytes, folder: Path) -> None:
    path = folder / "fuzzed.gguf"
    path.write_bytes(content)
    for weight in gguf.header(path)["tensors"]:
        assert all(isinstance(size, int) and size >= 0 for size in weight[1])


def gguf_table(content: bytes, folder: Path) -> None:
    path = folder / "fuzzed.gguf"
    path.write_bytes(content)
    assert gguf.embedding_table(path).ndim == 2


def records(ending: str) -> Reader:
    """Pairs and questions, as `pairs` and `choose` read them."""

    def read(content: bytes, folder: Path) -> None:
        path = folder / f"fuzzed{ending}"
        path.write_bytes(content)
        for kind in (PAIRS, QUESTIONS):
            with suppress(LabError):
                assert list(Files(None, lambda said: None).each(path, kind))

    return read


def lines(content: bytes, folder: Path) -> None:
    path = folder / "fuzzed.txt"
    path.write_bytes(content)
    read = list(Files(None, lambda said: None).lines(path))
    assert all(line.strip() and "\n" not in line for _, line in read)
    assert sorted({number for number, _ in read}) == [number for number, _ in read]


def settings(content: bytes, folder: Path) -> None:
    path = folder / "fuzzed.toml"
    path.write_bytes(content)
    load(path, {})


READERS: Mapping[str, Reader] = {
    "word2vec-text": vectors(".vec"),
    "word2vec-binary": vectors(".bin"),
    "npy": vectors(".npy"),
    "safetensors": vectors(".safetensors"),
    "csv": vectors(".csv"),
    "gguf": gguf_header,
    "gguf-table": gguf_table,
    "records-jsonl": records(".jsonl"),
    "records-csv": records(".csv"),
    "lines": lines,
    "toml": settings,
}


def survives(name: str, content: bytes, folder: Path) -> bool:
    """Whether a reader reads it; False where it refuses in one line. Anything else it raises is a fault."""
    try:
        READERS[name](content, folder)
        return True
    except LabError as error:
        refused = error.message
    assert refused
    assert "\n" not in refused
    return False
