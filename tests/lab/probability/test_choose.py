"""Choices against plain torch, text by text."""

import math
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from llmlab.backends.base import ScoreRequest
from llmlab.errors import MisuseError
from llmlab.lab.probability.choose import choose, normalised

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
    joint, alone = lm.encode(text), lm.encode(first)
    (right,) = choose(lm, first, [rest], glue=True).choices
    assume(right.boundary == "clean" and joint[: len(alone)] == alone)
    whole, left = (stats.logprobs.sum() for stats in lm.score([ScoreRequest(joint), ScoreRequest(alone)]))
    assert left + right.logprob == pytest.approx(whole, abs=1e-4)


@given(st.data())
def test_choices_stand_in_the_order_of_the_whole_texts_wherever_tokens_part(lm, texts, plain, data):
    context = data.draw(st.sampled_from(texts))[: data.draw(st.integers(1, 30))]
    some = data.draw(st.lists(st.sampled_from(texts), min_size=2, max_size=5, unique=True))
    choices = list(dict.fromkeys(one[: data.draw(st.integers(1, 8))] for one in some))
    found = choose(lm, context, choices, glue=True).choices

    def whole(choice):
        ids = lm.encode(context + choice).ids
        return float(sum(row[token] for row, token in zip(plain(ids), ids, strict=False)))

    totals = [whole(one.text) for one in found]
    for (a, b), (one, other) in zip(pairwise(totals), pairwise(found), strict=True):
        assert a - b == pytest.approx(one.logprob - other.logprob, abs=1e-3)


def test_a_token_across_the_boundary_is_reported_and_all_are_scored_after_what_they_share(lm, total):
    context, choices = "The q", ["uick fox", "uiet cat"]
    merged = [lm.encode(context + one) for one in choices]
    found = choose(lm, context, choices, glue=True)
    common = 1
    assert [one.pieces[:2] for one in merged] == [(b"The", b" qu")] * 2  # the context ends inside the second
    assert found.common == merged[0][:common].text
    for one in found.choices:
        assert one.logprob == pytest.approx(total(context + one.text, common), abs=1e-4)


@pytest.mark.parametrize(
    ("context", "choice", "put"),
    [
        ("He likes", "movie", True),
        ("He likes", " movie", False),
        ("1 + 1 =", "2", False),
        ("今天天气很", "好", False),
        ("I said 你", "hello", False),
        ("Он любит", "кино", True),
    ],
)
def test_a_space_is_put_before_a_word_where_the_language_wants_one(lm, context, choice, put):
    (found,) = choose(lm, context, [choice]).choices
    (glued,) = choose(lm, context, [choice], glue=True).choices
    (typed,) = choose(lm, context, [" " + choice if put else choice], glue=True).choices
    assert (found.spaced, found.logprob) == (put, typed.logprob)
    assert (glued.spaced, glued.text) == (False, choice)


def test_an_impossible_choice_has_no_share_and_breaks_nothing():
    assert normalised([-math.inf, 0.0]) == (0.0, 1.0)
    assert all(math.isnan(share) for share in normalised([-math.inf, -math.inf]))


def test_nothing_is_no_choice(lm):
    with pytest.raises(MisuseError, match="needs a context and a text"):
        choose(lm, "The", [""])
