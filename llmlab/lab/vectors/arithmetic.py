"""Sums of words: king - man + woman.

3CosAdd ranks by the cosine to the sum of unit vectors; 3CosMul multiplies the words' similarities, moved to [0, 1],
and divides by those of the words with a minus (Levy and Goldberg 2014). The words of the sum are left out.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np

from llmlab.arrays import Doubles, Ints, unit_rows
from llmlab.errors import MisuseError
from llmlab.lab.languages import language
from llmlab.lab.vectors.filters import Keep
from llmlab.language import tr
from llmlab.spaces.lookup import Query
from llmlab.spaces.space import Space

BLOCK = 50_000  # rows compared at a time
EPSILON = 1e-6  # keeps 3CosMul from dividing by 0, as in the paper
MINUS, SIGN = "-－", "[+＋－-]"  # and as a Chinese input method types them
SUM = re.compile(rf"(?:^|\s){SIGN}\s|\s{SIGN}\s*$")
TERM = re.compile(rf"\s*({SIGN})?\s*(?:\"([^\"]+)\"|(\S+))(?=\s|$)")
UNSPACED = re.compile(rf"(?<=\w)({SIGN})(?=\w)")


@dataclass(frozen=True)
class Term:
    """A word of a sum."""

    sign: int  # 1 or -1
    word: str


def parse(text: str) -> tuple[Term, ...]:
    """The terms of `king - man + "New York"`; a text that is no sum has one term, itself.

    Signs stand between spaces, so that well-known stays a word. Raises MisuseError for a sign without a word.
    """
    if not SUM.search(text):
        return (Term(1, text),)
    terms: list[Term] = []
    place = 0
    while place < len(text.rstrip()):
        found = TERM.match(text, place)
        word = (found[2] or found[3]) if found else ""
        if found is None or re.fullmatch(SIGN, word) or (terms and not found[1]):
            hint = tr('for example "king - man + woman"; put a word that holds spaces in quotes')
            raise MisuseError(tr("{text!r} is no sum of words", text=text), hint)
        terms.append(Term(-1 if found[1] and found[1] in MINUS else 1, word))
        place = found.end()
    return tuple(terms)


def unspaced(word: str) -> str:
    """What to do where a word may be meant as a sum; "" for any other: a hyphen alone is part of a word in Latin."""
    signs = UNSPACED.findall(word)
    if not signs or (set(signs) == {"-"} and not language(word)):
        return ""
    return tr("a sum has spaces around its signs: '{spaced}'", spaced=UNSPACED.sub(r" \1 ", word))


def combine(text: str, terms: Sequence[Term], queries: Sequence[Query], unit: bool) -> Query:
    """The sum as one query; with `unit`, of unit vectors, as cosine asks. Its words are left out of the answer."""
    vectors = np.stack([query.vector.astype(np.float64) for query in queries])
    if unit:
        vectors = unit_rows(vectors)
    total = sum(term.sign * vector for term, vector in zip(terms, vectors, strict=True))
    own = tuple(row for query in queries for row in query.own)
    return Query(text, np.asarray(total, np.float32), None, own)


def multiply(
    space: Space, terms: Sequence[Term], queries: Sequence[Query], k: int, keep: Keep | None = None
) -> tuple[Ints, Doubles]:
    """Rows and scores of the k best by 3CosMul, best first, ties by vocabulary order."""
    if any(not query.vector.any() for query in queries):
        raise MisuseError(tr("the cosine of a zero vector is undefined"), tr("leave that word out"))
    scores = np.concatenate([_products(space, terms, queries, start) for start in range(0, len(space.words), BLOCK)])
    own = [row for query in queries for row in query.own]
    scores[own] = -np.inf
    order = np.lexsort((np.arange(len(scores)), -np.round(scores, 12)))
    order = order[np.isfinite(scores[order])]
    if keep is not None:
        order = np.fromiter(islice((row for row in order if keep(space.words[int(row)])), k), np.int64)
    order = order[:k]
    return order.astype(np.int64), scores[order]


def _products(space: Space, terms: Sequence[Term], queries: Sequence[Query], start: int) -> Doubles:
    rows = np.arange(start, min(start + BLOCK, len(space.words)))
    vectors = space.rows(rows).astype(np.float64)
    lengths = np.linalg.norm(vectors, axis=1)
    products = np.where(lengths > 0, 1.0, -np.inf)
    unit = vectors / np.where(lengths > 0, lengths, 1)[:, None]
    for term, query in zip(terms, queries, strict=True):
        near = (1 + unit @ unit_rows(query.vector.astype(np.float64)[None])[0]) / 2
        products = products * near if term.sign > 0 else products / (near + EPSILON)
    return np.asarray(np.where(lengths > 0, products, -np.inf))
