"""`perplexity` of several models: bits a character and a byte of one long text."""

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import chain

import numpy as np

from llmlab.backends.base import CausalLM
from llmlab.errors import MisuseError
from llmlab.lab.beside import lines, names
from llmlab.lab.probability.beside.common import Compared, compared, notes
from llmlab.lab.probability.beside.prob import FAIR, OWN_TOKENS
from llmlab.lab.probability.charts import beside as charts
from llmlab.lab.probability.perplexity import LongText, measure
from llmlab.lab.probability.scored import Scored, score
from llmlab.lab.shown import Shown
from llmlab.lab.text import BITS, finite, number
from llmlab.language import tr
from llmlab.progress import Progress, silent
from llmlab.view import Cell, Chart, Column, Record, View

HEAD = 400  # characters of a text's beginning, among which a place is sought that all models can be compared from
Blocks = Callable[[], tuple[Iterator[str], int]]  # a text in blocks and its bytes, for each model anew


@dataclass(frozen=True)
class ComparedLongText:
    """One model's sums over a long text, and its beginning, where a common context stands."""

    text: LongText
    head: Compared

    @property
    def logprob(self) -> float:
        """log P of all that follows the common context, nats."""
        return self.text.logprob - float(np.nansum(self.head.scored.logprobs[: self.head.given]))

    @property
    def tokens(self) -> int:
        """Tokens that follow the common context: each has a probability."""
        return self.text.tokens - self.head.given

    @property
    def perplexity(self) -> float:
        return math.exp(-self.logprob / self.tokens) if self.tokens else math.nan

    @property
    def bits_per_character(self) -> float:
        return self._bits_per(self.text.characters - len(self.head.context))

    @property
    def bits_per_byte(self) -> float:
        return self._bits_per(self.text.bytes - self.head.start)

    def record(self) -> Record:
        return {
            "context": self.head.context,
            "characters": self.text.characters - len(self.head.context),
            "bytes": self.text.bytes - self.head.start,
            "tokens": self.tokens,
            "logprob_nats": finite(self.logprob),
            "perplexity": finite(self.perplexity),
            "bits_per_character": finite(self.bits_per_character),
            "bits_per_byte": finite(self.bits_per_byte),
            "windows": self.text.windows,
            "window_tokens": self.text.window,
            "stride_tokens": self.text.stride,
            **self.text.origin.columns,
        }

    def _bits_per(self, count: int) -> float:
        return -self.logprob * BITS / count if count else math.nan


@dataclass(frozen=True)
class PerplexityBeside(Shown):
    """One long text by several models."""

    models: tuple[ComparedLongText, ...]

    @property
    def names(self) -> list[str]:
        return names([one.text.origin for one in self.models])

    def views(self) -> list[View]:
        columns = (
            Column(tr("model"), wide=True),
            Column(tr("bits/char"), True, means=tr(FAIR)),
            Column(tr("bits/byte"), True, means=tr("of UTF-8")),
            Column(tr("perplexity"), True, means=tr(OWN_TOKENS)),
            Column(tr("tokens"), True),
            Column(tr("window"), True, means=tr("tokens read at once")),
        )
        rows: list[list[Cell]] = [
            [
                name,
                number(one.bits_per_character),
                number(one.bits_per_byte),
                number(one.perplexity, 2),
                f"{one.tokens:,}",
                f"{one.text.window:,}",
            ]
            for name, one in zip(self.names, self.models, strict=True)
        ]
        first = self.models[0]
        said = (*notes([first.head]), *lines([one.text.origin for one in self.models]))
        return [View(first.text.name, columns, rows, said, self._conclusion())]

    def records(self) -> list[Record]:
        return [{"text": one.text.name, **one.record()} for one in self.models]

    def document(self) -> Record:
        return {"text": self.models[0].text.name, "models": [one.record() for one in self.models]}

    def values(self) -> list[str]:
        """Bits a character by each model."""
        return [repr(one.bits_per_character) for one in self.models]

    def chart(self) -> Chart:
        return charts.perplexity(self)

    def _conclusion(self) -> str:
        known = [(one.bits_per_character, name) for one, name in zip(self.models, self.names, strict=True)]
        (least, best), (more, second), *_ = sorted(known)
        if not least <= more:  # nothing is known of one of them
            return ""
        return tr(
            "{best} predicts the text best: {bits} bits a character, {second} {more}.",
            best=best,
            bits=number(least),
            second=second,
            more=number(more),
        )


def measured(
    models: Iterable[CausalLM],
    name: str,
    blocks: Blocks,
    *,
    window: int = 0,
    stride: int = 0,
    allow_special: bool = False,
    progress: Progress = silent,
) -> PerplexityBeside:
    """One text by several models, one after the other, as `measure` does it for one, with the same errors."""
    cut = {"window": window, "stride": stride}
    ask = partial(_measured, name=name, blocks=blocks, cut=cut, allow_special=allow_special, progress=progress)
    found = list(map(ask, models))
    heads = compared([head for _, head in found], [text.origin for text, _ in found])
    if any(one.start and not one.tokens for one in heads):
        hint = tr("compare models of which all have a BOS, or none")
        none = tr("the models share no token boundary in the first {count} characters of {name}", count=HEAD, name=name)
        raise MisuseError(none, hint)
    return PerplexityBeside(tuple(map(ComparedLongText, (text for text, _ in found), heads)))


def _measured(
    model: CausalLM, name: str, blocks: Blocks, cut: dict[str, int], allow_special: bool, progress: Progress
) -> tuple[LongText, Scored]:
    """The sums, and the scores of the text's beginning."""
    parts, size = blocks()
    first = next(parts, "")
    text = measure(model, name, chain([first], parts), size, **cut, allow_special=allow_special, progress=progress)
    return text, score(model, [first[:HEAD]], allow_special=allow_special)[0]
