"""What several models say of one text, made comparable.

Tokens differ from model to model, so bits a character are the unit (bits a byte: Gao et al. 2020, The Pile, 3.1). A
model without BOS has no probability of a text's first token: then all are compared on what follows the longest such
token, cut where each of them has a token boundary, and each is given the text before it: a common context.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np

from llmlab.lab.probability.scored import Scored
from llmlab.lab.provenance import Provenance
from llmlab.lab.text import BITS, finite, quoted
from llmlab.language import tr
from llmlab.view import Record


@dataclass(frozen=True)
class Compared:
    """One model's text, and the part of it that every model gives a probability."""

    scored: Scored
    start: int  # bytes of the common context, which stand before that part
    origin: Provenance

    @property
    def context(self) -> str:
        """The text that every model is given; empty where each has a BOS."""
        return _bytes(self.scored)[: self.start].decode(errors="replace")

    @property
    def given(self) -> int:
        """Tokens of the common context."""
        return sum(end <= self.start for end in _ends(self.scored))

    @property
    def tokens(self) -> int:
        return len(self.scored.tokens) - self.given

    @property
    def characters(self) -> int:
        return len(self.scored.text) - len(self.context) if self.tokens else 0

    @property
    def logprob(self) -> float:
        """log P of the part in nats; nan where nothing of the text is left."""
        return float(np.sum(self.scored.logprobs[self.given :])) if self.tokens else math.nan

    @property
    def bits_per_character(self) -> float:
        return -self.logprob * BITS / self.characters if self.characters else math.nan

    @property
    def perplexity(self) -> float:
        """exp of the mean surprisal of a token, each model's own tokens."""
        return math.exp(-self.logprob / self.tokens) if self.tokens else math.nan

    def record(self) -> Record:
        return {
            "context": self.context,
            "characters": self.characters,
            "tokens": self.tokens,
            "logprob_nats": finite(self.logprob),
            "surprisal_bits": finite(-self.logprob * BITS),
            "bits_per_character": finite(self.bits_per_character),
            "perplexity": finite(self.perplexity),
            "windows": self.scored.windows,
        }


def compared(texts: Sequence[Scored], origins: Sequence[Provenance]) -> tuple[Compared, ...]:
    """One text as several models scored it, each on the part that all can be compared on."""
    start = common_start(texts)
    starts = [len(_bytes(one)) if start is None else start for one in texts]
    return tuple(Compared(*one) for one in zip(texts, starts, origins, strict=True))


def common_start(texts: Sequence[Scored]) -> int | None:
    """Bytes before the part of a text that every model gives a probability and begins with a token of its own.

    None where no place is shared, as a tokenizer changes the text: nothing is left to compare.
    """
    longest = max(_given(one) for one in texts)
    if not longest:
        return 0
    text = _bytes(texts[0])
    if any(_bytes(one) != text for one in texts):
        return None
    shared = set.intersection(*(set(_ends(one)) for one in texts))
    return min(end for end in shared if end >= longest and _whole(text, end))


def notes(texts: Sequence[Compared]) -> tuple[str, ...]:
    """What a table must say of the beginnings of texts that every model is given."""
    whole = [one for one in texts if one.context and not one.characters]
    given = dict.fromkeys(one.context for one in texts if one.context and one.characters)
    after = tr(
        "compared after {given}, given to each: a model without BOS has no P of the first token",
        given=tr(", ").join(map(quoted, given)),
    )
    none = tr(
        "nothing to compare: after the first token, which a model without BOS gives no P, no token boundary is shared"
    )
    return (*([after] if given else []), *([none] if whole else []))


def _given(scored: Scored) -> int:
    """Bytes of the first tokens that have no probability."""
    known = ~np.isnan(scored.logprobs)
    count = int(np.argmax(known)) if known.any() else len(known)
    return len(b"".join(scored.tokens.pieces[:count]))


def _ends(scored: Scored) -> list[int]:
    """Where each token ends, in bytes."""
    return list(accumulate(map(len, scored.tokens.pieces)))


def _bytes(scored: Scored) -> bytes:
    return b"".join(scored.tokens.pieces)


def _whole(text: bytes, end: int) -> bool:
    """Whether a character begins at a place, or the text ends there (UTF-8: 10xxxxxx continues a character)."""
    return end == len(text) or text[end] & 0xC0 != 0x80
