"""Where two texts differ in probability: their tokens aligned, and what each place adds to the difference.

Tokens that both texts share are aligned one to one, what differs between them in blocks (the longest common
blocks first, Ratcliff and Obershelp 1988). A shared token may still differ in probability: it has other words
before it. The parts sum to log P(A) - log P(B).
"""

import difflib
import math
from dataclasses import dataclass

import numpy as np

from llmlab.backends.base import CausalLM
from llmlab.lab.probability.charts import panels
from llmlab.lab.probability.charts.compare import places
from llmlab.lab.probability.scored import Scored, score
from llmlab.lab.provenance import Provenance, of_text
from llmlab.lab.shown import Shown
from llmlab.lab.text import alike, finite, number, raw, show, signed, times, value
from llmlab.language import tr
from llmlab.progress import Progress, silent
from llmlab.render.safe import visible
from llmlab.view import Bar, Cell, Chart, Column, Panel, Record, View, stated_once


@dataclass(frozen=True)
class Part:
    """Tokens of A beside tokens of B, either of which may be none."""

    a: bytes
    b: bytes
    same: bool
    a_logprob: float  # nats
    b_logprob: float

    @property
    def difference(self) -> float:
        return self.a_logprob - self.b_logprob


@dataclass(frozen=True)
class Difference(Shown):
    """The aligned parts of two texts; their differences sum to the texts' own."""

    a: Scored
    b: Scored
    parts: tuple[Part, ...]
    origin: Provenance

    @property
    def total(self) -> float:
        """log P(A) - log P(B), nats."""
        return self.a.total - self.b.total

    def views(self) -> list[View]:
        columns = (
            Column("A", wide=True),
            Column("B", wide=True),
            Column("log P(A)", True, means=tr("of A's tokens, each after all before it, in nats")),
            Column("log P(B)", True),
            Column("A - B", True, means=tr("what a place adds to log P(A) - log P(B)")),
            Column(""),
        )
        widest = max((abs(part.difference) for part in self.parts), default=0.0) or 1.0
        rows = [self._cells(part, widest) for part in self.parts]
        rows.append(["", "", number(self.a.total), number(self.b.total), signed(self.total), ""])
        title = f"A: {visible(self.a.text)}   B: {visible(self.b.text)}"
        marked = tr(
            "≠: the tokens differ; a shared token is as likely in both only where the same words stand before it"
        )
        return [View(title, columns, rows, (marked, self.origin.line), self._conclusion())]

    def records(self) -> list[Record]:
        return [
            {
                "text_a": self.a.text,
                "text_b": self.b.text,
                "position": position,
                "tokens_a": raw(part.a),
                "tokens_b": raw(part.b),
                "same": part.same,
                "logprob_a_nats": finite(part.a_logprob),
                "logprob_b_nats": finite(part.b_logprob),
                "difference_nats": finite(part.difference),
                **self.origin.columns,
            }
            for position, part in enumerate(self.parts)
        ]

    def panels(self) -> list[Panel]:
        return [*panels.of_difference(self)]

    def chart(self) -> Chart:
        return places(self)

    def document(self) -> Record:
        shared = {"text_a": self.a.text, "text_b": self.b.text, **self.origin.columns}
        return {**shared, "difference_nats": finite(self.total), "parts": stated_once(shared, self.records())}

    def values(self) -> list[str]:
        """P(A) / P(B)."""
        return [value(self.total)]

    def _conclusion(self) -> str:
        ahead, behind = ("A", "B") if self.total >= 0 else ("B", "A")
        if not math.isfinite(self.total):
            return ""
        if alike(self.total):
            return tr("{one} is as likely as {other}.", one=ahead, other=behind)
        return tr("{one} is {ratio} likelier than {other}.", one=ahead, other=behind, ratio=times(abs(self.total)))

    def _cells(self, part: Part, widest: float) -> list[Cell]:
        texts = [show(part.a) + ("" if part.same else " ≠"), show(part.b)]
        sides = ((part.a, part.a_logprob), (part.b, part.b_logprob))
        figures = [number(logprob) if piece else "" for piece, logprob in sides] + [signed(part.difference)]
        return [*texts, *figures, Bar(abs(part.difference) / widest)]


def difference(
    model: CausalLM, a: str, b: str, *, allow_special: bool = False, progress: Progress = silent
) -> Difference:
    """Align two texts and say at which tokens their difference arises. Raises MisuseError for an empty text."""
    one, other = score(model, [a, b], allow_special=allow_special, progress=progress)
    matcher = difflib.SequenceMatcher(None, one.tokens.ids, other.tokens.ids, autojunk=False)
    parts: list[Part] = []
    for kind, a_start, a_end, b_start, b_end in matcher.get_opcodes():
        if kind == "equal":
            pairs = zip(range(a_start, a_end), range(b_start, b_end), strict=True)
            parts += [_part(one, other, range(i, i + 1), range(j, j + 1), True) for i, j in pairs]
        else:
            parts.append(_part(one, other, range(a_start, a_end), range(b_start, b_end), False))
    return Difference(one, other, tuple(parts), of_text(model.info))


def _part(a: Scored, b: Scored, in_a: range, in_b: range, same: bool) -> Part:
    pieces = [b"".join(one.tokens.pieces[i] for i in rows) for one, rows in ((a, in_a), (b, in_b))]
    # The first token of a model without BOS has no probability: it adds nothing to either total.
    sums = [float(np.nansum(one.logprobs[list(rows)])) for one, rows in ((a, in_a), (b, in_b))]
    return Part(pieces[0], pieces[1], same, *sums)
