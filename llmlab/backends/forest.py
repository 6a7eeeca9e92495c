"""Scoring many texts that begin alike: common beginnings are merged, so each distinct prefix is computed once.

Choices after one context, orders of one sentence and minimal pairs share most of their tokens. A `Forest` is
their prefix tree; an engine computes its nodes and hands each node's logits to a `Tally`, which notes what they
say of every token that follows the node in some text.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from llmlab.arrays import Floats, Ints
from llmlab.backends.base import ScoreRequest, TokenStats
from llmlab.backends.sampling import entropy, log_softmax, logsumexp
from llmlab.progress import Progress

Ids = tuple[int, ...]


@dataclass(frozen=True)
class Forest:
    """The prefix tree of several token sequences; a parent stands before its children."""

    ids: Ints  # [N] the token of each node
    positions: Ints  # [N] how many tokens stand before it
    parents: Ints  # [N] -1 at a root
    paths: tuple[Ints, ...]  # the nodes of each sequence, first to last

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def members(self) -> list[list[int]]:
        """The sequences that pass through each node."""
        members: list[list[int]] = [[] for _ in range(len(self))]
        for sequence, path in enumerate(self.paths):
            for node in path:
                members[node].append(sequence)
        return members

    @property
    def ancestors(self) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
        """[N, N]: whether a column's node is the row's node or stands before it in its texts."""
        seen = np.zeros((len(self), len(self)), np.bool_)
        for node, parent in enumerate(self.parents):
            if parent >= 0:
                seen[node] = seen[parent]
            seen[node, node] = True
        return seen


def grow(sequences: Sequence[Ids]) -> Forest:
    """Merge the common beginnings of the sequences."""
    children: dict[tuple[int, int], int] = {}  # (parent, token) -> node
    ids: list[int] = []
    positions: list[int] = []
    parents: list[int] = []
    paths: list[Ints] = []
    for sequence in sequences:
        node = -1
        path: list[int] = []
        for position, token in enumerate(sequence):
            found = children.setdefault((node, token), len(ids))
            if found == len(ids):
                ids.append(token)
                positions.append(position)
                parents.append(node)
            node = found
            path.append(node)
        paths.append(np.array(path, np.int64))
    return Forest(np.array(ids), np.array(positions), np.array(parents), tuple(paths))


def groups(sequences: Sequence[Ids], most: int, nodes: int) -> Iterator[list[int]]:
    """Indices of sequences computed together: neighbours in order of their tokens, up to so many, up to `nodes`."""
    group: list[int] = []
    count = 0
    for index in sorted(range(len(sequences)), key=lambda i: sequences[i]):
        new = len(sequences[index]) - (shared(sequences[group[-1]], sequences[index]) if group else 0)
        if group and (len(group) == most or count + new > nodes):
            yield group
            group, count, new = [], 0, len(sequences[index])
        group.append(index)
        count += new
    if group:
        yield group


def shared(a: Ids, b: Ids) -> int:
    """How many tokens two sequences have in common at their beginning."""
    for place, (left, right) in enumerate(zip(a, b, strict=False)):
        if left != right:
            return place
    return min(len(a), len(b))


class Routes(Protocol):
    """Where each sequence's tokens stand in an engine's pass."""

    @property
    def paths(self) -> tuple[Ints, ...]: ...


@dataclass(frozen=True)
class Slot:
    """One token to score: what follows `node` in a request, and where the answer goes."""

    node: int
    token: int
    request: int
    place: int


class Count:
    """How many tokens of a batch have their answer, told as the answers come."""

    def __init__(self, batch: Sequence[ScoreRequest], bos: Ids, progress: Progress) -> None:
        unknown = 0 if bos else 1  # the first token
        self._total = sum(max(len(one.tokens) - max(one.start, unknown), 0) for one in batch)
        self._done, self._progress = 0, progress

    def add(self, answers: int) -> None:
        self._done += answers
        self._progress(self._done, self._total)


class Tally:
    """What the nodes' logits say of the requests' tokens."""

    def __init__(self, routes: Routes, requests: Sequence[ScoreRequest], bos: Ids, count: Count) -> None:
        self._requests, self._count = requests, count
        self._stats = [_blank(request) for request in requests]
        asked = []
        for number, (request, path) in enumerate(zip(requests, routes.paths, strict=True)):
            ids = request.tokens.ids
            for position in range(request.start, len(ids)):
                before = position + len(bos) - 1  # the place in the path that predicts this token
                if before >= 0:
                    asked.append(Slot(int(path[before]), ids[position], number, position - request.start))
        self.questions = sorted(asked, key=lambda question: question.node)
        self._at: dict[int, list[Slot]] = defaultdict(list)
        for question in self.questions:
            self._at[question.node].append(question)

    @property
    def wanted(self) -> list[int]:
        """The nodes whose logits are needed, in their order."""
        return list(self._at)

    @property
    def thorough(self) -> bool:
        """Whether any request asks for more than log-probabilities."""
        return any(request.detail for request in self._requests)

    def take(self, node: int, logits: Floats) -> None:
        """Note the logits [V] after a node."""
        questions = self._at[node]
        self._count.add(len(questions))
        requests = [self._requests[question.request] for question in questions]
        if not any(request.detail for request in requests):
            total = logsumexp(logits)
            for question in questions:
                self._stats[question.request].logprobs[question.place] = float(logits[question.token]) - total
            return
        logprobs = log_softmax(logits)
        spread = entropy(logprobs)
        for question, request in zip(questions, requests, strict=True):
            stats, position, token = self._stats[question.request], question.place, question.token
            stats.logprobs[position] = logprobs[token]
            if request.detail:
                stats.ranks[position] = 1 + int((logprobs > logprobs[token]).sum())
                stats.entropies[position] = spread

    def note(self, questions: Sequence[Slot], answers: TokenStats) -> None:
        """Note what an engine worked out by itself, in the order of the questions."""
        self._count.add(len(questions))
        for row, question in enumerate(questions):
            request, stats, place = self._requests[question.request], self._stats[question.request], question.place
            stats.logprobs[place] = answers.logprobs[row]
            if request.detail:
                stats.ranks[place] = answers.ranks[row]
                stats.entropies[place] = answers.entropies[row]

    def results(self) -> list[TokenStats]:
        return self._stats


def _blank(request: ScoreRequest) -> TokenStats:
    """Statistics of a request before anything is known: nan for what stays unknown."""
    count = max(len(request.tokens) - request.start, 0)
    return TokenStats(np.full(count, np.nan), np.zeros(count, np.int64), np.full(count, np.nan))
