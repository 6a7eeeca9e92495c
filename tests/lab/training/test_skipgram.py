"""Skip-gram: gensim's own training, kept at moments."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import training_texts
from training_texts import ANIMALS, VEHICLES

from llmlab.errors import MissingError
from llmlab.lab.training import skipgram
from llmlab.lab.training.skipgram import LAST_RATE, NEGATIVE, PASSES, RATE, WINDOW, rate, words_to_read
from llmlab.lab.training.word_sentences import corpus
from llmlab.progress import silent

word2vec = pytest.importorskip("gensim.models.word2vec")


@pytest.fixture(scope="module")
def text():
    return corpus(training_texts.english(3_000), "t")


def tables(text, steps=(), dimension=8, seed=1, progress=silent):
    return list(skipgram.skipgram(text, steps, dimension, seed, progress))


def of_its_kind(text, table):
    """For how many of five animals and five vehicles the nearest of the ten is of the same kind."""
    rows = [list(text.counts).index(word) for word in (*ANIMALS, *VEHICLES)]
    unit = table[rows] / np.linalg.norm(table[rows], axis=1, keepdims=True)
    cosines = unit @ unit.T - 2 * np.eye(10)
    return sum((cosines.argmax(axis=1) < 5) == (np.arange(10) < 5))


def test_without_moments_the_table_is_what_gensim_makes_alone(text):
    (ours,) = tables(text)
    model = word2vec.Word2Vec(
        vector_size=8, window=WINDOW, negative=NEGATIVE, sg=1, workers=1, seed=1, min_count=1, sorted_vocab=0
    )
    sentences = text.between(0, len(text.running))
    model.build_vocab_from_freq(text.counts, corpus_count=len(sentences))
    model.train(sentences, total_words=len(text.running), epochs=PASSES, start_alpha=RATE, end_alpha=LAST_RATE)
    assert model.wv.index_to_key == list(text.counts)
    np.testing.assert_allclose(ours, model.wv.vectors, atol=1e-6)


def test_a_seed_gives_the_same_tables_every_time_and_another_seed_others(text):
    one, again, other = (tables(text, (0, 777), seed=seed) for seed in (1, 1, 2))
    assert all(np.array_equal(*both) for both in zip(one, again, strict=True))
    assert not any(np.array_equal(*both) for both in zip(one, other, strict=True))


@pytest.mark.parametrize("hash_seed", ["1", "2"])
def test_a_process_with_other_hashes_makes_the_same_table(text, hash_seed):
    code = (
        "import sys, training_texts\n"
        "from llmlab.lab.training import skipgram, word_sentences\n"
        "text = word_sentences.corpus(training_texts.english(3_000), 't')\n"
        "(table,) = skipgram.skipgram(text, (), 8, 1, lambda *_: None)\n"
        "sys.stdout.buffer.write(table.tobytes())\n"
    )
    path = os.pathsep.join([str(Path(__file__).parents[2]), *sys.path])
    environ = os.environ | {"PYTHONHASHSEED": hash_seed, "PYTHONPATH": path}
    done = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, check=True)
    assert done.stdout == tables(text)[0].tobytes()


def test_the_first_table_is_random_and_in_the_last_the_nearest_noun_is_of_the_same_kind():
    text = corpus(training_texts.english(8_000), "t")
    first, last = tables(text, (0,))
    assert np.abs(first).max() <= 1 / 8
    assert np.abs(first.mean()) < 0.02
    assert of_its_kind(text, first) <= 8
    assert of_its_kind(text, last) == 10


def test_moments_lie_where_they_were_asked_for_and_the_rate_falls_through_them(text, monkeypatch):
    read = []
    train = word2vec.Word2Vec.train

    def told(self, part, total_words, start_alpha, end_alpha, **more):
        read.append((sum(map(len, part)), total_words, start_alpha, end_alpha))
        return train(self, part, total_words=total_words, start_alpha=start_alpha, end_alpha=end_alpha, **more)

    monkeypatch.setattr(word2vec.Word2Vec, "train", told)
    size, total = len(text.running), words_to_read(text)
    seen = []
    found = tables(text, (0, 1_003, size, size + 7), progress=lambda *both: seen.append(both))
    assert len(found) == 5
    assert [words for words, *_ in read] == [1_003, size - 1_003, 7, size - 7, *[size] * (PASSES - 2)]
    assert all(words == said for words, said, *_ in read)
    ends = np.cumsum([words for words, *_ in read])
    assert seen == [(end, total) for end in ends]
    assert [rates for *_, rates in read] == pytest.approx((RATE + (LAST_RATE - RATE) * ends / total).tolist())
    assert [start for *_, start, _ in read] == pytest.approx([RATE, *(end for *_, end in read[:-1])])
    assert rate(0, total) == RATE
    assert rate(total, total) == pytest.approx(LAST_RATE)


def test_without_gensim_it_is_said_what_to_install(monkeypatch):
    monkeypatch.setattr(skipgram, "find_spec", lambda name: None)
    with pytest.raises(MissingError, match="gensim, which is not installed") as caught:
        skipgram.check_installed()
    assert caught.value.hint == 'pip install "llmlab[train]"'
