"""Words on disk behave as the plain list they were; vectors come back as they went in."""

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from lab_spaces import make

from llmlab.errors import DamagedError
from llmlab.spaces.space import WORDS, Words
from llmlab.spaces.writer import write

WORD = st.text(st.characters(codec="utf-8", exclude_characters="\n"), min_size=1, max_size=4)


@settings(max_examples=200, deadline=None)
@given(st.lists(WORD | st.sampled_from(["a", "ab", "b", "aba"]), min_size=1, max_size=20), WORD)
@example(["love", "lo", "ve", "l"], "ov")
@example(["爱", "\r", "\x85", "\u2028", "a b"], "\xe7")
def test_a_vocabulary_on_disk_is_the_list_it_was_written_from(words, other):
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), words, np.zeros((len(words), 1), np.float32))
        found = Words(Path(folder) / WORDS)
        assert len(found) == len(words)
        assert [found[row] for row in range(len(words))] == words
        for word in [*words, other, words[0] + other, words[-1][:-1], "", f"{words[0]}\n{other}"]:
            assert found.find(word) == (words.index(word) if word in words else None)
        for count in (1, len(words), len(words) + 5):
            assert found.first(count) == words[:count]


def test_vectors_come_back_as_they_were_written(tmp_path):
    vectors = np.random.default_rng(0).normal(size=(50, 7)).astype(np.float32)
    space = make(tmp_path, vectors)
    assert space.dimension == 7
    assert np.array_equal(space.rows(np.arange(50)), vectors)
    assert np.array_equal(space.vector(49), vectors[49])


@pytest.mark.parametrize("scale", [1, 3])
@pytest.mark.parametrize("order", [("cosine", "l2", "l1", "dot"), ("dot", "l1", "l2", "cosine")])
def test_one_opened_space_answers_every_metric_in_any_order(tmp_path, scale, order):
    vectors = np.random.default_rng(0).normal(size=(50, 7))
    vectors *= scale / np.linalg.norm(vectors, axis=1, keepdims=True)  # at length 1 one file serves both indexes
    space, query = make(tmp_path, vectors), vectors[3] * 2
    assert (tmp_path / "unit.faiss").exists() == (scale != 1)
    difference = vectors - query
    expected = {
        "cosine": np.sort(vectors @ query / scale / np.linalg.norm(query))[::-1],
        "dot": np.sort(vectors @ query)[::-1],
        "l1": np.sort(np.abs(difference).sum(axis=1)),
        "l2": np.sort((difference**2).sum(axis=1)),
    }
    for metric in order:
        (scores,), (rows,) = space.search(query.astype(np.float32)[None], 99, metric)
        np.testing.assert_allclose(scores, expected[metric], rtol=1e-4, atol=1e-4)
        assert sorted(rows.tolist()) == list(range(50))


@pytest.mark.parametrize(
    ("words", "vectors", "message"),
    [
        ([], np.zeros((0, 2)), "no words make no space"),
        (["a"], np.zeros((2, 2)), "1 words and 2 vectors"),
        (["a"], np.array([[np.nan, 1]]), "not finite"),
        (["a"], np.array([[np.inf, 1]]), "not finite"),
        (["a\nb"], np.zeros((1, 2)), "is empty or holds a line end"),
    ],
)
def test_what_makes_no_space_is_not_written(tmp_path, words, vectors, message):
    with pytest.raises(DamagedError, match=message):
        write(tmp_path, words, vectors.astype(np.float32))


def test_an_index_that_is_not_one_is_named(tmp_path):
    space = make(tmp_path, np.ones((1, 2)), ["a"])
    (tmp_path / "vectors.faiss").write_bytes(b"no index")
    with pytest.raises(DamagedError, match=r"FAISS cannot read .*vectors\.faiss"):
        space.vector(0)
