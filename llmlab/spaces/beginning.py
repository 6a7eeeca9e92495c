"""The words of a prepared space that begin alike, read from its list without what computes."""

import mmap
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from llmlab.spaces.facts import WORDS


def beginning(folder: Path, prefix: str, most: int) -> list[str]:
    """So many words that begin with `prefix`, in vocabulary order; none of a space that is not prepared."""
    try:
        with (folder / WORDS).open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as text:
            return list(islice(_lines(text, prefix.encode()), most))
    except (OSError, ValueError):  # absent, or empty
        return []


def _lines(text: mmap.mmap, prefix: bytes) -> Iterator[str]:
    if text[: len(prefix)] == prefix:
        yield text[: text.find(b"\n")].decode()
    place = text.find(b"\n" + prefix)
    while 0 <= place < len(text) - 1:  # the last newline ends the list
        end = text.find(b"\n", place + 1)
        yield text[place + 1 : end].decode()
        place = text.find(b"\n" + prefix, end)
