"""Word orders against plain torch, text by text."""

import itertools

import pytest

from llmlab.errors import MisuseError
from llmlab.lab.probability import orders
from llmlab.lab.text import times


def test_all_orders_are_ranked_and_the_original_is_found(lm, total):
    found = orders.orders(lm, "The cat sat.")
    texts = [" ".join(words) + "." for words in itertools.permutations(["The", "cat", "sat"])]
    assert [one.text for one in found.texts] == sorted(texts, key=lambda text: -total(text))
    assert found.texts[found.place - 1].text == "The cat sat."
    assert [row["original"] for row in found.records()].index(True) == found.place - 1
    assert found.document()["seed"] is None  # nothing was drawn


def test_the_place_of_the_original_is_said_before_the_figures(lm, total):
    for words in itertools.permutations(["The", "cat", "sat"]):
        found = orders.orders(lm, " ".join(words) + ".")
        (view,) = found.views()
        logs = sorted((total(one.text) for one in found.texts), reverse=True)
        if found.place == 1:
            ratio = times(logs[0] - logs[1])
            assert view.conclusion == f"The original is the likeliest of all 6 orders, {ratio} likelier than the next."
        else:
            ratio = times(logs[0] - logs[found.place - 1])
            assert view.conclusion.startswith(f"The original is number {found.place} of all 6 orders: ")
            assert view.conclusion.endswith(f'"{found.texts[0].text}" is {ratio} likelier than it.')


@pytest.mark.parametrize(
    ("sentence", "parts"),
    [
        ("He likes movies.", (["He", "likes", "movies"], " ", ".")),
        ("He|likes movies|!", (["He", "likes movies"], " ", "!")),
        ("我|喜欢|电影。", (["我", "喜欢", "电影"], "", "。")),
        ("我喜欢看电影。", (["我", "喜欢", "看", "电影"], "", "。")),  # by the dictionary
        ("Is it?!", (["Is", "it"], " ", "?!")),
    ],
)
def test_words_are_parted_by_spaces_or_marks_or_a_dictionary_and_the_end_stays(sentence, parts):
    assert orders.split(sentence) == parts


@pytest.mark.parametrize("sentence", ["cat", "电影", "ねこがすき"])
def test_one_word_has_no_orders(lm, sentence):
    with pytest.raises(MisuseError, match="has one word"):
        orders.orders(lm, sentence)


def test_of_a_long_sentence_the_same_seed_draws_the_same_orders(monkeypatch, lm):
    monkeypatch.setattr(orders, "SAMPLED", 6)
    sentence = "a b c d e f g h i"
    first, again = (orders.orders(lm, sentence, seed=3) for _ in range(2))
    assert first.sampled
    assert first.records() == again.records()
    assert first.document()["seed"] == 3
    assert "a sample of 7 orders (seed 3)" in first.views()[0].conclusion  # and the original
    assert all(sorted(one.text.split()) == sentence.split() for one in first.texts)
    assert {one.text for one in first.texts} != {one.text for one in orders.orders(lm, sentence, seed=4).texts}
