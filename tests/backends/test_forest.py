"""What a tally notes of logits, against the plain formulas."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from llmlab.backends.base import ScoreRequest, Tokens
from llmlab.backends.forest import Count, Tally, grow
from llmlab.progress import silent

VOCABULARY = 30


def noted(logits, ids, *, detail, bos):
    """The statistics of one text whose token at each place is drawn from a row of `logits` [T, V]."""
    tokens = Tokens(tuple(ids), tuple(b"x" for _ in ids))
    forest = grow([(*bos, *ids[:-1])])
    request = [ScoreRequest(tokens, detail=detail)]
    tally = Tally(forest, request, bos, Count(request, bos, silent))
    for node, row in zip(tally.wanted, logits, strict=True):
        tally.take(node, row)
    return tally.results()[0]


def drawn(seed, count=4):
    generator = np.random.default_rng(seed)
    logits = (generator.standard_normal((count, VOCABULARY)) * 5).astype(np.float32)
    return logits, generator.integers(0, VOCABULARY, count)


@given(st.integers(0, 2**32))
def test_token_statistics_are_those_of_the_plain_formulas(seed):
    logits, ids = drawn(seed)
    stats = noted(logits, ids.tolist(), detail=True, bos=(0,))
    z = logits.astype(np.float64)
    logprobs = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    own = logprobs[np.arange(4), ids]
    np.testing.assert_allclose(stats.logprobs, own, atol=1e-5)
    assert stats.ranks.tolist() == [1 + (row > row[i]).sum() for row, i in zip(logits, ids, strict=True)]
    np.testing.assert_allclose(stats.entropies, -(np.exp(logprobs) * logprobs).sum(axis=1), atol=1e-5)
    np.testing.assert_allclose(noted(logits, ids.tolist(), detail=False, bos=(0,)).logprobs, own, atol=1e-5)


def test_without_bos_the_first_token_is_null_in_every_column():
    logits, ids = drawn(0, 2)
    stats = noted(logits[1:], ids.tolist(), detail=True, bos=())
    assert np.isnan([stats.logprobs[0], stats.entropies[0]]).all()
    assert not np.isnan([stats.logprobs[1], stats.entropies[1]]).any()
    assert stats.ranks[0] == 0
    assert stats.ranks[1] > 0
