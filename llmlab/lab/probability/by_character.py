"""The chain rule of one text, a row a character: P(c1) P(c2 | c1) ... P(cm | c1..cm-1), over all tokens that cover it.

A character is what Unicode counts as one (UAX 29). The product is the probability of the text as a beginning: tokens
that go on beyond its end cover it too.
"""

import math
from collections.abc import Callable, Sequence

import numpy as np
import regex

from llmlab.arrays import Doubles
from llmlab.backends.base import CausalLM
from llmlab.backends.sampling import top
from llmlab.backends.spellings import Spellings
from llmlab.errors import MisuseError
from llmlab.lab.characters.covers import Covers, cover
from llmlab.lab.characters.following import branches, endings
from llmlab.lab.characters.reading import whole
from llmlab.lab.probability.prob import BEFORE, Ledger, Row, check_correction, ledger
from llmlab.lab.probability.scored import Scored, encode
from llmlab.lab.prompt import after_bos
from llmlab.lab.provenance import of_text
from llmlab.lab.text import By, number
from llmlab.language import tr, tr_many
from llmlab.progress import Progress, silent
from llmlab.view import Record

SAID = 1e-6  # shares of P below this are not worth a word
LOOKED_AT = 40  # tokens after a context whose covers are encoded anew


def by_part(
    model: CausalLM,
    spellings: Callable[[], Spellings],
    text: str,
    by: By = "token",
    *,
    correct: bool = False,
    allow_special: bool = False,
    progress: Progress = silent,
) -> Ledger:
    """The probability of one text by token or word, as `ledger` gives it, or by character, which needs spellings."""
    if by == "character":
        return spelt(model, spellings(), text, allow_special=allow_special, progress=progress)
    return ledger(model, text, by, correct=correct, allow_special=allow_special, progress=progress)


def check(text: str, by: By, correct: bool, others: int) -> None:
    """Raise MisuseError, before a model is opened, for what does not go with a text or its parts."""
    if correct:
        check_correction(text, by)
    if others < 0:
        raise MisuseError(tr("{count} alternatives are none", count=others), tr("give a number from 0 up"))
    if others and by != "token":
        raise MisuseError(tr("--alternatives are to tokens"), tr("leave out --by"))


def spelt(
    model: CausalLM, spellings: Spellings, text: str, *, allow_special: bool = False, progress: Progress = silent
) -> Ledger:
    """The probability of one text, character by character.

    Raises MisuseError for an empty text, a tokenizer that changes the text, and without BOS for a text that may begin
    with several tokens.
    """
    text = after_bos(model, text, allow_special)
    tokens = encode(model, text, allow_special=allow_special)
    covers = cover(model, spellings, whole(model, spellings, text, tokens), progress=progress)
    own = np.concatenate([np.full(len(covers.given), np.nan), covers.own])
    characters = regex.findall(r"\X", text)
    ends = np.cumsum([len(one.encode()) for one in characters])
    totals = totals_at(ends.tolist(), covers, len(text.encode()))
    rows = []
    for place, character in enumerate(characters):
        before = totals[place - 1] if place and not math.isnan(totals[place - 1]) else 0.0
        shown = "".join(characters[max(place - BEFORE, 0) : place])[-BEFORE:]
        logprob = float(totals[place] - before)
        rows.append(Row(character.encode(), (), shown, logprob, float(totals[place]), None, None))
    lead = len(covers.text) + len(b"".join(covers.given.pieces)) - len(text.encode())
    scored, foreign = Scored(text, tokens, own), _foreign(model, spellings, covers, lead)
    said = _record(covers, foreign), _remarks(covers, scored.total, foreign)
    return Ledger(scored, tuple(rows), "character", of_text(model.info), *said)


def totals_at(ends: Sequence[int], covers: Covers, size: int) -> Doubles:
    """log P of each beginning of a text of so many bytes, nats; nan inside a first token that is given.

    `ends`: of the beginnings, in bytes.
    """
    lead = len(covers.text) - size  # a given token is missing; the space that may stand before every text is more
    return np.array([covers.logprobs[end + lead] if end + lead > 0 else math.nan for end in ends])


def _foreign(model: CausalLM, spellings: Spellings, covers: Covers, lead: int) -> float:
    """Share of P of covers that the tokenizer itself would cut otherwise: the likeliest of each context are tried.

    `lead`: bytes that the tokenizer puts before every text.
    """
    total = 0.0
    for one in endings(spellings, covers):
        if one.rest:
            ids, masses = branches(spellings, one, 1.0)
            before = b"".join(one.tokens.pieces)
            for place in top(masses, LOOKED_AT).tolist():
                token = int(ids[place])
                text = (before + model.piece(token))[lead:].decode(errors="ignore")
                if model.encode(text).ids != (*one.tokens.ids, token):
                    total += one.share * float(masses[place])
    return total


def _record(covers: Covers, foreign: float) -> Record:
    return {
        "prefix_logprob_nats": covers.logprob,
        "contexts": covers.contexts,
        "foreign_tokens": foreign,
        "left_out": covers.left_out,
        "left_out_at_most": covers.bound,
    }


def _remarks(covers: Covers, own_tokens: float, foreign: float) -> tuple[str, ...]:
    """How the sum was made, and how it differs from the tokenizer's own tokens."""
    read = tr_many(
        "over all tokens that cover the text, in {count:,} context",
        "over all tokens that cover the text, in {count:,} contexts",
        covers.contexts,
    )
    if foreign > SAID:
        read += tr("; those that the tokenizer itself would not make hold {mass:.1g} of P", mass=foreign)
    if covers.left_out > SAID:
        read += tr("; left out: about {mass:.1g} of P", mass=covers.left_out)
    if covers.bound > SAID:
        bound = tr(", at most {mass:.1g}", mass=covers.bound)
        read += bound if covers.bound < 1 else tr(" (no bound below 1)")
    alone = tr("the tokenizer's own tokens alone, as a whole text: log P = {nats}", nats=number(own_tokens))
    return (alone, read)
