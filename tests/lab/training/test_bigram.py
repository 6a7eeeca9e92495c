"""Vectors by counting: counts, mutual information and axes against plain loops and numpy's dense decomposition."""

import math
from collections import Counter

import numpy as np
import pytest
import training_texts
from scipy.sparse import csr_matrix

from llmlab.errors import MisuseError
from llmlab.lab.training import bigram
from llmlab.lab.training.bigram import WINDOW, cooccurrences, factor, sppmi
from llmlab.lab.training.bigram import bigram as vectors
from llmlab.lab.training.word_sentences import corpus


@pytest.fixture(scope="module")
def text():
    return corpus(training_texts.english(400) + "one cat, a dog and the car stop by the bridge of a bird\n" * 6, "t")


def pairs(text):
    """#(w, c) as the paper defines D: every word with each of the words around it, sentence by sentence."""
    found = Counter()
    for sentence in text.between(0, len(text.running)):
        for place, word in enumerate(sentence):
            around = sentence[max(place - WINDOW, 0) : place] + sentence[place + 1 : place + 1 + WINDOW]
            found.update((word, other) for other in around)
    return found


def test_pairs_are_counted_as_by_hand(text):
    counted, words = pairs(text), list(text.counts)
    dense = cooccurrences(text).toarray()
    assert dense.sum() == counted.total()
    assert {(words[i], words[j]): dense[i, j] for i, j in zip(*np.nonzero(dense), strict=True)} == counted


@pytest.mark.parametrize("shift", [1.0, 2.0, 5.0])
def test_the_matrix_is_that_of_the_paper(text, shift, monkeypatch):
    monkeypatch.setattr(bigram, "SHIFT", shift)
    counted, words = pairs(text), list(text.counts)
    of_word, of_context = Counter(), Counter()
    for (word, context), count in counted.items():
        of_word[word] += count
        of_context[context] += count
    naive = np.zeros((len(words), len(words)))
    for (word, context), count in counted.items():
        pmi = math.log(count * counted.total() / (of_word[word] * of_context[context]))
        naive[words.index(word), words.index(context)] = max(pmi - math.log(shift), 0)
    np.testing.assert_allclose(sppmi(cooccurrences(text)).toarray(), naive, atol=1e-12)
    assert (naive > 0).any()


@pytest.mark.parametrize("dimension", [2, 5, 9])
def test_the_axes_are_those_of_a_dense_decomposition(text, dimension):
    matrix = sppmi(cooccurrences(text))
    left, values, _ = np.linalg.svd(matrix.toarray())
    found = factor(matrix, dimension)
    assert found.shape == (len(text.counts), dimension)
    np.testing.assert_allclose(np.linalg.norm(found, axis=0) ** 2, values[:dimension], rtol=1e-9)  # U S^0.5
    expected = left[:, :dimension] * values[:dimension] ** 0.5
    np.testing.assert_allclose(found @ found.T, expected @ expected.T, atol=1e-8)
    assert (found.max(axis=0) >= -found.min(axis=0)).all()


def test_it_is_the_same_every_time(text):
    assert np.array_equal(vectors(text, 5), vectors(text, 5))


def test_words_with_the_same_neighbours_are_near(text):
    found, words = vectors(text, 6), list(text.counts)
    unit = found / np.linalg.norm(found, axis=1, keepdims=True)
    horse, mouse, taxi = (unit[words.index(word)] for word in ("horse", "mouse", "taxi"))
    assert horse @ mouse > horse @ taxi + 0.2


def test_a_weight_other_than_a_half_would_be_another_table():
    matrix = csr_matrix(np.diag([9.0, 4.0, 1.0, 0.25]))
    np.testing.assert_allclose(factor(matrix, 2), np.eye(4)[:, :2] * [3, 2], atol=1e-9)


def test_more_dimensions_than_words_are_refused(text):
    with pytest.raises(MisuseError, match=r"words that are met often enough, too few for 40 dimensions"):
        vectors(text, 40)
