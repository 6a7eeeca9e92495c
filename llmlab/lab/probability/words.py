"""Tokens grouped to words, and what a word's probability is where words end with a space.

A group is the smallest run of whole tokens that covers whole words: a token that holds two stays one group, and the
bytes of one emoji in several tokens become one. The parts of a group sum to it.

Most vocabularies put the space before a word into its first token, so the plain sum over a word's tokens does not
say that the word ends there: P(cat) holds the mass of "category" too. The correction moves the space to the word
before it: P(word | before) = P(tokens | before) P(boundary | before, tokens) / P(boundary | before), where a
boundary is any token that begins with white space or ends the text (Pimentel and Meister 2024, theorem 1; Oh and
Schuler 2024). The first word follows no space and is not divided.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from llmlab.arrays import Floats
from llmlab.backends.base import CausalLM, Tokens
from llmlab.lab.text import By


def grouped(tokens: Tokens, by: By) -> list[range]:
    """The tokens of each group, in order."""
    if by == "token":
        return [range(i, i + 1) for i in range(len(tokens))]
    import regex

    parts = regex.finditer(r"\s*\S+|\s+$", tokens.text)  # a word takes the space before it, as tokens do
    return _cover(tokens.spans, {part.end() for part in parts})


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
    decoder = model.decoder(tokens[: words[0].stop], 1, len(tokens) - words[0].stop)
    after = [_mass(decoder.first, boundary)]
    for word in words[1:]:
        for token in tokens.ids[word.start : word.stop]:
            logits = decoder.step([0], [token])[0]
        after.append(_mass(logits, boundary))
    before = [0.0, *after[:-1]]
    return [own - previous for own, previous in zip(after, before, strict=True)]


def _mass(logits: Floats, boundary: NDArray[np.bool_]) -> float:
    """log of the probability of some tokens, nats."""
    from llmlab.backends.sampling import logsumexp  # here, so that neighbors does not load it

    return logsumexp(logits[boundary]) - logsumexp(logits)


def _boundaries(model: CausalLM) -> NDArray[np.bool_]:
    """[V]: which tokens begin with white space or end the text."""
    size = model.info.vocabulary
    return np.array(
        [model.is_end(token) or model.piece(token).decode(errors="ignore")[:1].isspace() for token in range(size)]
    )
