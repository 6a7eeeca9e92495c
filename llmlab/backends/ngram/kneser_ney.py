"""Interpolated modified Kneser-Ney (Chen and Goodman 1998, An Empirical Study of Smoothing Techniques, section 3.2).

P(w | h) = max(c(hw) - D(c(hw)), 0) / c(h) + gamma(h) P(w | h'), h' being h without its first token,
gamma(h) = (D1 N1(h) + D2 N2(h) + D3 N3+(h)) / c(h), Nk(h) the number of tokens seen k times after h; below the unigrams
stands 1 / V. D1 = 1 - 2 Y n2/n1, D2 = 2 - 3 Y n3/n2, D3 = 3 - 4 Y n4/n3, Y = n1 / (n1 + 2 n2), nk the number of n-grams
of the order with the count k. Below the highest order c counts the tokens that an n-gram was seen after; of one that
begins a sentence, which nothing stands before, how often it was seen (Heafield et al. 2013).

All n-grams of an order are one sorted array, so that those with one beginning are a range of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from llmlab.arrays import Doubles, Ints
from llmlab.backends.forest import Ids
from llmlab.backends.ngram.tokens import BOS, END

FALLBACK = (0.5, 1.0, 1.5)  # discounts where the counts leave them undefined


@dataclass(frozen=True)
class Grams:
    """The n-grams of one order."""

    keys: Ints  # [N] ascending: the row of the first n - 1 tokens in the order below, times V, plus the last token
    counts: Ints  # [N]


@dataclass(frozen=True)
class Discounts:
    """What is taken off the counts of one order."""

    seen: tuple[int, int, int, int]  # how many n-grams have the count 1, 2, 3, 4
    values: tuple[float, float, float]  # D1, D2, D3 of counts of 1, 2, and 3 or more
    estimated: bool  # False: the counts leave them undefined

    @classmethod
    def of(cls, counts: Ints) -> "Discounts":
        """By the counts of one order."""
        n1, n2, n3, n4 = (int(one) for one in np.bincount(np.minimum(counts, 5), minlength=6)[1:5])
        if not (n1 and n2 and n3):
            return cls((n1, n2, n3, n4), FALLBACK, False)
        y = n1 / (n1 + 2 * n2)
        values = (1 - 2 * y * n2 / n1, 2 - 3 * y * n3 / n2, 3 - 4 * y * n4 / n3)
        estimated = min(values) > 0
        return cls((n1, n2, n3, n4), values if estimated else FALLBACK, estimated)

    def off(self, counts: Ints) -> Doubles:
        """D of each count."""
        return np.array([0.0, *self.values])[np.minimum(counts, 3)]


@dataclass(frozen=True)
class CountStep:
    """One order of a probability: P = (count - discount) / total + weight x P of the order below."""

    order: int
    context: Ids
    count: int
    total: int  # of all counts after the context; 0 where it was never seen: P is that of the order below
    follow: tuple[int, int, int]  # how many tokens follow the context once, twice, three times or more
    discount: float
    weight: float
    probability: float


@dataclass(frozen=True)
class KneserNey:
    """The counts of every order, and the probabilities that they make."""

    size: int  # V, BOS among them, which nothing predicts
    grams: tuple[Grams, ...]  # of order 1, 2 ...; those of order 1 are all tokens
    discounts: tuple[Discounts, ...]

    @classmethod
    def of(cls, size: int, grams: Sequence[Grams]) -> "KneserNey":
        """With the discounts that the counts give."""
        return cls(size, tuple(grams), tuple(Discounts.of(one.counts) for one in grams))

    @property
    def order(self) -> int:
        return len(self.grams)

    @cached_property
    def lowest(self) -> Doubles:
        """P below the unigrams, [V]: the same for every token but BOS."""
        found = np.full(self.size, 1 / (self.size - 1))
        found[BOS] = 0
        return found

    def after(self, history: Ids) -> Doubles:
        """P of every token after the tokens of a sentence, BOS first, [V]; of more than the order takes the last."""
        found = self.lowest.copy()
        for order, row in enumerate(self._contexts(history), 1):
            if row < 0:
                break
            places = self._following(order, row)
            tokens = self.grams[order - 1].keys[places.start : places.stop] - row * self.size
            found *= self._weights[order - 1][row]
            found[tokens] += self._shares[order - 1][places.start : places.stop]
        return found

    def each(self, ids: Ids) -> Doubles:
        """P of each token given those before it in its sentence, [T]; a BOS begins one."""
        tokens = np.array(ids, np.int64)
        depths = places_in_sentence(tokens)
        found = self.lowest[tokens]
        context = np.zeros(len(tokens), np.int64)  # the row of what stands before, in the order below; -1: unseen
        for order, (weights, shares) in enumerate(zip(self._weights, self._shares, strict=True), 1):
            if not len(shares):  # no sentence is as long
                break
            row = self._find(order, context, tokens)
            discounted = np.where(row >= 0, shares[row], 0.0) + weights[context] * found
            found = np.where(context >= 0, discounted, found)
            context = np.where(depths > order, np.roll(row, 1), -1)
        return found

    def steps(self, history: Ids, token: int) -> tuple[CountStep, ...]:
        """How a token's probability comes about, from the unigrams up."""
        below, steps = float(self.lowest[token]), []
        for order, row in enumerate(self._contexts(history), 1):
            places = self._following(order, row) if row >= 0 else range(0)
            counts = self.grams[order - 1].counts[places.start : places.stop]
            place = int(self._find(order, np.array([row]), np.array([token]))[0])
            count = int(self.grams[order - 1].counts[place]) if place >= 0 else 0
            total, discount = int(counts.sum()), float(self.discounts[order - 1].off(np.array([count]))[0])
            follow = tuple(int(one) for one in np.bincount(np.minimum(counts, 3), minlength=4)[1:])
            weight = float(self._weights[order - 1][row]) if total else 1.0
            below = weight * below + ((count - discount) / total if total else 0.0)
            context = history[len(history) - order + 1 :]
            steps.append(CountStep(order, context, count, total, follow, discount, weight, below))  # type: ignore[arg-type]
        return tuple(steps)

    def _contexts(self, history: Ids) -> list[int]:
        """The row of the last 0, 1, 2 ... tokens of a history among the n-grams of that order; -1: never seen."""
        found = [0]
        for length in range(1, min(self.order - 1, len(history)) + 1):
            row = history[-length]
            for order, token in enumerate(history[len(history) - length + 1 :], 2):
                row = int(self._find(order, np.array([row]), np.array([token]))[0])
            found.append(row)
        return found

    def _following(self, order: int, row: int) -> range:
        """The places of an order's n-grams that begin with a row of the order below."""
        start, stop = np.searchsorted(self.grams[order - 1].keys, [row * self.size, (row + 1) * self.size])
        return range(int(start), int(stop))

    def _find(self, order: int, rows: Ints, tokens: Ints) -> Ints:
        """The place of each n-gram, given by the row of its beginning and its last token; -1 for one never seen."""
        keys = self.grams[order - 1].keys
        if not len(keys):
            return np.full(len(tokens), -1)
        wanted = rows * self.size + tokens
        places = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        return np.where((rows >= 0) & (keys[places] == wanted), places, -1)

    @cached_property
    def _totals(self) -> tuple[Doubles, ...]:
        """The sum of the counts after each context, an array [N of the order below] an order."""
        sizes = [1, *(len(one.keys) for one in self.grams)][: self.order]
        sums = (
            np.bincount(one.keys // self.size, one.counts, size) for one, size in zip(self.grams, sizes, strict=True)
        )
        return tuple(one.astype(np.float64) for one in sums)

    @cached_property
    def _weights(self) -> tuple[Doubles, ...]:
        """gamma of each context; 1 where nothing was seen after it."""
        found = []
        for one, own, totals in zip(self.grams, self.discounts, self._totals, strict=True):
            taken = np.bincount(one.keys // self.size, own.off(one.counts), len(totals))
            found.append(np.divide(taken, totals, out=np.ones(len(totals)), where=totals > 0))
        return tuple(found)

    @cached_property
    def _shares(self) -> tuple[Doubles, ...]:
        """(c - D) / total of each n-gram."""
        found = []
        for one, own, totals in zip(self.grams, self.discounts, self._totals, strict=True):
            total = totals[one.keys // self.size]
            left = one.counts - own.off(one.counts)
            found.append(np.divide(left, total, out=np.zeros(len(left)), where=total > 0))
        return tuple(found)


def count(ids: Ints, size: int, order: int) -> list[Grams]:
    """The counts of sentences, one after the other, each with BOS first, of every order up to `order`."""
    depths = places_in_sentence(ids)
    raw = np.bincount(ids, minlength=size)
    raw[BOS] = 0  # it is given, and never predicted
    keys, begins, rows = np.arange(size), np.arange(size) == BOS, ids  # rows [T]: of the n-gram that ends there
    found = []
    for length in range(2, order + 1):
        ends = np.flatnonzero(depths >= length)
        own, first, inverse, times = np.unique(
            rows[ends - 1] * size + ids[ends], return_index=True, return_inverse=True, return_counts=True
        )
        before = np.bincount(rows[ends[first]], minlength=len(keys))  # [N] how many tokens each was seen after
        found.append(Grams(keys, np.where(begins, raw, before)))
        rows = np.full(len(ids), -1)
        rows[ends] = inverse
        keys, raw, begins = own, times, ids[ends[first] - length + 1] == BOS
    return [*found, Grams(keys, raw)]


def places_in_sentence(ids: Ints) -> Ints:
    """How many tokens of its sentence stand up to and with each, [T]."""
    places = np.arange(len(ids))
    starts: NDArray[np.int64] = np.maximum.accumulate(np.where(ids == BOS, places, 0)) if len(ids) else places
    return places - starts + 1


def sentence_so_far(ids: Ids) -> Ids:
    """What a text's next token can depend on: the sentence that it ends with; after the end of a line, only BOS."""
    for place in range(len(ids) - 1, -1, -1):
        if ids[place] in (BOS, END):
            return (BOS, *ids[place + 1 :])
    return ids


def with_starts(ids: Ids) -> tuple[Ids, list[int]]:
    """A text's tokens with a BOS after every end of a line, and the places of its own among them."""
    found: list[int] = []
    own = []
    for token in ids:
        if found and found[-1] == END and token != BOS:
            found.append(BOS)
        own.append(len(found))
        found.append(token)
    return tuple(found), own
