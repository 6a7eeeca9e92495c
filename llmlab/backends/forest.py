"""Scoring many texts that begin alike: common beginnings are merged, so each distinct prefix is computed once.

Choices after one context, orders of one sentence and minimal pairs share most of their tokens. A `Forest` is
their prefix tree; an engine computes its nodes and hands each node's logits to a `Ledger`, which notes what they
say of every token that follows the node in some text.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from llmlab.backends.base import Floats, Ints, ScoreRequest, TokenStats
from llmlab.backends.sampling import entropy, log_softmax, logsumexp, top

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
        new = len(sequences[index]) - (_shared(sequences[group[-1]], sequences[index]) if group else 0)
        if group and (len(group) == most or count + new > nodes):
            yield group
            group, count, new = [], 0, len(sequences[index])
        group.append(index)
        count += new
    if group:
        yield group


def _shared(a: Ids, b: Ids) -> int:
    """How many tokens two sequences have in common at their beginning."""
    for place, (left, right) in enumerate(zip(a, b, strict=False)):
        if left != right:
            return place
    return min(len(a), len(b))


class Ledger:
    """What the nodes' logits say of the requests' tokens."""

    def __init__(self, forest: Forest, requests: Sequence[ScoreRequest], bos: Ids) -> None:
        self._requests = requests
        self._stats = [_blank(request) for request in requests]
        self._targets: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
        for number, (request, path) in enumerate(zip(requests, forest.paths, strict=True)):
            ids = request.tokens.ids
            for position in range(request.start, len(ids)):
                before = position + len(bos) - 1  # the place in the path that predicts this token
                if before >= 0:
                    self._targets[int(path[before])].append((number, position - request.start, ids[position]))

    @property
    def wanted(self) -> list[int]:
        """The nodes whose logits are needed, in their order."""
        return sorted(self._targets)

    def take(self, node: int, logits: Floats) -> None:
        """Note the logits [V] after a node."""
        targets = self._targets[node]
        requests = [self._requests[number] for number, _, _ in targets]
        k = max(request.top for request in requests)
        if not k and not any(request.detail for request in requests):
            total = logsumexp(logits)
            for number, position, token in targets:
                self._stats[number].logprobs[position] = float(logits[token]) - total
            return
        logprobs = log_softmax(logits)
        spread, best = entropy(logprobs), top(logprobs, k)
        for (number, position, token), request in zip(targets, requests, strict=True):
            stats = self._stats[number]
            stats.logprobs[position] = logprobs[token]
            stats.ranks[position] = 1 + int((logprobs > logprobs[token]).sum())
            stats.entropies[position] = spread
            here = best[: request.top]
            stats.top_ids[position, : len(here)] = here
            stats.top_logprobs[position, : len(here)] = logprobs[here]

    def results(self) -> list[TokenStats]:
        return self._stats


def _blank(request: ScoreRequest) -> TokenStats:
    """Statistics of a request before anything is known: nan for what stays unknown."""
    count, k = max(len(request.tokens) - request.start, 0), request.top
    return TokenStats(
        np.full(count, np.nan),
        np.zeros(count, np.int64),
        np.full(count, np.nan),
        np.zeros((count, k), np.int64),
        np.full((count, k), np.nan),
    )
