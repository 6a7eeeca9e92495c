"""Files that space eval reads: word pairs with scores, and analogies. Lines that begin with # are left out."""

import math
from collections.abc import Iterator
from pathlib import Path

from llmlab.cli.world import stdin
from llmlab.errors import MisuseError
from llmlab.lab.evaluation import Analogy, WordPair


def pairs(path: Path) -> list[WordPair]:
    """Two words and a number a line, between tabs, commas or spaces; a first line of column names is left out.

    Raises MisuseError naming the line that is none.
    """
    found = []
    for place, (number, text) in enumerate(_lines(path)):
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


def analogies(path: Path) -> list[Analogy]:
    """Sections that begin with `: name`, and four words a line, as in word2vec's questions-words.txt.

    Raises MisuseError naming the line that is none.
    """
    found, section = [], ""
    for number, text in _lines(path):
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


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    try:
        text = stdin() if str(path) == "-" else path.read_text(encoding="utf-8")
    except OSError as error:
        raise MisuseError(f"cannot read {path}: {error.strerror}", "check the file's name") from None
    except UnicodeDecodeError:
        raise MisuseError(f"{path} is not UTF-8", "convert it first, for example with iconv") from None
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip() and not line.startswith("#"):
            yield number, line.strip()
