"""Text in lines of so many cells of a terminal, broken between words, and between the characters of Chinese and
Japanese, which have no spaces. A number is a word.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate, groupby, islice
from typing import TypeVar

HAN = "\u2e80-\u312f\u3190-\u9fff\uf900-\ufaff\uff01-\uff60\U00020000-\U0003ffff"  # and kana; Korean has spaces
OPENING, CLOSING = "「『（《〈【“‘([", "」』）》〉】”’。，、；：？！…ー.,;:!?)]%\u0300-\u036f\u3099\u309a\ufe00-\ufe0f"
# with the spaces before it: what no line may begin or end with stays beside its neighbour, and a % beside its number
WORD = re.compile(rf"\s*(?:[{re.escape(OPENING)}]*(?:[{HAN}]|[^\s{HAN}↵]+↵*)[{re.escape(CLOSING)}]*(?: %)?|↵+)|\s+$")
T = TypeVar("T")  # what is said of a part of a text
PART = re.compile(r".+?(?:[/\\_=|&]+|(?<=\w)-+(?=\w)|$)")  # of a word that is longer than a line


def cells(text: str) -> int:
    """How many cells of a terminal a text takes."""
    if text.isascii() and text.isprintable():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def clipped(text: str, width: int) -> str:
    """As much of a text as so many cells have room for; where that is not all, it ends in an ellipsis."""
    if cells(text) <= width:
        return text
    ends = [0, *accumulate(map(len, _characters(text)))]
    # not rich's set_cell_size: it measures a joiner that joins nothing otherwise than cell_len does
    fit = bisect_right(ends, width, key=lambda end: cells(f"{text[:end]}…"))
    return f"{text[: ends[fit - 1]]}…" if fit else ""


def fold(text: str, width: int) -> list[str]:
    """The lines of a text; the spaces at which it is broken are gone."""
    if cells(text) <= width:
        return [text]
    lines = [""]
    for piece in pieces(text.rstrip(" "), width):
        if lines[-1] and cells(lines[-1] + piece) > width:
            lines.append(piece.lstrip(" "))
        else:
            lines[-1] += piece
    return lines


def pieces(text: str, width: int) -> list[str]:
    """A text in pieces that stay whole: its words; only of one that is longer than a line, its parts or characters."""
    return [part for word in WORD.findall(text) for part in _broken(word, width)]


def in_lines(
    parts: Sequence[tuple[str, T]], width: int, size: Callable[[str], float] = cells, room: float = 0
) -> Iterator[list[tuple[str, T]]]:
    """Texts and what is said of each, in lines broken between words; the spaces there stay.

    A line has so many cells; or `room` as `size` measures it: then `width` is of the longest piece that stays whole.
    """
    said = iter([(character, own) for text, own in parts for character in text])
    line: list[tuple[str, T]] = []
    used = 0.0
    for piece in pieces("".join(text for text, _ in parts), width):
        if line and used + size(piece) > (room or width):
            yield _joined(line)
            line, used = [], 0
        line += islice(said, len(piece))
        used += size(piece)
    if line:
        yield _joined(line)


def _joined(characters: Sequence[tuple[str, T]]) -> list[tuple[str, T]]:
    """Characters side by side of which the same is said, as one text."""
    runs = groupby(characters, lambda part: part[1])
    return [("".join(text for text, _ in run), own) for own, run in runs]


def longest(text: str, width: int) -> int:
    """Cells of the longest piece, which is the narrowest that a text may be folded to."""
    return max((cells(piece.strip(" ")) for piece in pieces(text, width)), default=0)


def _broken(word: str, width: int) -> list[str]:
    if cells(word) <= width:
        return [word]
    parts = PART.findall(word)
    if len(parts) > 1:
        return [piece for part in parts for piece in _broken(part, width)]
    return _characters(word)


def _characters(text: str) -> list[str]:
    """What a reader takes for one character: with its accents, and a family of emoji whole."""
    import regex

    return list(regex.findall(r"\X", text))
