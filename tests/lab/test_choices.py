"""Choices, orders and pairs against plain torch, text by text."""

import itertools
import math

import numpy as np
import pytest
import tiny
from hypothesis import given
from hypothesis import strategies as st

from llmlab.backends.base import Tokens
from llmlab.backends.huggingface import HuggingFaceLM
from llmlab.errors import MisuseError
from llmlab.lab import choices, orders, pairs


@pytest.fixture(scope="module")
def model(lm_folder):
    return HuggingFaceLM(lm_folder, "tiny")


@pytest.fixture(scope="module")
def total(model, lm_folder):
    """(text, first scored token) -> log-probability in nats by plain torch."""
    logprobs = tiny.plain_torch(lm_folder)

    def total(text, start=0):
        ids = model._bos + model.encode(text).ids
        rows = logprobs(ids)
        return sum(rows[i - 1][ids[i]] for i in range(1 + start, len(ids)))

    return total


def test_a_choice_is_as_likely_as_torch_says_after_its_context(model, total):
    context, texts = "The cat", [" sat on", " is", " 今天"]
    start = len(model.encode(context))
    found = choices.choose(model, context, texts)
    expected = {text: total(context + text, start) for text in texts}
    assert [one.text for one in found.choices] == sorted(texts, key=lambda text: -expected[text])
    for one, share in zip(found.choices, found.shares, strict=True):
        assert one.logprob == pytest.approx(expected[one.text], abs=1e-4)
        assert one.per_character == pytest.approx(expected[one.text] / len(one.text), abs=1e-4)
        weights = [math.exp(value) for value in expected.values()]
        assert share == pytest.approx(math.exp(expected[one.text]) / sum(weights), abs=1e-4)


def test_the_probability_of_a_text_is_that_of_its_parts_where_the_boundary_is_clean(model, total):
    context, rest = "The cat", " sat on the mat"
    request, boundary = choices.conditional(model, context, rest)
    assert boundary == "clean"
    conditional = model.score([request])[0].logprobs.sum()
    assert total(context) + conditional == pytest.approx(total(context + rest), abs=1e-4)


def test_a_token_across_the_boundary_is_scored_whole_and_reported():
    tokens = Tokens((1, 2), (b"The c", b"at"))

    class Fixed:
        def encode(self, text):
            return tokens

    request, boundary = choices.conditional(Fixed(), "The", " cat")
    assert (request.start, boundary) == (0, "merged")


def test_all_orders_are_ranked_and_the_original_is_found(model, total):
    found = orders.orders(model, "The cat sat.")
    texts = [" ".join(words) + "." for words in itertools.permutations(["The", "cat", "sat"])]
    assert [one.text for one in found.texts] == sorted(texts, key=lambda text: -total(text))
    assert found.texts[found.place - 1].text == "The cat sat."


@pytest.mark.parametrize(
    ("sentence", "parts"),
    [
        ("He likes movies.", (["He", "likes", "movies"], " ", ".")),
        ("我|喜欢|电影。", (["我", "喜欢", "电影"], "", "。")),
        ("Is it?!", (["Is", "it"], " ", "?!")),
    ],
)
def test_words_are_parted_by_spaces_or_marks_and_the_end_stays(sentence, parts):
    assert orders.split(sentence) == parts


def test_one_word_has_no_orders(model):
    with pytest.raises(MisuseError, match="one word"):
        orders.orders(model, "今天天气很好")


def test_of_a_long_sentence_the_same_seed_draws_the_same_orders(monkeypatch, model):
    monkeypatch.setattr(orders, "SAMPLED", 6)
    sentence = "a b c d e f g h i"
    first, again = (orders.orders(model, sentence, seed=3) for _ in range(2))
    assert first.sampled
    assert first.records() == again.records()
    assert all(sorted(one.text.split()) == sentence.split() for one in first.texts)


def test_pairs_are_right_where_torch_finds_the_good_one_likelier(model, total):
    told = [pairs.Pair("The cat sat", "The sat cat", "order"), pairs.Pair("sat cat the", "the cat sat", "order")]
    told.append(pairs.Pair("今天天气很好", "今天天气很差"))
    found = pairs.judge(model, told)
    for one in found.outcomes:
        assert one.margin == pytest.approx(total(one.pair.good) - total(one.pair.bad), abs=1e-4)
    right = sum(total(pair.good) > total(pair.bad) for pair in told)
    assert found.document()["groups"][0]["share"] == pytest.approx(right / 3)
    assert {row["group"]: row["pairs"] for row in found.document()["groups"]} == {"all": 3, "order": 2}


@given(st.integers(1, 500), st.data())
def test_wilsons_interval_holds_the_shares_within_1_96_standard_errors(trials, data):
    successes = data.draw(st.integers(0, trials))
    low, high = pairs.wilson(successes, trials)
    # The definition: p such that |share - p| = z sqrt(p (1 - p) / n), found on a grid.
    grid = np.linspace(0, 1, 20_001)
    inside = np.abs(successes / trials - grid) <= pairs.Z95 * np.sqrt(grid * (1 - grid) / trials) + 1e-12
    assert low == pytest.approx(grid[inside].min(), abs=1e-4)
    assert high == pytest.approx(grid[inside].max(), abs=1e-4)
