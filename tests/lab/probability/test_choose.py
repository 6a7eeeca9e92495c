"""Choices against plain torch, text by text."""

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from llmlab.backends.base import ScoreRequest, Tokens
from llmlab.errors import MisuseError
from llmlab.lab.probability.choose import choose, conditional, normalised

CONTEXT, TEXTS = "The cat", [" sat on", " is", " 今天"]


def test_a_choice_is_as_likely_as_torch_says_after_its_context(lm, expected):
    found = choose(lm, CONTEXT, TEXTS)
    logs = {text: expected(CONTEXT, text) for text in TEXTS}
    assert [one.text for one in found.choices] == sorted(TEXTS, key=lambda text: -logs[text])
    mass = sum(math.exp(value) for value in logs.values())
    for one, share in zip(found.choices, found.shares, strict=True):
        assert one.logprob == pytest.approx(logs[one.text], abs=1e-4)
        assert one.per_character == pytest.approx(logs[one.text] / len(one.text.strip()), abs=1e-4)
        assert one.per_token == pytest.approx(logs[one.text] / len(lm.encode(one.text)), abs=1e-4)
        assert share == pytest.approx(math.exp(logs[one.text]) / mass, abs=1e-4)


@given(st.data())
def test_the_probability_of_a_text_is_that_of_its_parts_where_the_boundary_is_clean(lm, texts, data):
    text = data.draw(st.sampled_from([text for text in texts if 4 <= len(text) <= 60]))
    cut = data.draw(st.integers(1, len(text) - 1))
    first, rest = text[:cut], text[cut:]
    request, boundary = conditional(lm, first, rest)
    joint, alone = lm.encode(text), lm.encode(first)
    assume(boundary == "clean" and joint[: len(alone)] == alone)
    whole, left, right = (
        stats.logprobs.sum() for stats in lm.score([ScoreRequest(joint), ScoreRequest(alone), request])
    )
    assert left + right == pytest.approx(whole, abs=1e-4)


def test_a_token_across_the_boundary_is_scored_whole_and_reported():
    tokens = Tokens((1, 2), (b"The c", b"at"))

    class Fixed:
        def encode(self, text, allow_special):
            return tokens

    request, boundary = conditional(Fixed(), "The", " cat")
    assert (request.start, boundary) == (0, "merged")


def test_an_impossible_choice_has_no_share_and_breaks_nothing():
    assert normalised([-math.inf, 0.0]) == (0.0, 1.0)
    assert all(math.isnan(share) for share in normalised([-math.inf, -math.inf]))


def test_nothing_is_no_choice(lm):
    with pytest.raises(MisuseError, match="needs a context and a text"):
        choose(lm, "The", [""])
