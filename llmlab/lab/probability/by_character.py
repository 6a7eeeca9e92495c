"""The chain rule of one text, a row a character: P(c1) P(c2 | c1) ... P(cm | c1..cm-1), over all tokens that cover it.

A character is what Unicode counts as one (UAX 29). The product is the probability of the text as a beginning: tokens
that go on beyond its end cover it too.
"""

import math

import numpy as np
import regex

from llmlab.arrays import Doubles
from llmlab.backends.base import CausalLM
from llmlab.backends.spellings import Spellings
from llmlab.lab.characters.covers import Covers, cover
from llmlab.lab.characters.reading import whole
from llmlab.lab.probability.prob import BEFORE, Ledger, Row
from llmlab.lab.probability.scored import score
from llmlab.lab.prompt import after_bos
from llmlab.lab.provenance import of_text
from llmlab.lab.text import number
from llmlab.view import Record

SAID = 1e-6  # shares of P below this are not worth a word


def spelt(model: CausalLM, spellings: Spellings, text: str, *, allow_special: bool = False) -> Ledger:
    """The probability of one text, character by character.

    Raises MisuseError for an empty text, a tokenizer that changes the text, and without BOS for a text that may begin
    with several tokens.
    """
    text = after_bos(model, text, allow_special)
    (scored,) = score(model, [text], allow_special=allow_special)
    covers = cover(model, spellings, whole(model, spellings, text, scored.tokens))
    characters = regex.findall(r"\X", text)
    ends = np.cumsum([len(one.encode()) for one in characters])
    totals = _totals(covers, ends, len(text.encode()))
    rows = []
    for place, character in enumerate(characters):
        before = totals[place - 1] if place and not math.isnan(totals[place - 1]) else 0.0
        shown = "".join(characters[max(place - BEFORE, 0) : place])[-BEFORE:]
        own = float(totals[place] - before)
        rows.append(Row(character.encode(), (), shown, own, float(totals[place]), None, None))
    return Ledger(
        scored, tuple(rows), "character", of_text(model.info), _record(covers), _remarks(covers, scored.total)
    )


def _totals(covers: Covers, ends: Doubles, size: int) -> Doubles:
    """log P of each beginning, nats; nan inside a first token that is given."""
    places = ends + len(covers.text) - size  # without a given token, with the space that may stand before every text
    return np.array([covers.logprobs[place] if place > 0 else math.nan for place in places.tolist()])


def _record(covers: Covers) -> Record:
    return {
        "prefix_logprob_nats": covers.logprob,
        "contexts": covers.contexts,
        "beside_own_tokens": covers.beside,
        "left_out": covers.left_out,
        "left_out_at_most": covers.bound if covers.bound < 1 else None,
    }


def _remarks(covers: Covers, own_tokens: float) -> tuple[str, ...]:
    """How the sum was made, and how it differs from the tokenizer's own tokens."""
    read = f"over all tokens that cover the text: {covers.contexts} contexts"
    if covers.beside > SAID:
        read += f"; those that the tokenizer itself would not make hold {covers.beside:.1g} of P"
    if covers.left_out > SAID:
        read += f"; left out: about {covers.left_out:.1g} of P"
    if SAID < covers.bound < 1:
        read += f", at most {covers.bound:.1g}"
    return (f"the tokenizer's own tokens, and nothing begun after them: log P = {number(own_tokens)}", read)
