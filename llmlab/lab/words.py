"""Tokens grouped to words or characters: the parts of a group sum to it.

A group is the smallest run of whole tokens that covers whole words or characters: 今天 as one token stays one
group of two characters, and the bytes of one emoji in several tokens become one.
"""

import re
from collections.abc import Sequence
from typing import Literal

from llmlab.backends.base import Tokens

Unit = Literal["token", "word", "char"]


def grouped(tokens: Tokens, unit: Unit) -> list[range]:
    """The tokens of each group, in order."""
    if unit == "token":
        return [range(i, i + 1) for i in range(len(tokens))]
    text = tokens.text
    # A word takes the space before it, as tokens do.
    parts = [found.span() for found in re.finditer(r"\s*\S+|\s+$", text)] if unit == "word" else _characters(text)
    return _cover(tokens.spans, parts)


def _characters(text: str) -> list[tuple[int, int]]:
    return [(i, i + 1) for i in range(len(text))]


def _cover(spans: Sequence[tuple[int, int]], parts: Sequence[tuple[int, int]]) -> list[range]:
    """Cut between two tokens only where both a token and a part end."""
    ends = {end for _, end in parts}
    groups: list[range] = []
    first = 0
    for i, (_, end) in enumerate(spans):
        inside = i + 1 < len(spans) and spans[i + 1][0] < end  # the next token shares this one's last character
        if i + 1 == len(spans) or (end in ends and not inside):
            groups.append(range(first, i + 1))
            first = i + 1
    return groups
