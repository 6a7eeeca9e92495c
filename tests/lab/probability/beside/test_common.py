"""The part of a text that models of other tokens are compared on."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from llmlab.backends.base import Tokens
from llmlab.lab.probability.beside.common import common_start, compared, notes
from llmlab.lab.probability.scored import Scored
from llmlab.lab.provenance import Provenance

ORIGIN = Provenance({"model": "m"}, "m")


def cut(text: str, ends: list[int], known: bool) -> Scored:
    """A text in tokens that end after so many bytes; without `known` the first has no probability."""
    raw = text.encode()
    places = sorted({end for end in ends if 0 < end < len(raw)} | {len(raw)})
    pieces = [raw[a:b] for a, b in zip([0, *places], places, strict=False)]
    logprobs = np.full(len(pieces), -1.0)
    logprobs[0] = -1.0 if known else np.nan
    return Scored(text, Tokens(tuple(range(len(pieces))), tuple(pieces)), logprobs)


TEXTS = st.text("ab 今é", min_size=1, max_size=8)
CUTS = st.lists(st.tuples(st.lists(st.integers(1, 20), max_size=8), st.booleans()), min_size=1, max_size=3)


@given(TEXTS, CUTS)
def test_it_begins_at_the_first_place_that_is_a_boundary_of_all_after_every_token_without_a_probability(text, cuts):
    texts = [cut(text, *one) for one in cuts]
    boundaries = [{b"".join(one.tokens.pieces[:i]) for i in range(1, len(one.tokens) + 1)} for one in texts]
    unknown = [one.tokens.pieces[0] for one in texts if np.isnan(one.logprobs[0])]
    expected = len(text.encode())
    for characters in range(len(text), 0, -1):
        before = text[:characters].encode()
        if all(before in own for own in boundaries) and all(len(one) <= len(before) for one in unknown):
            expected = len(before)
    assert common_start(texts) == (expected if unknown else 0)


@given(TEXTS, CUTS)
def test_what_is_compared_and_its_context_are_the_text(text, cuts):
    for one in compared([cut(text, *each) for each in cuts], [ORIGIN] * len(cuts)):
        assert text == one.context + text[len(text) - one.characters :]
        rest = np.array([-1.0] * one.tokens)
        assert np.isnan(one.logprob) if not one.tokens else one.logprob == rest.sum()
        assert b"".join(one.scored.tokens.pieces[: one.given]).decode() == one.context


def test_tokens_that_do_not_spell_the_text_share_no_place_with_others():
    odd = Scored("ab c", Tokens((0, 1, 2), (b"\xe4A", b" B", b" c")), np.array([np.nan, -1.0, -2.0]))
    found = compared([cut("ab c", [2], False), odd], [ORIGIN] * 2)
    assert [(one.tokens, one.characters) for one in found] == [(0, 0)] * 2
    assert all(np.isnan([one.logprob, one.perplexity, one.bits_per_character]).all() for one in found)
    assert [one.context for one in found] == ["ab c", "\ufffdA B c"]
    assert notes(found[:1])[0].startswith("nothing to compare")
