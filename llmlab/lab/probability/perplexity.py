"""How well a model predicts a long text: perplexity, bits per byte and per character.

The text comes in blocks and is scored in overlapping windows (windows.py), so that memory stays the same however
long it is. Bits per byte compare models whatever their vocabularies (Gao et al. 2020, The Pile, section 3.1).
"""

import itertools
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b

import numpy as np

from llmlab.backends.base import CausalLM, ScoreRequest, Tokens, TokenStats
from llmlab.errors import MisuseError
from llmlab.lab.probability.blocks import encoded
from llmlab.lab.probability.charts.perplexity import along
from llmlab.lab.probability.profile import Profile, Profiler
from llmlab.lab.probability.windows import Windows
from llmlab.lab.prompt import after_bos
from llmlab.lab.provenance import Provenance, of_text
from llmlab.lab.shown import Shown
from llmlab.lab.text import BITS, finite, number
from llmlab.language import tr
from llmlab.progress import Progress, silent
from llmlab.view import Cell, Chart, Column, Record, View

WINDOW = 1024  # tokens, unless the model reads fewer or another number is asked for
TOGETHER = 4  # windows scored at a time


@dataclass(frozen=True)
class LongText(Shown):
    """One text and what its tokens sum to."""

    name: str
    characters: int
    bytes: int
    tokens: int
    scored: int  # tokens that have a probability: all but the first of a model without BOS
    logprob: float  # nats
    windows: int
    window: int  # tokens of the text in a window
    stride: int
    origin: Provenance
    profile: Profile  # along the text

    @property
    def perplexity(self) -> float:
        return math.exp(-self.logprob / self.scored) if self.scored else math.nan

    def views(self) -> list[View]:
        columns = (Column(tr("measure")), Column(tr("value"), True), Column(tr("what it is"), wide=True))
        how = tr(
            "windows: {count:,}, of up to {room} tokens, stride {stride}",
            count=self.windows,
            room=self.window,
            stride=self.stride,
        )
        conclusion = tr(
            "At each token the model is as uncertain as {choices:,.1f} equal choices.", choices=self.perplexity
        )
        said = conclusion if self.scored else ""
        return [View(self.name, columns, self._rows(), (how, self.origin.line), said)]

    def _rows(self) -> list[list[Cell]]:
        a_token, a_character, a_byte = map(self._bits_per, (self.scored, self.characters, self.bytes))
        fair = tr("-log2 P / bytes: compares models, whatever their tokens")
        return [
            ["log P", number(self.logprob), tr("natural logarithm of the text's probability")],
            [tr("perplexity"), number(self.perplexity, 2), tr("exp(-log P / tokens)")],
            [tr("bits per token"), number(a_token), tr("-log2 P / tokens, log2 of the perplexity")],
            [tr("bits per character"), number(a_character), tr("-log2 P / characters")],
            [tr("bits per byte"), number(a_byte), fair],
            [tr("tokens"), f"{self.tokens:,}", tr("all that the model reads")],
            [tr("characters"), f"{self.characters:,}", ""],
            [tr("bytes"), f"{self.bytes:,}", tr("in UTF-8")],
        ]

    def records(self) -> list[Record]:
        return [
            {
                "text": self.name,
                "characters": self.characters,
                "bytes": self.bytes,
                "tokens": self.tokens,
                "scored_tokens": self.scored,
                "logprob_nats": finite(self.logprob),
                "perplexity": finite(self.perplexity),
                "bits_per_token": finite(self._bits_per(self.scored)),
                "bits_per_character": finite(self._bits_per(self.characters)),
                "bits_per_byte": finite(self._bits_per(self.bytes)),
                "windows": self.windows,
                "window_tokens": self.window,
                "stride_tokens": self.stride,
                **self.origin.columns,
            }
        ]

    def chart(self) -> Chart:
        return along(self)

    def document(self) -> Record:
        return self.records()[0]

    def values(self) -> list[str]:
        return [repr(self.perplexity)]

    def _bits_per(self, count: int) -> float:
        return -self.logprob * BITS / count if count else math.nan


def measure(
    model: CausalLM,
    name: str,
    blocks: Iterable[str],
    size: int,
    *,
    window: int = 0,
    stride: int = 0,
    allow_special: bool = False,
    progress: Progress = silent,
) -> LongText:
    """Score a text that comes in blocks; `size` is its length in bytes, for the progress.

    The blocks joined are the text, its last newline too; where it fits one window the sum is that of `prob`.

    Raises MisuseError for an empty text, and for a window or stride that is not possible.
    """
    windows = windows_of(model, window, stride)
    reader = _Reader(model, blocks, allow_special)
    requests = windows.cut(reader)
    logprobs: list[float] = []  # of each window
    profiler = Profiler()
    done = unknown = 0  # tokens
    while group := list(itertools.islice(requests, TOGETHER)):
        for stats in model.score(group, partial(_told, progress, reader, done, size)):
            logprobs.append(float(np.nansum(stats.logprobs)))
            profiler.add(stats.logprobs)
            unknown += int(np.isnan(stats.logprobs).sum())
            done += len(stats.logprobs)
    if not done:
        raise MisuseError(tr("{name} is empty", name=name), tr("give at least one character"))
    counts = reader.characters, reader.bytes, done, done - unknown
    cut = len(logprobs), windows.room, windows.stride
    return LongText(name, *counts, math.fsum(logprobs), *cut, of_text(model.info), profiler.profile())


def cut(
    model: CausalLM, name: str, blocks: Iterable[str], windows: Windows, allow_special: bool
) -> Iterator[ScoreRequest]:
    """The windows in which `measure` scores a text, one after the other. Raises MisuseError for an empty one."""
    found = windows.cut(_Reader(model, blocks, allow_special))
    first = next(found, None)
    if first is None:
        raise MisuseError(tr("{name} is empty", name=name), tr("give at least one character"))
    yield from itertools.chain([first], found)


def windows_of(model: CausalLM, window: int = 0, stride: int = 0) -> Windows:
    """How long texts are cut. Raises MisuseError for a window or stride that is not possible."""
    return Windows.of(model.info, window or min(WINDOW, model.info.context), stride)


def window_of(name: str, windows: Windows, request: ScoreRequest) -> Record:
    """What is known of a window before it is scored. The characters and bytes of all windows are those of the text."""
    own = b"".join(request.tokens.pieces[request.start :])
    return {
        "text": name,
        "characters": sum(byte & 0xC0 != 0x80 for byte in own),  # UTF-8: 10xxxxxx continues a character
        "bytes": len(own),
        "text_digest": blake2b(own, digest_size=8).hexdigest(),  # by which a text that was changed since is known
        "tokens": len(request.tokens) - request.start,
        "window_tokens": windows.room,
        "stride_tokens": windows.stride,
    }


def logprob_of(stats: TokenStats) -> Record:
    """What the tokens of a window sum to."""
    known = int((~np.isnan(stats.logprobs)).sum())
    return {"scored_tokens": known, "logprob_nats": finite(float(np.nansum(stats.logprobs)))}


def _told(progress: Progress, reader: "_Reader", before: int, size: int, done: int, of: int) -> None:
    """Tell in bytes of the text what an engine tells in tokens of a group of windows, with so many `before` them."""
    read = reader.bytes * (before + done) // reader.tokens
    progress(min(read, size) if size else read, size)


class _Reader:
    """Encodes a text in blocks as it is asked for, and counts what went by."""

    def __init__(self, model: CausalLM, blocks: Iterable[str], allow_special: bool) -> None:
        self._model, self._blocks, self._allow_special = model, blocks, allow_special
        self.characters = self.bytes = self.tokens = 0

    def __iter__(self) -> Iterator[Tokens]:
        for tokens in encoded(lambda text: self._model.encode(text, allow_special=self._allow_special), self._read()):
            self.tokens += len(tokens)
            yield tokens

    def _read(self) -> Iterator[str]:
        for block in self._blocks:
            text = block if self.bytes else after_bos(self._model, block, self._allow_special)
            self.characters += len(block)
            self.bytes += len(block.encode())
            yield text
