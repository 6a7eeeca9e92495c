"""Sums of words against numpy in float64, over every word."""

import tempfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lab_spaces import make

from llmlab.errors import MisuseError
from llmlab.lab.vectors import arithmetic, neighbors
from llmlab.lab.vectors.arithmetic import Term
from llmlab.spaces.lookup import look_up


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("love", [Term(1, "love")]),
        ("well-known", [Term(1, "well-known")]),
        ("C++", [Term(1, "C++")]),
        ("New York", [Term(1, "New York")]),
        ("king - man + woman", [Term(1, "king"), Term(-1, "man"), Term(1, "woman")]),
        ("- man + woman", [Term(-1, "man"), Term(1, "woman")]),
        ('"New York" - well-known', [Term(1, "New York"), Term(-1, "well-known")]),
        ("国王  -  男人", [Term(1, "国王"), Term(-1, "男人")]),
        ("国王 － 男人　＋　女人", [Term(1, "国王"), Term(-1, "男人"), Term(1, "女人")]),
        ("国王－男人", [Term(1, "国王－男人")]),
    ],
)
def test_a_sum_is_words_with_signs_between_spaces(text, terms):
    assert list(arithmetic.parse(text)) == terms


@pytest.mark.parametrize(
    "text", ["king -", "king - + woman", "king - man woman", "a - - b", "国王 －", "国王 ＋ － 女人"]
)
def test_a_sign_without_a_word_is_no_sum(text):
    with pytest.raises(MisuseError, match="is no sum of words"):
        arithmetic.parse(text)


@pytest.mark.parametrize(
    ("word", "spaced"),
    [
        ("国王-男人+女人", "国王 - 男人 + 女人"),
        ("国王－男人", "国王 － 男人"),
        ("国王-男人", "国王 - 男人"),
        ("king-man+woman", "king - man + woman"),
        *[("well-known", ""), ("C++", ""), ("-男人", ""), ("love", ""), ("国王 - 男人", "")],
    ],
)
def test_a_word_that_may_be_a_sum_without_spaces_is_shown_with_them(word, spaced):
    assert arithmetic.unspaced(word) == (spaced and f"a sum has spaces around its signs: '{spaced}'")


@given(st.integers(0, 10**6), st.integers(4, 80), st.integers(2, 6), st.sampled_from(["cosine", "l2", "l1", "dot"]))
def test_the_nearest_to_a_sum_are_those_of_brute_force_without_its_words(seed, count, dimension, metric):
    vectors = np.random.default_rng(seed).normal(size=(count, dimension)).astype(np.float32)
    terms = arithmetic.parse("w0 - w1 + w2")
    with tempfile.TemporaryDirectory() as folder:
        space = make(folder, vectors)
        queries = [look_up(space, term.word, None) for term in terms]
        query = arithmetic.combine("w0 - w1 + w2", terms, queries, metric == "cosine")
        found = neighbors.nearest(space, query, 5, metric)
    rows = vectors.astype(np.float64)
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    base = unit if metric == "cosine" else rows
    total = base[0] - base[1] + base[2]
    scores = {
        "cosine": -(unit @ total) / np.linalg.norm(total),
        "dot": -(rows @ total),
        "l1": np.abs(rows - total).sum(axis=1),
        "l2": np.linalg.norm(rows - total, axis=1),
    }[metric]
    scores[:3] = np.inf
    expected = [row for row in np.argsort(scores, kind="stable") if np.isfinite(scores[row])][:5]
    sign = -1 if metric in ("cosine", "dot") else 1
    assert [sign * one.score for one in found.neighbors] == pytest.approx(scores[expected], abs=1e-5)
    assert {one.row for one in found.neighbors} == set(expected) or len({*np.round(scores[expected], 5)}) < 5


@given(st.integers(0, 10**6), st.integers(4, 80), st.integers(2, 6))
def test_3cosmul_is_the_formula_of_levy_and_goldberg_over_every_word(seed, count, dimension):
    vectors = np.random.default_rng(seed).normal(size=(count, dimension)).astype(np.float32)
    terms = arithmetic.parse("w0 - w1 + w2")
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as folder:
        patch.setattr(arithmetic, "BLOCK", 7)
        space = make(folder, vectors)
        queries = [look_up(space, term.word, None) for term in terms]
        found = neighbors.by_product(space, "w0 - w1 + w2", terms, queries, 5)
    unit = vectors.astype(np.float64) / np.linalg.norm(vectors.astype(np.float64), axis=1, keepdims=True)
    near = (1 + unit @ unit[:3].T) / 2
    scores = near[:, 0] * near[:, 2] / (near[:, 1] + 1e-6)
    scores[:3] = -np.inf
    expected = np.argsort(-scores, kind="stable")[: min(5, count - 3)]
    assert [one.row for one in found.neighbors] == expected.tolist()
    assert [one.score for one in found.neighbors] == pytest.approx(scores[expected], rel=1e-6)
