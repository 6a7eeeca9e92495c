"""Whether llmlab says of the GloVe vectors what gensim's KeyedVectors say: neighbours, sums, and evaluations.

Prints one line a comparison and ends with 1 when one fails. Words whose float32 cosines gensim cannot tell apart
(within 1e-6) may change places.
"""

import sys
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
from gensim.models import KeyedVectors
from gensim.test.utils import datapath

from llmlab.cli.world import World
from llmlab.lab.vectors import arithmetic, evaluate, neighbors
from llmlab.lab.vectors.judgements import ANALOGIES, SCORED, read_questions
from llmlab.spaces.lookup import look_up

SPACE, COUNT, TOPN = "glove", 100, 10
CLOSE = 1e-6

Ranking = list[tuple[str, float]]


def main() -> None:
    world = World()
    space = world.shelf().open(SPACE)
    words = [space.words[row] for row in range(len(space.words))]
    vectors = KeyedVectors(space.dimension)
    vectors.add_vectors(words, space.rows(np.arange(len(words))))
    analogies = read_questions(world.files, Path(datapath("questions-words.txt")), ANALOGIES)
    some = [one.words for one in analogies[:: len(analogies) // COUNT]][:COUNT]
    print(f"{SPACE}: {len(words):,} words; gensim and llmlab side by side")

    def ours(text: str, method: str = "add") -> Ranking:
        terms = arithmetic.parse(text)
        queries = [look_up(space, term.word, None) for term in terms]
        if method == "mul":
            found = neighbors.by_product(space, text, terms, queries, TOPN)
        else:
            query = queries[0] if len(terms) == 1 else arithmetic.combine(text, terms, queries, unit=True)
            found = neighbors.nearest(space, query, TOPN, "cosine")
        return [(one.word, one.score) for one in found.neighbors]

    frequent = list(islice((word for word in words[50:] if word.isalpha()), 0, 40 * COUNT, 40))
    compare("neighbours of 100 words", frequent, ours, lambda word: vectors.most_similar(word, topn=TOPN))
    sums = {f"{b} - {a} + {c}": ([b, c], [a]) for a, b, c, _ in (map(str.lower, one) for one in some)}
    compare("100 sums (3CosAdd)", list(sums), ours, lambda text: vectors.most_similar(*sums[text], topn=TOPN))
    compare(
        "100 sums (3CosMul)", list(sums), lambda text: ours(text, "mul"),
        lambda text: vectors.most_similar_cosmul(*sums[text], topn=TOPN),
    )  # fmt: skip
    for name in ("wordsim353.tsv", "simlex999.txt"):
        found = evaluate.similarity(space, world.files.records(datapath(name), SCORED))
        pearson, spearman, missing = vectors.evaluate_word_pairs(datapath(name), restrict_vocab=len(words))
        same(f"{name}: Spearman", found.spearman, float(spearman.statistic))
        same(f"{name}: Pearson", found.pearson, float(pearson.statistic))
        same(f"{name}: unknown, %", 100 * (1 - found.known / found.pairs), missing)
    _, sections = vectors.evaluate_word_analogies(datapath("questions-words.txt"), restrict_vocab=len(words))
    solved = {one["section"]: len(one["correct"]) for one in sections}
    for one in evaluate.analogies(space, analogies).sections:
        same(f"{one.name}: right of {one.known}", one.right, solved[one.name])


def compare(what: str, asked: Sequence[str], ours: Callable[[str], Ranking], theirs: Callable[[str], Ranking]) -> None:
    """Both rankings, up to words that lie too close to be told apart."""
    apart = 0.0
    for text in asked:
        mine, other = ours(text), theirs(text)
        scores = [np.array([score for _, score in ranking]) for ranking in (mine, other)]
        apart = max(apart, float(np.abs(scores[0] - scores[1]).max()))
        for (word, _), (expected, score) in zip(mine, other, strict=True):
            if word != expected and min(abs(score - value) for name, value in other if name != expected) > CLOSE:
                sys.exit(f"{what}: {text}: {mine} is not {other}")
    print(f"{what}: equal, scores within {apart:.1e}", flush=True)


def same(what: str, ours: float, theirs: float) -> None:
    if abs(ours - theirs) > CLOSE:
        sys.exit(f"{what}: {ours} is not {theirs}")
    print(f"{what}: {ours:.4f}", flush=True)


if __name__ == "__main__":
    main()
