"""Vectors by counting: how often words stand near each other, and the axes that say most of it.

Levy and Goldberg (2014), "Neural Word Embedding as Implicit Matrix Factorization": what skip-gram with k drawn words
learns is a factor of the matrix PMI(w, c) - log k. Here the matrix is counted: M(w, c) = max(PMI(w, c) - log k, 0) with
PMI = log(#(w, c) |D| / (#(w) #(c))), and its truncated singular value decomposition U S V' gives the vectors U S^0.5.
"""

import math
from typing import Any

import numpy as np

from llmlab.arrays import Doubles, Floats
from llmlab.errors import MisuseError
from llmlab.lab.training.word_sentences import Corpus
from llmlab.language import tr

WINDOW = 5  # words to each side
SHIFT = 1.0  # k: the paper finds that for a decomposition no shift is better than that of as many words as are drawn
WEIGHT = 0.5  # of the singular values
SETTINGS = {"window": WINDOW, "shift": SHIFT, "weight": WEIGHT}


def bigram(corpus: Corpus, dimension: int) -> Floats:
    """Vectors [V, dimension] of the words, most weighty axis first. The sign of an axis is that of its largest number.

    Raises MisuseError for a dimension that is not below the number of words.
    """
    if dimension >= len(corpus.counts):
        said = tr(
            "the text has {count:,} words that are met often enough, too few for {dimension} dimensions",
            count=len(corpus.counts),
            dimension=dimension,
        )
        raise MisuseError(said, tr("give a smaller --dimension, or more text"))
    return np.asarray(factor(sppmi(cooccurrences(corpus)), dimension), np.float32)


def cooccurrences(corpus: Corpus) -> Any:
    """#(w, c): how often c stands within the window of w in a sentence, sparse [V, V] float64, symmetric."""
    from scipy.sparse import coo_matrix

    row_of = {word: row for row, word in enumerate(corpus.counts)}
    ids = np.array([row_of[word] for word in corpus.running])  # [T]
    own = np.searchsorted(corpus.ends, np.arange(len(ids)), side="right")  # [T], the sentence of each
    count = len(row_of)
    total = coo_matrix((count, count)).tocsr()
    for apart in range(1, WINDOW + 1):
        both = own[:-apart] == own[apart:]
        left, right = ids[:-apart][both], ids[apart:][both]
        total = total + coo_matrix((np.ones(len(left)), (left, right)), (count, count)).tocsr()
    return (total + total.T).tocsr()


def sppmi(counts: Any) -> Any:
    """Shifted positive pointwise mutual information of sparse counts [V, V], as sparse, in nats."""
    sums = np.asarray(counts.sum(axis=1)).ravel()  # [V]
    found = counts.tocoo()
    pmi = np.log(found.data * sums.sum() / (sums[found.row] * sums[found.col])) - math.log(SHIFT)
    found.data = np.maximum(pmi, 0.0)
    found = found.tocsr()
    found.eliminate_zeros()
    return found


def factor(matrix: Any, dimension: int) -> Doubles:
    """U S^WEIGHT of the largest singular values of a sparse matrix [V, V], the largest first, [V, dimension]."""
    from scipy.sparse.linalg import svds

    start = np.random.default_rng(0).random(matrix.shape[0])  # ARPACK draws one itself, another every time
    left, values, _ = svds(matrix, k=dimension, v0=start)
    order = np.argsort(-values, kind="stable")
    vectors = left[:, order] * values[order] ** WEIGHT
    largest = vectors[np.abs(vectors).argmax(axis=0), np.arange(dimension)]
    return np.asarray(vectors * np.where(largest < 0, -1.0, 1.0))
