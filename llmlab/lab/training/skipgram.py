"""Skip-gram with negative sampling (Mikolov, Sutskever, Chen, Corrado and Dean 2013), trained by gensim.

For a word w and a word c near it, log s(v_c . v_w) grows, and log s(-v_n . v_w) with it for NEGATIVE words n that are
drawn by count ** 0.75. The text is read several times at a learning rate that falls with every word read. One thread
trains, so that a seed gives the same table every time on one machine.
"""

from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from itertools import pairwise

from llmlab.arrays import Floats
from llmlab.errors import MissingError
from llmlab.lab.training.word_sentences import Corpus
from llmlab.language import tr
from llmlab.progress import Progress

WINDOW = 5  # words to each side, at most
NEGATIVE = 5  # drawn words
FREQUENT = 1e-3  # of all words; one that is met more is often passed over
PASSES = 5
RATE, LAST_RATE = 0.025, 0.0001
SETTINGS = {"window": WINDOW, "negative": NEGATIVE, "sample": FREQUENT, "passes": PASSES, "rate": RATE}


def check_installed() -> None:
    """Raise MissingError where there is no gensim."""
    if find_spec("gensim") is None:
        said = tr("skip-gram is trained by gensim, which is not installed")
        raise MissingError(said, 'pip install "llmlab[train]"')


def rate(words_read: int, words: int) -> float:
    """The learning rate when so many of all words to read have been read: it falls in a straight line."""
    return RATE - (RATE - LAST_RATE) * words_read / words


def skipgram(corpus: Corpus, steps: Sequence[int], dimension: int, seed: int, progress: Progress) -> Iterator[Floats]:
    """The table [V, dimension] when so many words have been read, for each of steps, which rise; then at the end.

    At 0 it is random, each number within 1 / dimension of 0. Rows are in the order of the corpus's words.
    """
    from gensim.models import Word2Vec

    model = Word2Vec(
        vector_size=dimension, window=WINDOW, negative=NEGATIVE, sample=FREQUENT, sg=1, workers=1, seed=seed,
        alpha=RATE, min_alpha=LAST_RATE, min_count=1, sorted_vocab=0,
    )  # fmt: skip
    model.build_vocab_from_freq(corpus.counts, corpus_count=len(corpus.ends))
    pass_, total = len(corpus.running), words_to_read(corpus)
    for start, end in pairwise(sorted({0, *steps, *range(0, total + 1, pass_)})):
        if start in steps:
            yield model.wv.vectors.copy()
        part = corpus.between(start % pass_, (end - 1) % pass_ + 1)
        rates = {"start_alpha": rate(start, total), "end_alpha": rate(end, total)}
        model.train(part, total_words=end - start, epochs=1, **rates)
        progress(end, total)
    yield model.wv.vectors.copy()


def words_to_read(corpus: Corpus) -> int:
    """How many words are read in all passes."""
    return PASSES * len(corpus.running)
