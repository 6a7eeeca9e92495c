"""The probability of a beginning, against the sum over every token sequence by plain torch."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmlab.backends.base import Tokens
from llmlab.lab.characters.covers import Effort, Request, cover

OWN_TOKENS = Effort(per_token=1, beside=1, rounds=1, exact=False)  # only contexts that the tokenizer itself would make
ALL = Effort(floor=0.0, per_token=10_000, rounds=100, worth=0.0)
SHORT = st.text("The cat今天很好 😀é\n1", min_size=1, max_size=4).filter(lambda text: len(text.encode()) <= 7)


@settings(max_examples=200)
@given(SHORT)
def test_a_short_text_is_covered_exactly(lm, spellings, enumerated, request_of, text):
    found = cover(lm, spellings, request_of(text), ALL)
    assert math.exp(found.logprob) == pytest.approx(enumerated(text.encode()), rel=1e-5, abs=1e-9)
    assert (found.left_out, found.bound) == (0, 0)


@given(SHORT)
def test_what_is_left_out_is_no_more_than_the_bound_says(lm, spellings, enumerated, request_of, text):
    found, whole = cover(lm, spellings, request_of(text), OWN_TOKENS), enumerated(text.encode())
    missing = whole - math.exp(found.logprob)
    assert missing >= -1e-5 * whole
    assert missing <= (found.bound + 1e-5) * math.exp(found.logprob)


@given(SHORT, st.data())
def test_factors_multiply_to_the_whole_wherever_a_text_is_split(lm, spellings, request_of, text, data):
    cut = data.draw(st.integers(1, len(text)))
    whole = cover(lm, spellings, request_of(text), ALL)
    part = cover(lm, spellings, request_of(text[:cut]), ALL)
    assert whole.logprobs[len(text[:cut].encode())] == pytest.approx(part.logprob, abs=1e-4)
    assert np.all(np.diff(whole.logprobs) <= 1e-6)  # P(ab) <= P(a)
    assert np.diff(whole.logprobs).sum() == pytest.approx(whole.logprob)


@given(SHORT)
def test_more_effort_never_finds_less(lm, spellings, request_of, text):
    efforts = (OWN_TOKENS, Effort(), ALL)
    sums = [cover(lm, spellings, request_of(text, through=False), effort).logprob for effort in efforts]
    assert sums[0] <= sums[1] + 1e-5 <= sums[2] + 2e-5


def test_what_stands_before_is_given_and_not_scored(lm, spellings, enumerated):
    given_, own = lm.encode("The cat"), lm.encode(" sat")
    found = cover(lm, spellings, Request(given_, own), ALL)
    assert math.exp(found.logprob) == pytest.approx(enumerated(b" sat", given_.ids), rel=1e-5)


def test_the_tokenizers_own_tokens_are_scored_as_by_the_engine(lm, spellings, total, request_of):
    for text in ("The cat", "今天", "a é"):
        found = cover(lm, spellings, request_of(text, through=False))
        assert found.own.sum() == pytest.approx(total(text), abs=1e-4)


def test_a_text_of_many_contexts_is_read_within_its_budget(lm, spellings):
    own = lm.encode("The quick brown fox jumps over the lazy dog. " * 2)
    effort = Effort()
    found = cover(lm, spellings, Request(Tokens((), ()), own), effort)
    assert len(own) < found.contexts <= effort.budget(len(own)) + 1
    alone = cover(lm, spellings, Request(Tokens((), ()), own), OWN_TOKENS)
    assert alone.logprob <= found.logprob
    assert found.left_out < alone.left_out
