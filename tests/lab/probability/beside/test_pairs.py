"""pairs and perplexity of several models."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from llmlab.lab.probability.beside.pairs import Agreement, judged
from llmlab.lab.probability.beside.perplexity import measured
from llmlab.lab.probability.pairs import Pair, judge
from llmlab.lab.probability.perplexity import measure

TEXTS = ["The cat sat", "sat The cat", "cat sat The", "今天天气", "天气今天"]
PAIRS = [Pair(a, b, "first" if a == TEXTS[0] else "") for a in TEXTS for b in TEXTS if a != b]
COUNTS = st.integers(0, 400)


@given(COUNTS, COUNTS, COUNTS, COUNTS)
def test_chance_is_the_binomial_test_of_the_pairs_that_one_alone_has_right(both, first, second, neither):
    if first + second:
        expected = binomtest(first, first + second, 0.5).pvalue
        assert Agreement(both, first, second, neither).chance == pytest.approx(expected, rel=1e-9)


def test_models_of_which_neither_is_ever_alone_do_not_differ():
    assert Agreement(3, 0, 0, 1).chance == 1
    assert Agreement(3, 0, 0, 1).share == 1


def test_each_model_is_right_as_it_is_alone_and_they_agree_where_both_are(lm, lm_without_bos):
    found = judged([lm, lm_without_bos], PAIRS)
    alone = [judge(model, PAIRS) for model in (lm, lm_without_bos)]
    assert found.records() == [record for one in alone for record in one.records()]
    right = [[one.margin > 0 for one in each.outcomes] for each in alone]
    ((_, _, agreed),) = found.agreements
    assert agreed.share == sum(a == b for a, b in zip(*right, strict=True)) / len(PAIRS)
    assert agreed.first == sum(a and not b for a, b in zip(*right, strict=True))
    assert agreed.second == sum(b and not a for a, b in zip(*right, strict=True))
    assert [row[3] for row in found.views()[0].rows[-2:]] == [f"{sum(one) / len(PAIRS):.1%}" for one in right]


def blocks(text):
    return lambda: (iter([text[:500], text[500:]]), len(text.encode()))


@pytest.mark.parametrize("text", ["The cat sat on the mat. " * 3, "今天天气很好。" * 100])
def test_bits_a_character_of_a_long_text_are_those_of_each_model_alone(lm, of_other_tokens, text):
    found = measured([lm, of_other_tokens], "x", blocks(text), window=64)
    for model, row in zip((lm, of_other_tokens), found.records(), strict=True):
        alone = measure(model, "x", iter([text]), len(text), window=64)
        assert row["bits_per_character"] * len(text) == pytest.approx(-alone.logprob / math.log(2), rel=1e-5)
        assert row["bits_per_byte"] * len(text.encode()) == pytest.approx(-alone.logprob / math.log(2), rel=1e-5)
        assert (row["context"], row["tokens"]) == ("", alone.tokens)


def test_without_bos_a_long_text_is_compared_after_its_first_token(lm, lm_without_bos, after):
    text = "The cat sat on the mat. " * 3
    found = measured([lm, lm_without_bos], "x", blocks(text))
    for model, row in zip((lm, lm_without_bos), found.records(), strict=True):
        assert row["context"] == "The"
        assert row["logprob_nats"] == pytest.approx(after(model, text, 1), abs=1e-2)
        bits = -after(model, text, 1) / math.log(2)
        assert row["bits_per_character"] == pytest.approx(bits / (len(text) - 3), rel=1e-4)
    assert 'compared after "The"' in found.views()[0].notes[0]
