"""Tokens grouped to words or characters, and what a word's probability is where words end with a space.

A group is the smallest run of whole tokens that covers whole words or characters: 今天 as one token stays one
group of two characters, and the bytes of one emoji in several tokens become one. The parts of a group sum to it.

Most vocabularies put the space before a word into its first token, so the plain sum over a word's tokens does not
say that the word ends there: P(cat) holds the mass of "category" too. The correction moves the space to the word
before it: P(word | before) = P(tokens | before) P(boundary | before, tokens) / P(boundary | before), where a
boundary is any token that begins with white space or ends the text (Pimentel and Meister 2024, theorem 1; Oh and
Schuler 2024). The first word follows no space and is not divided.
"""

import re
import unicodedata
from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from llmlab.backends.base import CausalLM, Tokens

By = Literal["token", "word", "char"]
SCRIPTS = {  # first word of a letter's Unicode name -> language
    "CJK": "zh",
    "HIRAGANA": "ja",
    "KATAKANA": "ja",
    "HANGUL": "ko",
    "CYRILLIC": "ru",
    "ARABIC": "ar",
    "GREEK": "el",
    "HEBREW": "he",
    "DEVANAGARI": "hi",
    "THAI": "th",
}
UNSPACED = ("zh", "ja", "th")  # written without spaces between words
CONTEXTS = 32  # next-token distributions held at a time


def language(text: str) -> str:
    """The language whose script the text is written in; "" for Latin and what is not a letter."""
    for character in text:
        script = unicodedata.name(character, "").split(" ")[0]
        if script in SCRIPTS:
            return SCRIPTS[script]
    return ""


def grouped(tokens: Tokens, by: By) -> list[range]:
    """The tokens of each group, in order."""
    if by == "token":
        return [range(i, i + 1) for i in range(len(tokens))]
    text = tokens.text
    # A word takes the space before it, as tokens do.
    parts = [found.end() for found in re.finditer(r"\s*\S+|\s+$", text)] if by == "word" else range(1, len(text) + 1)
    return _cover(tokens.spans, set(parts))


def _cover(spans: Sequence[tuple[int, int]], ends: set[int]) -> list[range]:
    """Cut between two tokens only where both a token and a part end."""
    groups: list[range] = []
    first = 0
    for i, (_, end) in enumerate(spans):
        inside = i + 1 < len(spans) and spans[i + 1][0] < end  # the next token shares this one's last character
        if i + 1 == len(spans) or (end in ends and not inside):
            groups.append(range(first, i + 1))
            first = i + 1
    return groups


def corrections(model: CausalLM, tokens: Tokens, words: Sequence[range]) -> list[float]:
    """What to add to each word's log-probability, in nats: log P(boundary | word) - log P(boundary | before)."""
    boundary = _boundaries(model)
    after: list[float] = []
    for start in range(0, len(words), CONTEXTS):
        contexts = [tokens[: word.stop] for word in words[start : start + CONTEXTS]]
        masses = np.exp(model.next(contexts)[:, boundary].astype(np.float64)).sum(axis=1)
        after += np.log(masses).tolist()
    before = [0.0, *after[:-1]]
    return [own - previous for own, previous in zip(after, before, strict=True)]


def _boundaries(model: CausalLM) -> NDArray[np.bool_]:
    """[V]: which tokens begin with white space or end the text."""
    size = model.info.vocabulary
    return np.array([model.is_end(token) or model.piece(token)[:1].isspace() for token in range(size)])
