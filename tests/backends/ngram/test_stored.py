"""An n-gram model on the disk."""

import numpy as np
import pytest

from llmlab.backends.ngram import stored
from llmlab.errors import DamagedError
from llmlab.lab.training import ngram

LINES = ["The cat sat.", "The cat ran.", "今天天气很好。", "今天天气不好。"] * 3


@pytest.fixture
def found():
    return ngram.train(LINES)


def test_what_was_saved_is_read_as_it_was(tmp_path, found):
    stored.save(tmp_path, found.vocabulary, found.counts)
    vocabulary, counts = stored.load(tmp_path)
    assert vocabulary == found.vocabulary
    assert (counts.size, counts.discounts) == (found.counts.size, found.counts.discounts)
    for one, other in zip(counts.grams, found.counts.grams, strict=True):
        np.testing.assert_array_equal(one.keys, other.keys)
        np.testing.assert_array_equal(one.counts, other.counts)
    assert stored.revision(vocabulary, counts) == found.revision


def test_other_counts_or_words_are_another_revision(found):
    others = [ngram.train(LINES[:-1]), ngram.train(LINES, order=2), ngram.train(LINES, by="character")]
    assert len({found.revision, *(one.revision for one in others)}) == 4
    assert ngram.train(LINES).revision == found.revision


@pytest.mark.parametrize("file", ["ngram.npz", "ngram.json"])
@pytest.mark.parametrize("content", [b"", b"no model", None])
def test_what_is_not_whole_is_damaged(tmp_path, found, file, content):
    stored.save(tmp_path, found.vocabulary, found.counts)
    if content is None:
        (tmp_path / file).unlink()
    else:
        (tmp_path / file).write_bytes(content)
    with pytest.raises(DamagedError, match=r"no whole n-gram model$"):
        stored.load(tmp_path)


def test_pickles_are_not_read(tmp_path, found):
    stored.save(tmp_path, found.vocabulary, found.counts)
    arrays = dict(np.load(tmp_path / "ngram.npz"))
    arrays["keys_2"] = np.array([{"a": 1}], dtype=object)
    np.savez(tmp_path / "ngram.npz", **arrays)
    with pytest.raises(DamagedError):
        stored.load(tmp_path)
