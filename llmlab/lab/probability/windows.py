"""Texts longer than a model reads at once: overlapping windows, each token scored in exactly one.

A window holds what the model reads at once. The next begins `stride` tokens later and scores only the tokens that
no window has scored, each after at least `window - stride` others. BOS stands before every window. The measure and
the trade-off are those of https://huggingface.co/docs/transformers/perplexity.
"""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from llmlab.arrays import Floats
from llmlab.backends.base import CausalLM, ModelInfo, ScoreRequest, Tokens, TokenStats
from llmlab.errors import MisuseError
from llmlab.language import tr
from llmlab.progress import Progress, silent


@dataclass(frozen=True)
class Windows:
    """How a long text is cut, in tokens."""

    room: int  # tokens of the text in a window, BOS not counted
    stride: int

    @classmethod
    def of(cls, info: ModelInfo, window: int = 0, stride: int = 0) -> "Windows":
        """`window` counts BOS; 0 is all that the model reads at once. `stride` 0 is half a window.

        Raises MisuseError for a window the model cannot read, or a stride that would skip tokens.
        """
        bos = 1 if info.bos else 0
        window = window or info.context
        if not 1 + bos < window <= info.context:
            reads = tr("{model} reads {least} to {most}", model=info.name, least=2 + bos, most=info.context)
            raise MisuseError(tr("a window of {window} tokens is not possible", window=window), reads)
        room = window - bos
        if stride < 0:
            hint = tr("give a number from 0 up; 0 is half a window")
            raise MisuseError(tr("a stride of {stride} is backwards", stride=stride), hint)
        if stride > room:
            hint = tr("give at most {room}, the tokens that a window holds", room=room)
            raise MisuseError(tr("a stride of {stride} would skip tokens", stride=stride), hint)
        return cls(room, stride or max(room // 2, 1))

    def count(self, tokens: int) -> int:
        """How many windows a text of so many tokens takes."""
        return 1 if tokens <= self.room else 1 + -(-(tokens - self.room) // self.stride)

    def cut(self, parts: Iterable[Tokens]) -> Iterator[ScoreRequest]:
        """The windows of a text that comes in parts; no more than a window and a part is held."""
        held, scored = Tokens((), ()), 0
        for part in parts:
            held += part
            while len(held) > self.room:
                yield ScoreRequest(held[: self.room], scored)
                held, scored = held[self.stride :], self.room - self.stride
        if len(held) > scored:
            yield ScoreRequest(held, scored)


def score(model: CausalLM, requests: Sequence[ScoreRequest], progress: Progress = silent) -> list[TokenStats]:
    """What the model says of each request; one that is longer than it reads at once is scored in windows."""
    windows = Windows.of(model.info)
    cut = [list(pieces(windows, request)) for request in requests]
    stats = iter(model.score(list(itertools.chain(*cut)), progress))
    return [TokenStats.join(list(itertools.islice(stats, len(own)))) for own in cut]


def pieces(windows: Windows, request: ScoreRequest) -> Iterator[ScoreRequest]:
    """The windows that score a request's tokens from its start on."""
    if len(request.tokens) <= windows.room:
        yield request
        return
    begin = 0
    for window in windows.cut([request.tokens]):
        start = max(window.start, request.start - begin)
        if start < len(window.tokens):
            yield ScoreRequest(window.tokens, start, request.detail)
        begin += windows.stride


def foretold(model: CausalLM, requests: Iterable[ScoreRequest]) -> Iterator[tuple[int, Floats]]:
    """Each token of the windows that something stands before, and the logits [V] there; valid until the next."""
    first = 0 if model.info.bos else 1
    for request in requests:
        yield from zip(request.tokens.ids[max(request.start, first) :], model.logits(request), strict=True)
