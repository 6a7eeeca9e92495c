"""The chain rule, against a forward pass of plain torch, and what its sums come to."""

import math
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmlab.backends.base import Tokens
from llmlab.errors import MisuseError
from llmlab.lab.probability.scored import Scored, encode, encoded, likeliest_first, score


def scored(logprobs, text="", windows=1):
    tokens = Tokens(tuple(range(len(logprobs))), (b"x",) * len(logprobs))
    return Scored(text or "x" * len(logprobs), tokens, np.array(logprobs, np.float64), windows)


def test_the_probability_of_a_text_is_the_product_of_its_tokens(lm, total, texts):
    for scored in score(lm, texts[::3]):
        expected = total(scored.text)
        assert scored.total == pytest.approx(expected, abs=1e-3)
        assert scored.perplexity == pytest.approx(math.exp(-expected / len(scored.tokens)), rel=1e-3)
        found, exact = scored.summary(), Decimal(expected).exp()
        written = Decimal(found["probability_mantissa"]).scaleb(found["probability_exponent"])
        assert float(written / exact) == pytest.approx(1, abs=2e-3)


@given(st.lists(st.floats(-50, 0), max_size=8), st.integers(0, 2))
def test_sums_and_means_are_of_the_tokens_that_have_a_probability(logprobs, unknown):
    found = scored([math.nan] * unknown + logprobs)
    assert found.known == len(logprobs)
    sums = [sum(logprobs[: end + 1]) for end in range(len(logprobs))]
    assert found.running == pytest.approx([math.nan] * unknown + sums, nan_ok=True)
    if not logprobs:
        assert math.isnan(found.total)
        assert math.isnan(found.per_token)
        assert math.isnan(found.perplexity)
        return
    assert found.total == pytest.approx(sums[-1])
    assert found.per_token == pytest.approx(np.mean(logprobs))
    assert found.perplexity == pytest.approx(np.exp(-np.mean(logprobs)), rel=1e-9)
    assert found.per_character == pytest.approx(sums[-1] / len(found.text))


def test_a_summary_tells_every_sum():
    found = scored([math.nan, math.log(1 / 4), math.log(1 / 8)], "今天", windows=2)
    assert found.summary() == {
        "text": "今天",
        "tokens": 3,
        "scored_tokens": 2,
        "logprob_nats": pytest.approx(math.log(1 / 32)),
        "probability": pytest.approx(1 / 32),
        "probability_mantissa": pytest.approx(3.125),
        "probability_exponent": -2,
        "logprob_per_token_nats": pytest.approx(math.log(1 / 32) / 2),
        "logprob_per_character_nats": pytest.approx(math.log(1 / 32) / 2),
        "perplexity": pytest.approx(math.sqrt(32)),
        "windows": 2,
    }


def test_what_has_no_probability_is_null_in_a_summary():
    unknown = {name for name, value in scored([math.nan]).summary().items() if value is None}
    assert unknown == {
        "logprob_nats",
        "probability",
        "probability_mantissa",
        "probability_exponent",
        "logprob_per_token_nats",
        "logprob_per_character_nats",
        "perplexity",
    }


def test_only_a_text_of_several_windows_is_said_to_be_longer_than_the_model_reads_at_once():
    assert Scored("a", Tokens((1,), (b"a",)), np.zeros(1)).notes == scored([0.0]).notes == ()
    assert scored([0.0], windows=2).notes == ("longer than the model reads at once: 2 windows",)


def test_the_likeliest_stand_first_equals_as_given_and_those_without_a_probability_last():
    given = [scored([log], name) for name, log in zip("abcdef", (-3, math.nan, -1, -3, math.nan, -2), strict=True)]
    assert [one.text for one in likeliest_first(given)] == ["c", "f", "a", "d", "b", "e"]


def test_control_tokens_are_scored_as_such_where_they_are_allowed_and_as_text_where_not(lm):
    text = "a</s>"
    as_text, allowed = score(lm, [text]), score(lm, [text], allow_special=True)
    assert as_text[0].tokens == encode(lm, text) == encoded(lm, [text])[0] == lm.encode(text)
    assert allowed[0].tokens == encode(lm, text, allow_special=True) == encoded(lm, [text], allow_special=True)[0]
    assert allowed[0].tokens == lm.encode(text, allow_special=True) != as_text[0].tokens
    assert [score(lm, ["<s>a"], allow_special=allow)[0].text for allow in (True, False)] == ["a", "<s>a"]


def test_each_text_tells_how_many_windows_it_was_read_in(lm, texts):
    long = "".join(texts)
    short, several = score(lm, ["The cat", long])
    assert short.windows == 1
    assert several.windows == 1 + math.ceil((len(several.tokens) - 255) / 127)  # the tiny model reads <s> and 255


def test_what_was_scored_is_told_while_it_lasts(lm):
    heard = []
    score(lm, ["The cat", "sat"], progress=lambda done, total: heard.append((done, total)))
    assert heard[-1][0] == heard[-1][1]


def test_an_empty_text_is_refused(lm):
    with pytest.raises(MisuseError, match=r"^the text is empty$") as refused:
        score(lm, [""])
    assert refused.value.hint == "give at least one character"
