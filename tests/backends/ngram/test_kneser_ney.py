"""Smoothed counts against the equations written out by dictionaries, NLTK, and KenLM."""

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from naive_ngram import NaiveNgram

from llmlab.backends.ngram.kneser_ney import Discounts, KneserNey, count, sentence_so_far
from llmlab.backends.ngram.tokens import BOS, END

DATA = Path(__file__).parents[2] / "data"

SIZE = 12
SENTENCES = st.lists(st.lists(st.integers(2, SIZE - 1), min_size=1, max_size=9), min_size=1, max_size=25)


def model(sentences, size=SIZE, order=3):
    ids = np.array([token for one in sentences for token in (BOS, *one, END)])
    return KneserNey.of(size, count(ids, size, order))


def drawn(seed=0, sentences=400, size=60):
    """Sentences whose words are as unequal as those of texts are (Zipf)."""
    generator = np.random.default_rng(seed)
    lengths = generator.integers(1, 15, sentences)
    return [(2 + np.minimum(generator.zipf(1.4, n), size - 2) - 1).tolist() for n in lengths]


@pytest.mark.parametrize("order", [1, 2, 3, 5])
def test_probabilities_are_those_of_the_equations(order):
    sentences = drawn()
    smoothed, naive = model(sentences, 60, order), NaiveNgram(sentences, 60, order)
    for own, theirs in zip(smoothed.discounts, naive.discounts[1:], strict=True):
        assert own.values == pytest.approx(theirs, rel=1e-12)
    contexts = [(BOS, *one[:end]) for one in [*sentences[:60], *drawn(1, 30)] for end in range(len(one) + 1)]
    for context in contexts:
        np.testing.assert_allclose(smoothed.after(context), naive.distribution(context), atol=1e-9)


@given(SENTENCES, st.integers(1, 4), st.lists(st.integers(1, SIZE - 1), max_size=5))
def test_so_they_are_of_any_text_and_context(sentences, order, context):
    smoothed, naive = model(sentences, order=order), NaiveNgram(sentences, SIZE, order)
    history = sentence_so_far((BOS, *context))
    np.testing.assert_allclose(smoothed.after(history), naive.distribution((BOS, *context)), atol=1e-9)


@given(SENTENCES, st.integers(1, 4))
def test_the_tokens_of_a_text_have_the_probabilities_that_the_distributions_give_them(sentences, order):
    smoothed = model(sentences, order=order)
    ids = tuple(token for one in sentences for token in (BOS, *one, END))
    expected = [smoothed.after(sentence_so_far(ids[:place]))[token] for place, token in enumerate(ids) if place]
    np.testing.assert_allclose(smoothed.each(ids)[1:], expected, atol=1e-12)


def test_after_a_thousand_contexts_the_probabilities_sum_to_one():
    smoothed, generator = model(drawn(), 60), np.random.default_rng(3)
    for _ in range(1000):
        history = tuple(generator.integers(0, 60, generator.integers(0, 4)).tolist())
        found = smoothed.after(history)
        assert found.sum() == pytest.approx(1, abs=1e-12)
        assert found[BOS] == 0
        assert (np.delete(found, BOS) > 0).all()


@given(SENTENCES, st.integers(1, 4), st.lists(st.integers(0, SIZE - 1), max_size=4))
def test_so_they_do_whatever_was_counted(sentences, order, history):
    assert model(sentences, order=order).after(tuple(history)).sum() == pytest.approx(1, abs=1e-12)


@given(SENTENCES, st.integers(2, SIZE - 1), st.lists(st.integers(2, SIZE - 1), max_size=3))
def test_the_steps_of_a_probability_can_be_worked_out_by_hand(sentences, token, context):
    smoothed = model(sentences)
    history = (BOS, *context)
    below = 1 / (SIZE - 1)
    for step, discounts in zip(smoothed.steps(history, token), smoothed.discounts, strict=False):
        if step.total:
            weight = sum(d * n for d, n in zip(discounts.values, step.follow, strict=True)) / step.total
            discount = 0 if step.count == 0 else discounts.values[min(step.count, 3) - 1]
            assert (step.weight, step.discount) == (pytest.approx(weight), discount)
            below = (step.count - discount) / step.total + weight * below
        assert step.probability == pytest.approx(below, abs=1e-12)
    assert below == pytest.approx(smoothed.after(history)[token], abs=1e-12)


def test_discounts_are_those_of_the_counts_of_counts():
    counts = np.repeat([1, 2, 3, 4, 7], [8, 4, 3, 2, 5])
    found = Discounts.of(counts)
    y = 8 / 16
    assert found.seen == (8, 4, 3, 2)
    assert found.values == pytest.approx((1 - 2 * y * 4 / 8, 2 - 3 * y * 3 / 4, 3 - 4 * y * 2 / 3))
    assert found.estimated


@pytest.mark.parametrize(
    "counts",
    [[], [1, 1, 1], [1, 2, 2, 4], [2, 3, 4], [1, 2, *[3] * 90, 4], [1, 2, 3, *[4] * 90]],
    ids=["none", "once", "no 3", "no 1", "D2 below 0", "D3 below 0"],
)
def test_discounts_that_the_counts_leave_undefined_fall_back(counts):
    found = Discounts.of(np.array(counts, np.int64))
    assert (found.values, found.estimated) == ((0.5, 1.0, 1.5), False)


def test_nothing_before_the_last_end_of_a_line_counts():
    assert sentence_so_far((BOS, 5, END, 6)) == (BOS, 6)
    assert sentence_so_far((BOS, 5, END)) == (BOS,)
    assert sentence_so_far((5, 6)) == (5, 6)
    assert sentence_so_far((5, BOS, 6)) == (BOS, 6)


def test_with_one_discount_they_are_those_of_nltk():
    """NLTK's has one discount, none at the unigrams; its bigrams that begin a sentence it counts otherwise."""
    lm = pytest.importorskip("nltk.lm")
    sentences, size = drawn(sentences=150, size=20), 20
    ids = np.array([token for one in sentences for token in (BOS, *one, END)])
    grams = count(ids, size, 3)
    one, none = (Discounts((1, 1, 1, 1), (d, d, d), True) for d in (0.4, 0.0))
    smoothed = KneserNey(size, tuple(grams), (none, one, one))
    theirs = lm.KneserNeyInterpolated(3, discount=0.4)
    padded = [tuple(map(str, (BOS, *sentence, END))) for sentence in sentences]
    everything = [[s[i : i + n] for n in (1, 2, 3) for i in range(len(s) - n + 1)] for s in padded]
    theirs.fit(everything, vocabulary_text=[token for s in padded for token in s])
    seen = {token for one in sentences for token in one} | {END}
    contexts = {(s[i], s[i + 1]) for s in sentences for i in range(len(s) - 1)} | {(BOS, s[0]) for s in sentences}
    assert len(contexts) > 100
    for context in contexts:
        expected = [theirs.score(str(token), tuple(map(str, context))) for token in sorted(seen)]
        np.testing.assert_allclose(smoothed.after(context)[sorted(seen)], expected, atol=1e-9)


def test_they_are_those_of_kenlm():
    """kenlm.arpa is what `lmplz -o 3` of KenLM 0.3 makes of kenlm.txt, in float32, with a word for unknown ones."""
    names = {"<s>": BOS, "</s>": END, "<unk>": 2}
    sentences = [line.split() for line in (DATA / "kenlm.txt").read_text().splitlines()]
    for word in sorted({word for sentence in sentences for word in sentence}):
        names[word] = len(names)
    smoothed = model([[names[word] for word in sentence] for sentence in sentences], len(names))
    assert all(own.estimated for own in smoothed.discounts)
    entries = re.findall(r"^(-[\d.e-]+|0)\t([^\t\n]+)", (DATA / "kenlm.arpa").read_text(), re.MULTILINE)
    assert len(entries) > 1000
    for log10, words in entries:
        *context, token = (names[word] for word in words.split())
        if token != BOS:
            assert smoothed.after(tuple(context))[token] == pytest.approx(10 ** float(log10), abs=1e-5), words
