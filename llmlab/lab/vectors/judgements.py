"""What spaces are judged by: word pairs with people's scores, and analogies, as their usual files hold them.

Lines that begin with # are left out.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from llmlab.errors import MisuseError
from llmlab.files import Files


@dataclass(frozen=True)
class WordPair:
    """Two words and how similar people find them."""

    a: str
    b: str
    score: float


@dataclass(frozen=True)
class Analogy:
    """a is to b as c is to d."""

    section: str
    words: tuple[str, str, str, str]


def read_pairs(files: Files, path: Path) -> list[WordPair]:
    """Two words and a number a line, between tabs, commas or spaces; a first line of column names is left out.

    Raises MisuseError naming the line that is none.
    """
    found = []
    for place, (number, text) in enumerate(_lines(files, path)):
        cells = _cells(text)
        try:
            found.append(WordPair(cells[0], cells[1], _finite(cells[2])))
        except (ValueError, IndexError):
            if place:
                hint = "two words and a number, between tabs, commas or spaces"
                raise MisuseError(f"{path} line {number} is no scored pair", hint) from None
    if not found:
        raise MisuseError(f"{path} holds no pairs", "two words and a number a line")
    return found


def read_analogies(files: Files, path: Path) -> list[Analogy]:
    """Sections that begin with `: name`, and four words a line, as in word2vec's questions-words.txt.

    Raises MisuseError naming the line that is none.
    """
    found, section = [], ""
    for number, text in _lines(files, path):
        if text.startswith(":"):
            section = text[1:].strip()
            continue
        words = text.split()
        if len(words) != 4:
            raise MisuseError(f"{path} line {number} is no analogy", "four words: Athens Greece Oslo Norway")
        found.append(Analogy(section, (words[0], words[1], words[2], words[3])))
    if not found:
        raise MisuseError(f"{path} holds no analogies", "four words a line, after lines such as ': capitals'")
    return found


def _finite(cell: str) -> float:
    if not math.isfinite(number := float(cell)):
        raise ValueError(cell)
    return number


def _cells(text: str) -> list[str]:
    for separator in ("\t", ","):
        if separator in text:
            return [cell.strip() for cell in text.split(separator)]
    return text.split()


def _lines(files: Files, path: Path) -> Iterator[tuple[int, str]]:
    """Lines but those that begin with #."""
    return ((number, line.strip()) for number, line in files.lines(path) if not line.startswith("#"))
