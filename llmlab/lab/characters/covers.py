"""The probability of a text as a beginning: the sum over all token sequences that cover it.

A cover of a text is a sequence of tokens whose bytes begin with the text and whose last token reaches its end:
P(s) = sum over covers of P(t1..tm), and P(c | s) = P(sc) / P(s) (Vieira et al. 2024, From language models over tokens
to language models over characters; Phan et al. 2024, Exact byte-level probabilities from tokenized language models).
A cover is a context, which spells a beginning of the text, and one token that goes on to the end, so it is contexts
that are enumerated: all of them where they are few. Of a longer text it is those that hold most of the probability of
what they spell, the tokenizer's own first: the sum is a lower bound then. What each context left out holds of the
probability of what it spells adds up to an estimate of what is missing; their probability over that of the text is a
bound, and a loose one when they were left out early.
"""

import heapq
import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from llmlab.arrays import Doubles, Floats
from llmlab.backends.base import CausalLM, Tokens
from llmlab.backends.forest import Ids
from llmlab.backends.sampling import logsumexp
from llmlab.backends.spellings import Spellings
from llmlab.progress import Progress, silent

EXACT = 24  # contexts that are all read
TOGETHER = 64  # next-token distributions held at a time
DECAY = 0.5  # what a context on the way back to the tokenizer's own tokens is taken to keep of the one before it


@dataclass(frozen=True)
class Effort:
    """How many contexts are read where there are too many for all."""

    floor: float = 3e-4  # share of the probability of what it spells that makes a context worth reading
    per_token: int = 2  # contexts for each token of the tokenizer's own
    beside: int = 6  # and so many more
    rounds: int = 3  # passes of the model
    worth: float = 1e-3  # share of all contexts of a pass, without which there is none
    exact: bool = True  # whether all are read where they are few

    def budget(self, tokens: int) -> int:
        return self.per_token * tokens + self.beside


USUAL = Effort()


@dataclass(frozen=True)
class Context:
    """Tokens that spell the first bytes of a text, and what follows them."""

    tokens: Tokens  # all that the model reads, without BOS
    end: int  # bytes of the text that are spelt
    logprob: float  # nats, of the tokens after those that are given
    nexts: Floats  # [V] log-probabilities of the next token, nats


@dataclass(frozen=True)
class Covers:
    """What the covers of a text sum to. Contexts from which one token reaches its end are kept."""

    given: Tokens  # stand before the text, and are not scored
    text: bytes
    logprobs: Doubles  # [n + 1] nats: log P(the first k bytes as a beginning | given)
    reaching: tuple[Context, ...]
    own: Doubles  # [T] log P of each of the tokenizer's own tokens, nats
    contexts: int  # how many were read
    left_out: float  # share of P that is missing, if what is left out goes on as what was read
    bound: float  # and at most; may be more than 1

    @property
    def logprob(self) -> float:
        """log P(text as a beginning | given), nats."""
        return float(self.logprobs[-1])


@dataclass(frozen=True)
class Request:
    """A text to cover, and the tokenizer's own tokens of it."""

    given: Tokens
    own: Tokens  # they spell the text
    through: bool = True  # contexts that spell all of it are read too: what follows the text is asked

    @property
    def text(self) -> bytes:
        return b"".join(self.own.pieces)

    @property
    def last(self) -> int:
        """How many bytes a context may spell."""
        return len(self.text) - (0 if self.through else 1)


def cover(
    model: CausalLM, spellings: Spellings, request: Request, effort: Effort = USUAL, progress: Progress = silent
) -> Covers:
    """Sum over the covers of a text that stands after the given tokens."""
    search = _Covering(model, spellings, request, progress)
    every = search.every() if effort.exact else None
    if every is not None:
        search.read(every)
        return search.result()
    search.read(search.own())
    room = effort.budget(len(request.own)) - search.count
    for passes_left in range(effort.rounds - 1, 0, -1):
        most = room if passes_left == 1 else -(-room * 2 // 3)
        found = search.promising(most, effort.floor)
        if not found or search.known_share(found) < effort.worth:
            break
        search.read(found)
        room -= len(found)
    return search.result()


@dataclass
class _Covering:
    """The contexts that are known, those that were read, and what they sum to so far."""

    model: CausalLM
    spellings: Spellings
    request: Request
    progress: Progress
    count: int = 0
    weights: dict[Ids, tuple[int, float]] = field(default_factory=lambda: {(): (0, 0.0)})  # end, nats
    waiting: set[Ids] = field(default_factory=set)  # known and not read
    reaching: list[Context] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.text = self.request.text
        self.sums = np.full(len(self.text) + 1, -np.inf)  # log P of each beginning
        self.sums[0] = 0.0
        self.ends = dict.fromkeys(np.cumsum([len(piece) for piece in self.request.own.pieces], dtype=int).tolist())
        own = self.request.own.ids
        self.own_token = dict(zip([0, *self.ends], own, strict=False))  # by where it begins

    def every(self) -> list[Ids] | None:
        """All contexts of the text, or None when they are too many."""
        found: list[Ids] = [()]
        at: dict[int, list[Ids]] = {0: [()]}  # by where they end
        for start in range(self.request.last):
            for ids in at.pop(start, []):
                for length, exact, _ in self.spellings.along(self.text[start : self.request.last]):
                    longer = [(*ids, int(self.spellings.ids[place])) for place in exact]
                    found += longer
                    at.setdefault(start + length, []).extend(longer)
                if len(found) > EXACT:
                    return None
        return found

    def own(self) -> list[Ids]:
        ids = self.request.own.ids
        return [ids[:count] for count in range(len(ids) + (1 if self.request.through else 0))]

    def read(self, contexts: Sequence[Ids]) -> None:
        """What the model says after each context; parents are there or were read before."""
        ordered = sorted(contexts, key=len)
        for start in range(0, len(ordered), TOGETHER):
            some = ordered[start : start + TOGETHER]
            tokens = [self._tokens(ids) for ids in some]
            for ids, whole, nexts in zip(some, tokens, self.model.next(tokens), strict=True):
                self.waiting.discard(ids)
                self.count += 1
                self._take(ids, whole, nexts)
            self.progress(self.count, USUAL.budget(len(self.request.own)))

    def promising(self, most: int, floor: float) -> list[Ids]:
        """Contexts to read next, those first that hold most of the probability of what they spell.

        Behind one that is read, those stand that go on with the tokenizer's own tokens: they are likely to be asked.
        """
        heap = [(-self._share(ids), ids, self.weights[ids][0]) for ids in self.waiting]
        least = math.log(floor) if floor else -math.inf
        heap = [one for one in heap if -one[0] >= least]
        heapq.heapify(heap)
        found: list[Ids] = []
        while heap and len(found) < most:
            share, ids, end = heapq.heappop(heap)
            found.append(ids)
            onward = self._onward(end)
            if onward and -share + math.log(DECAY) >= least:
                heapq.heappush(heap, (share - math.log(DECAY), (*ids, onward[0]), onward[1]))
        return found

    def known_share(self, contexts: Sequence[Ids]) -> float:
        """Sum of what those contexts hold of the probability of what they spell that are not only expected."""
        return sum(math.exp(self._share(ids)) for ids in contexts if ids in self.waiting)

    def result(self) -> Covers:
        total = float(self.sums[-1])
        waiting = [ids for ids in self.waiting if self.weights[ids][0] < len(self.text)]  # the sum lacks their covers
        left = [self._share(ids) for ids in waiting]
        bound = [self.weights[ids][1] - total for ids in waiting]
        return Covers(
            self.request.given,
            self.text,
            self.sums,
            tuple(self.reaching),
            self._own_logprobs(),
            self.count,
            float(np.exp(left).sum()),
            math.exp(min(float(np.logaddexp.reduce(bound)), 700.0)),
        )

    def _own_logprobs(self) -> Doubles:
        ids = self.request.own.ids
        return np.diff([self.weights[ids[:count]][1] for count in range(len(ids) + 1)])

    def _tokens(self, ids: Ids) -> Tokens:
        return self.request.given + Tokens(ids, tuple(map(self.model.piece, ids)))

    def _take(self, ids: Ids, tokens: Tokens, nexts: Floats) -> None:
        """Add what a context's next tokens hold to the sums, and note the contexts that they lead to."""
        end, logprob = self.weights[ids]
        for length, exact, places in self.spellings.along(self.text[end:]):
            mass = logprob + logsumexp(nexts[self.spellings.ids[places.start : places.stop]])
            self.sums[end + length] = np.logaddexp(self.sums[end + length], mass)
            for token in self.spellings.ids[exact.start : exact.stop].tolist():
                longer = (*ids, token)
                self.weights[longer] = (end + length, logprob + float(nexts[token]))
                if end + length <= self.request.last:
                    self.waiting.add(longer)
        if self.spellings.within(self.text[end:]):
            self.reaching.append(Context(tokens, end, logprob, nexts))

    def _share(self, ids: Ids) -> float:
        """log of what a context holds of the probability of what it spells."""
        end, logprob = self.weights[ids]
        return logprob - float(self.sums[end])

    def _onward(self, end: int) -> tuple[int, int] | None:
        """The token that spells on to where the next of the tokenizer's own tokens ends, and that end."""
        stop = next((one for one in self.ends if one > end), len(self.text))
        if stop > self.request.last or stop <= end:
            return None
        if end in self.own_token:
            return self.own_token[end], stop
        exact = self.spellings.exact(self.text[end:stop])
        return (int(self.spellings.ids[exact.start]), stop) if len(exact) == 1 else None
