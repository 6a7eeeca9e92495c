"""An n-gram model as a causal language model: every probability is a few counts divided, in float64.

A sentence is a line: it begins after BOS, and what stands before it says nothing of it. There are no layers, so there
are no hidden states; this does not count (see kneser_ney.py) or sample (see sampling.py).
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache

import numpy as np

from llmlab.arrays import Doubles, Floats
from llmlab.backends.base import Message, ModelInfo, ScoreRequest, Tokens, TokenStats, check_room
from llmlab.backends.forest import Count, Ids
from llmlab.backends.ngram.kneser_ney import CountStep, KneserNey, sentence_so_far, with_starts
from llmlab.backends.ngram.tokens import BOS, CONTROL, END, Vocabulary
from llmlab.errors import MisuseError, UnsupportedError
from llmlab.language import later, tr
from llmlab.progress import Progress, silent

KEPT = 64  # distributions: texts that are compared share most of their contexts
CONTEXT = 2**31 - 1  # tokens: it reads texts of any length


class NgramLM:
    """A vocabulary and its counts."""

    def __init__(
        self, vocabulary: Vocabulary, counts: KneserNey, name: str, revision: str = "", bos: bool | None = None
    ) -> None:
        """`bos`: whether BOS stands before every text; None: it does, as in training."""
        self._vocabulary, self._counts = vocabulary, counts
        self._bos: Ids = () if bos is False else (BOS,)
        self._after = lru_cache(KEPT)(counts.after)
        self.info = ModelInfo(
            name=name,
            revision=revision,
            engine="numpy",
            library=f"numpy {np.__version__}",
            dtype="float64",
            vocabulary=len(vocabulary),
            context=CONTEXT,
            dimension=0,
            layers=0,
            bos=CONTROL[BOS].decode() if self._bos else None,
        )

    def encode(self, text: str, *, allow_special: bool = False) -> Tokens:
        if allow_special:
            return Tokens(*self._vocabulary.encode_marked(text))
        ids = self._vocabulary.encode(text)
        return Tokens(ids, tuple(map(self.piece, ids)))

    def vocabulary(self) -> list[bytes | None]:
        return [None] * len(CONTROL) + list(self._vocabulary.pieces[len(CONTROL) :])

    def spellings(self) -> list[bytes | None]:
        return self.vocabulary()

    def piece(self, token: int) -> bytes:
        return self._vocabulary.pieces[token]

    def chat(self, messages: Sequence[Message]) -> str | None:
        return None

    def is_end(self, token: int) -> bool:
        return token == END

    def score(self, batch: Sequence[ScoreRequest], progress: Progress = silent) -> list[TokenStats]:
        count = Count(batch, self._bos, progress)
        found = []
        for request in batch:
            check_room(self.info, len(self._bos) + len(request.tokens))
            found.append(self._details(request) if request.detail else self._quickly(request))
            unknown = 0 if self._bos else 1  # the first token
            count.add(max(len(request.tokens) - max(request.start, unknown), 0))
        return found

    def logits(self, request: ScoreRequest) -> Iterator[Floats]:
        check_room(self.info, len(self._bos) + len(request.tokens))
        ids = self._bos + request.tokens.ids
        return (self._logprobs(ids, end) for end in range(max(len(self._bos) + request.start, 1), len(ids)))

    def next(self, contexts: Sequence[Tokens]) -> Floats:
        nexts = np.empty((len(contexts), self.info.vocabulary), np.float32)
        for row, context in enumerate(contexts):
            nexts[row] = self.logprobs(self._ids(context))
        return nexts

    def hidden(self, tokens: Tokens, layer: int) -> Floats:
        raise self._without_layers(
            later("the engine numpy cannot show hidden states: {model} has counts and no layers")
        )

    def lens(self, context: Tokens) -> Floats:
        raise self._without_layers(later("the engine numpy cannot show its layers: {model} has counts and no layers"))

    def attention(self, context: Tokens) -> Floats:
        raise self._without_layers(
            later("the engine numpy cannot show where it looks: {model} has counts and no layers")
        )

    def decoder(self, context: Tokens, n: int, max_tokens: int) -> "NgramDecoder":
        ids = self._ids(context)
        check_room(self.info, len(ids), max_tokens)
        return NgramDecoder(self, ids)

    def steps(self, context: Tokens, token: int) -> tuple[CountStep, ...]:
        """The counts behind P(token | context), from the unigrams up."""
        ids = self._ids(context)
        return self._counts.steps(self._history(ids, len(ids)), token)

    @property
    def discounts(self) -> tuple[tuple[float, float, float], ...]:
        """D1, D2, D3 of each order, from the unigrams up."""
        return tuple(one.values for one in self._counts.discounts)

    @property
    def lowest(self) -> float:
        """P of a token below the unigrams."""
        return float(self._counts.lowest[END])

    def logprobs(self, ids: Ids) -> Floats:
        """log P of every token after some, BOS among them, [V] nats."""
        return self._logprobs(ids, len(ids))

    def _logprobs(self, ids: Ids, end: int) -> Floats:
        return logarithm(self._after(self._history(ids, end))).astype(np.float32)

    def _without_layers(self, why: str) -> UnsupportedError:
        return UnsupportedError(
            tr(why, model=self.info.name), hint=tr("give a neural model, such as --model gemma-3-270m")
        )

    def _history(self, ids: Ids, end: int) -> Ids:
        """The last tokens of a sentence up to `end`, as many as the model looks at, however many stand before them."""
        return sentence_so_far(ids[max(end - self._counts.order + 1, 0) : end])

    def _ids(self, context: Tokens) -> Ids:
        if not (ids := self._bos + context.ids):
            raise MisuseError(tr("nothing to continue: the prompt is empty and BOS is left out"), tr("give a prompt"))
        return ids

    def _quickly(self, request: ScoreRequest) -> TokenStats:
        """log P alone, of all tokens at once."""
        ids, own = with_starts(self._bos + request.tokens.ids)
        logprobs = logarithm(self._counts.each(ids)[own])[len(self._bos) :]
        if not self._bos:
            logprobs[:1] = np.nan
        logprobs = logprobs[request.start :]
        return TokenStats(logprobs, np.zeros(len(logprobs), np.int64), np.full(len(logprobs), np.nan))

    def _details(self, request: ScoreRequest) -> TokenStats:
        """Rank and entropy too, from the whole distribution at each token."""
        ids = self._bos + request.tokens.ids
        places = range(len(self._bos) + request.start, len(ids))
        unknown = (np.nan, 0, np.nan)  # nothing stands before the first token
        found = [_facts(self._after(self._history(ids, end)), ids[end]) if end else unknown for end in places]
        logprobs, ranks, entropies = zip(*found, strict=True) if found else ((), (), ())
        return TokenStats(np.array(logprobs, float), np.array(ranks, np.int64), np.array(entropies, float))


class NgramDecoder:
    """Continuations of one context."""

    def __init__(self, model: NgramLM, ids: Ids) -> None:
        self._model, self._context = model, ids
        self._rows: dict[int, Ids] = {}
        self.first = model.logprobs(ids)

    def restart(self) -> None:
        self._rows = {}

    def step(self, rows: Sequence[int], ids: Sequence[int]) -> Floats:
        for row, token in zip(rows, ids, strict=True):
            self._rows[row] = (*self._rows.get(row, self._context), token)
        return np.stack([self._model.logprobs(self._rows[row]) for row in rows])


def logarithm(probabilities: Doubles) -> Doubles:
    """log P in nats; -inf for what cannot come."""
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(probabilities))


def _facts(probabilities: Doubles, token: int) -> tuple[float, int, float]:
    """log P of a token in nats, its rank, and the entropy of what might have come, in nats."""
    own, possible = probabilities[token], probabilities[probabilities > 0]
    rank = 1 + int((probabilities > own).sum())
    return float(logarithm(own)), rank, float(-(possible * np.log(possible)).sum())
