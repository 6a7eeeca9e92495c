"""What spaces are judged by: word pairs with people's scores, and analogies, as their usual files hold them.

Lines that begin with # are left out.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from msgspec import Struct

from llmlab.errors import MisuseError
from llmlab.files import Files
from llmlab.files.opening import called
from llmlab.files.records import Filled, Kind
from llmlab.files.tables import SEPARATORS

COMMENT = "#"


class WordPair(Struct, frozen=True):
    """Two words and how similar people find them."""

    a: Filled
    b: Filled
    score: float

    def __post_init__(self) -> None:
        if not math.isfinite(self.score):
            raise ValueError(f"{self.score} is no score")


SCORED = Kind(
    "scored pair",
    "two words and a number a line, or columns word1, word2, score",
    WordPair,
    {
        "a": ("word1", "word_1", "w1", "词1", "词语1"),
        "b": ("word2", "word_2", "w2", "词2", "词语2"),
        "score": (
            *("score", "similarity", "relatedness", "simlex999", "human_(mean)", "human", "mean", "average", "rating"),
            *("sim", "rel", "avg", "mean_score", "human_score", "gold", "points", "分数", "得分", "相似度"),
        ),
    },
    order=("a", "b", "score"),
    passes_over=True,  # of several people's scores the first is their mean
    strips=True,
    separators=f"{SEPARATORS} ",
    comment=COMMENT,
)


@dataclass(frozen=True)
class Analogy:
    """a is to b as c is to d."""

    section: str
    words: tuple[str, str, str, str]


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
            raise MisuseError(f"{called(path)} line {number} is no analogy", "four words: Athens Greece Oslo Norway")
        found.append(Analogy(section, (words[0], words[1], words[2], words[3])))
    if not found:
        raise MisuseError(f"{called(path)} holds no analogies", "four words a line, after lines such as ': capitals'")
    return found


def _lines(files: Files, path: Path) -> Iterator[tuple[int, str]]:
    """Lines but those that begin with #."""
    return ((number, line.strip()) for number, line in files.lines(path) if not line.startswith(COMMENT))
