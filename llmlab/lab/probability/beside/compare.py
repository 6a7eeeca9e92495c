"""`compare` of several models: how much likelier each finds one text than another."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from llmlab.backends.base import CausalLM
from llmlab.lab.beside import lines, names
from llmlab.lab.probability.beside.common import Compared, notes
from llmlab.lab.probability.beside.prob import probabilities
from llmlab.lab.probability.charts import beside as charts
from llmlab.lab.provenance import Provenance
from llmlab.lab.shown import Shown
from llmlab.lab.text import BITS, alike, finite, number, signed, times, value
from llmlab.language import tr
from llmlab.progress import Progress, silent
from llmlab.render.safe import visible
from llmlab.view import Cell, Chart, Column, Record, View


@dataclass(frozen=True)
class CompareBeside(Shown):
    """Two texts as several models score them."""

    a: tuple[Compared, ...]  # a model each
    b: tuple[Compared, ...]

    @property
    def origins(self) -> list[Provenance]:
        return [one.origin for one in self.a]

    @property
    def names(self) -> list[str]:
        return names(self.origins)

    @property
    def differences(self) -> list[float]:
        """log P(A) - log P(B) of each model, nats; nan where A and B are not compared after the same beginning."""
        both = zip(self.a, self.b, strict=True)
        return [a.logprob - b.logprob if a.context == b.context else math.nan for a, b in both]

    def views(self) -> list[View]:
        columns = (
            Column(tr("model"), wide=True),
            Column("log P(A)", True, means=tr("in nats")),
            Column("log P(B)", True),
            Column("A - B", True, means=tr("log P(A) - log P(B), in nats")),
            Column(tr("bits"), True, means=tr("the same in bits: of one unit in all models")),
        )
        rows: list[list[Cell]] = [
            [name, number(a.logprob), number(b.logprob), signed(difference), signed(difference * BITS, 2)]
            for name, a, b, difference in zip(self.names, self.a, self.b, self.differences, strict=True)
        ]
        texts = [self.a[0], self.b[0]]
        title = f"A: {visible(texts[0].scored.text)}   B: {visible(texts[1].scored.text)}"
        said = notes(texts)
        if texts[0].context != texts[1].context:
            none = tr("A and B begin otherwise, and a model without BOS has no P of a beginning: no difference")
            said = (*said, none)
        return [View(title, columns, rows, (*said, *lines(self.origins)), self._conclusion())]

    def records(self) -> list[Record]:
        return [
            {
                "text_a": a.scored.text,
                "text_b": b.scored.text,
                "context_a": a.context,
                "context_b": b.context,
                "logprob_a_nats": finite(a.logprob),
                "logprob_b_nats": finite(b.logprob),
                "difference_nats": finite(difference),
                "difference_bits": finite(difference * BITS),
                **a.origin.columns,
            }
            for a, b, difference in zip(self.a, self.b, self.differences, strict=True)
        ]

    def document(self) -> Record:
        shared = {"text_a": self.a[0].scored.text, "text_b": self.b[0].scored.text}
        return {**shared, "models": [{key: one[key] for key in one if key not in shared} for one in self.records()]}

    def values(self) -> list[str]:
        """P(A) / P(B) of each model."""
        return [value(one) for one in self.differences]

    def chart(self) -> Chart:
        return charts.compare(self)

    def _conclusion(self) -> str:
        both = zip(self.names, self.differences, strict=True)
        said = tr("; ").join(_likelier(name, one) for name, one in both if math.isfinite(one))
        return tr("{sentence}.", sentence=said[0].upper() + said[1:]) if said else ""


def _likelier(model: str, apart: float) -> str:
    """What a model says of two texts that are so many nats apart."""
    one, other = ("A", "B") if apart >= 0 else ("B", "A")
    if alike(apart):
        return tr("to {model} {one} is as likely as {other}", model=model, one=one, other=other)
    ratio = times(abs(apart))
    return tr("to {model} {one} is {ratio} likelier than {other}", model=model, one=one, other=other, ratio=ratio)


def differences(
    models: Iterable[CausalLM], a: str, b: str, *, allow_special: bool = False, progress: Progress = silent
) -> CompareBeside:
    """Two texts by several models. Raises MisuseError for an empty text."""
    return CompareBeside(*probabilities(models, [a, b], allow_special=allow_special, progress=progress).texts)
