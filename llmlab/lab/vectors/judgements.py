"""What spaces are judged by: word pairs with people's scores, and questions about words, as their usual files hold
them.

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
from llmlab.language import later, tr

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
    later("scored pair"),
    later("two words and a number a line, or columns word1, word2, score"),
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
class Task:
    """Questions of one kind, as a file holds them: a question a line."""

    name: str
    asks: str
    known: str  # when a question is known to a space
    right: str  # and when its answer is right
    line: tuple[str, str, str]  # what a line is, what several are, and what it holds
    least: int  # words
    most: int | None = None


ANALOGIES = Task(
    "analogies",
    later("a is to b as c is to ?"),
    later("all four words are in the space"),
    later("the nearest word by 3CosAdd is the answer"),
    (later("analogy"), later("analogies"), later("four words: Athens Greece Oslo Norway")),
    *(4, 4),
)
ODD = Task(
    "odd",
    later("which word does not belong?"),
    later("all words are in the space"),
    later("the last is the least like the mean of all"),
    (later("question"), later("questions"), later("three words or more, the odd one last: apple pear plum car")),
    3,
)
TRANSLATIONS = Task(
    "translations",
    later("a word in the other language"),
    later("the word and one that is right are in the space"),
    later("the nearest word of their script is one of them"),
    (later("translation"), later("translations"), later("a word, then all that are right for it: 猫 cat cats")),
    2,
)


@dataclass(frozen=True)
class WordQuestion:
    """One question: a is to b as c is to d; words of which the last is odd; or a word and its translations."""

    section: str
    words: tuple[str, ...]


def read_questions(files: Files, path: Path, task: Task) -> list[WordQuestion]:
    """Sections that begin with `: name`, and a question a line, as in word2vec's questions-words.txt.

    Raises MisuseError naming the line that is none.
    """
    found, section = [], ""
    one, several, example = map(tr, task.line)
    for number, text in _lines(files, path):
        if text.startswith(":"):
            section = text[1:].strip()
            continue
        words = tuple(text.split())
        if not task.least <= len(words) <= (task.most or len(words)):
            message = tr("{file} line {number} is no {noun}", file=called(path), number=number, noun=one)
            raise MisuseError(message, example)
        found.append(WordQuestion(section, words))
    if not found:
        message = tr("{file} holds no {nouns}", file=called(path), nouns=several)
        raise MisuseError(message, tr("{example}; after lines such as ': capitals'", example=example))
    return found


def _lines(files: Files, path: Path) -> Iterator[tuple[int, str]]:
    """Lines but those that begin with #."""
    return ((number, line.strip()) for number, line in files.lines(path) if not line.startswith(COMMENT))
