"""The chain rule of one text, a row a token or a word; a row a character is by_character.py's.

Surprisal is -log2 P(token | before) in bits (Shannon 1948; Hale 2001), rank the token's place in the vocabulary
by probability, entropy that of the distribution the token was drawn from, in bits.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from llmlab.backends.base import CausalLM, ScoreRequest, Tokens, TokenStats
from llmlab.errors import MisuseError
from llmlab.lab import alternatives
from llmlab.lab.alternatives import Alternatives
from llmlab.lab.languages import UNSPACED, language
from llmlab.lab.probability import windows
from llmlab.lab.probability.alternatives import alternatives as likeliest_others
from llmlab.lab.probability.charts import panels
from llmlab.lab.probability.charts.prob import surprisals
from llmlab.lab.probability.parts import PART
from llmlab.lab.probability.said import MEANS, UNITS, conclusion, legend
from llmlab.lab.probability.scored import Scored, encoded
from llmlab.lab.probability.words import corrections, grouped
from llmlab.lab.prompt import after_bos
from llmlab.lab.provenance import Provenance, of_text
from llmlab.lab.shown import Shown
from llmlab.lab.text import BITS, By, Unit, edged, figure, finite, number, numbered, probability, raw, show, value
from llmlab.language import tr
from llmlab.progress import Progress, silent
from llmlab.render.safe import visible
from llmlab.view import Cell, Chart, Column, Panel, Picture, Record, Strip, View, stated_once

BEFORE = 24  # characters of the context that a record repeats
BEFORE_CELLS = 12  # and cells that a table shows
DARKEST_BITS = 16  # a strip's full shade: one in 65,536


@dataclass(frozen=True)
class Row:
    """One token, or the tokens of one word or character."""

    piece: bytes
    ids: tuple[int, ...]
    before: str  # the end of what it is conditioned on
    logprob: float  # nats; nan where it has no probability
    total: float  # nats, up to and with this row
    rank: int | None  # of a single token
    entropy: float | None  # nats, of a single token
    corrected: float | None = None  # nats, with the space after the word instead of the one before it
    others: Alternatives = ()  # to a single token, where they were asked for


@dataclass(frozen=True)
class Ledger(Shown):
    """The rows of one text; their log-probabilities sum to its own."""

    scored: Scored
    rows: tuple[Row, ...]
    by: By
    origin: Provenance
    covered: Record = field(default_factory=dict)  # of a ledger by character: how its covers were summed
    remarks: tuple[str, ...] = ()
    listed: bool = False  # the others of its tokens stand in the records

    @property
    def total(self) -> float:
        """log P of the text, nats."""
        return self.rows[-1].total

    @property
    def perplexity(self) -> float:
        """exp of the mean surprisal of a token, or of a character (Jelinek et al. 1977)."""
        known = sum(not math.isnan(row.logprob) for row in self.rows)
        return math.exp(-self.total / known) if self.by == "character" and known else self.scored.perplexity

    def views(
        self, *, unit: Unit | None = None, formula: bool = False, strip: bool = False, others: bool = False
    ) -> list[Picture]:
        """Without a unit probability, nats and bits stand side by side; `strip` is the text itself, shaded.

        `others`: what might have come instead of each token, where it is known.
        """
        title = f"P({visible(self.scored.text)})"
        total = tr(
            "log P = {nats} nats   P = {p}   perplexity = {perplexity}",
            nats=number(self.total),
            p=probability(self.total),
            perplexity=number(self.perplexity, 2),
        )
        written = self._formula(unit or "prob") if formula else ()
        told = (*self._corrected(unit or "nats"), *self.remarks, *self.scored.notes)
        notes = (*written, total, *told, self.origin.line)
        said = self._conclusion()
        if strip:
            parts = [(visible(raw(row.piece), alone=False), _shade(row)) for row in self.rows]
            return [Strip(title, parts, legend(DARKEST_BITS), notes, said)]
        columns, rows = self._columns(unit), [self._cells(row, unit) for row in self.rows]
        if others:
            columns = (*columns, alternatives.column(tr("the likeliest beside it, and their P")))
            rows = [[*cells, alternatives.shown(row.others)] for cells, row in zip(rows, self.rows, strict=True)]
        return [View(title, columns, rows, notes, said)]

    def records(self) -> list[Record]:
        return [
            {
                "text": self.scored.text,
                "position": position,
                "before": row.before,
                self.by: raw(row.piece),
                **({} if self.by == "character" else {"token_ids": numbered(row.ids)}),
                "logprob_nats": finite(row.logprob),
                "probability": finite(math.exp(row.logprob)),
                "surprisal_bits": finite(-row.logprob * BITS),
                **self._of_one_token(row),
                **({} if row.corrected is None else {"corrected_logprob_nats": finite(row.corrected)}),
                **({"alternatives": alternatives.record(row.others)} if self.listed else {}),
                "total_logprob_nats": finite(row.total),
                "windows": self.scored.windows,
                **self.covered,
                **self.origin.columns,
            }
            for position, row in enumerate(self.rows)
        ]

    def panels(self) -> list[Panel]:
        return [panels.of_ledger(self)]

    def chart(self) -> Chart:
        return surprisals(self)

    def document(self) -> Record:
        return {**self.origin.columns, "texts": [self.entry(1, None)]}

    def entry(self, rank: int, ratio: float | None) -> Record:
        """One of the texts of a document, so many nats likelier than the next."""
        repeated = dict.fromkeys(("text", "windows", *self.covered, *self.origin.columns))
        whole = {"rank": rank, **self.scored.summary(), **self.covered, "log_ratio_to_next_nats": ratio}
        return {**whole, "by": self.by, "ledger": stated_once(repeated, self.records())}

    def values(self, unit: Unit | None = None) -> list[str]:
        return [value(self.total, unit or "prob")]

    def _conclusion(self) -> str:
        given = b"".join(row.piece for row in self.rows if math.isnan(row.logprob)).decode(errors="replace")
        return conclusion(self.by, given, self.total, self.perplexity)

    def _columns(self, unit: Unit | None) -> tuple[Column, ...]:
        values = {None: ["P", "log P", "bits"], "prob": ["P"], "nats": ["log P"], "bits": ["bits"]}[unit]
        of_token = ["rank", "entropy"] if self.by == "token" else []
        corrected = ["corrected"] if self.rows[0].corrected is not None else []
        last = "product" if unit in (None, "prob") else "sum"
        numbers = (Column(tr(name), True, means=tr(MEANS[name])) for name in [*values, *corrected, *of_token, last])
        return (Column(tr("given"), tail=BEFORE_CELLS), Column(tr(PART[self.by]), wide=True), *numbers)

    def _cells(self, row: Row, unit: Unit | None) -> list[Cell]:
        cells: list[Cell] = [edged(row.before) or self.origin.columns["bos"] or "", show(row.piece)]
        if unit is None:
            cells += [probability(row.logprob), number(row.logprob), number(-row.logprob * BITS, 2)]
        else:
            cells.append(figure(unit, row.logprob))
        if row.corrected is not None:
            cells.append(figure(unit or "nats", row.corrected))
        if self.by == "token":
            cells += [row.rank or "-", number(math.nan if row.entropy is None else row.entropy * BITS, 2)]
        return [*cells, figure(unit or "prob", row.total)]

    def _of_one_token(self, row: Row) -> Record:
        if self.by != "token":
            return {}
        return {"rank": row.rank, "entropy_bits": None if row.entropy is None else row.entropy * BITS}

    def _formula(self, unit: Unit) -> tuple[str, ...]:
        """The lecture's notation, last factor first, with the numbers under it."""
        pieces = [show(row.piece) for row in self.rows]
        factors = [f"p({piece}|{''.join(pieces[:i])})" if i else f"p({piece})" for i, piece in enumerate(pieces)]
        sign = " × " if unit == "prob" else " + "
        numbers = sign.join(figure(unit, row.logprob) for row in reversed(self.rows))
        name = {"prob": "p", "nats": "log p", "bits": "-log2 p"}[unit]
        return (
            f"p({visible(self.scored.text)}) = " + " × ".join(reversed(factors)),
            f"{name} = {numbers} = {figure(unit, self.total)}",
        )

    def _corrected(self, unit: Unit) -> tuple[str, ...]:
        if self.rows[0].corrected is None:
            return ()
        total = sum(row.corrected or 0.0 for row in self.rows)
        corrected = tr(
            "corrected ({unit}): the space after a word, not the one before it, belongs to it; in all {total}",
            unit=tr(UNITS[unit]),
            total=figure(unit, total),
        )
        return (corrected,)


def ledger(
    model: CausalLM,
    text: str,
    by: By = "token",
    *,
    correct: bool = False,
    allow_special: bool = False,
    progress: Progress = silent,
) -> Ledger:
    """The probability of one text, part by part.

    `correct` adds the trailing-space correction of words. Raises MisuseError for an empty text, and for a correction of
    other parts than words, or of a language that does not put spaces between them.
    """
    if correct:
        check_correction(text, by)
    return ledgers(model, [text], by, correct=correct, allow_special=allow_special, progress=progress)[0]


def with_others(model: CausalLM, found: Ledger, k: int, *, listed: bool = True, progress: Progress = silent) -> Ledger:
    """The same with so many tokens that might have come instead of each; of parts other than tokens as it is.

    `listed`: they stand in its records too, and not in its picture alone.
    """
    if found.by != "token" or not k:
        return found
    beside = likeliest_others(model, found.scored.tokens, k, progress)
    rows = tuple(replace(row, others=own) for row, own in zip(found.rows, beside, strict=True))
    return replace(found, rows=rows, listed=listed)


def ledgers(
    model: CausalLM,
    texts: Sequence[str],
    by: By = "token",
    *,
    correct: bool = False,
    allow_special: bool = False,
    progress: Progress = silent,
) -> list[Ledger]:
    """The same of several texts, scored together."""
    texts = [after_bos(model, text, allow_special) for text in texts]
    tokens = encoded(model, texts, allow_special=allow_special)
    stats = windows.score(model, [ScoreRequest(one, detail=True) for one in tokens], progress)
    return [_ledger(model, *one, by, correct) for one in zip(texts, tokens, stats, strict=True)]


def _ledger(model: CausalLM, text: str, tokens: Tokens, stats: TokenStats, by: By, correct: bool) -> Ledger:
    scored = Scored(text, tokens, stats.logprobs, windows.Windows.of(model.info).count(len(tokens)))
    groups = grouped(tokens, by)
    extra = corrections(model, tokens, groups) if correct else [None] * len(groups)
    rows = tuple(_row(scored, stats, group, by, more) for group, more in zip(groups, extra, strict=True))
    return Ledger(scored, rows, by, of_text(model.info))


def check_correction(text: str, by: By) -> None:
    """Raise MisuseError as `ledger` does, before a model is opened."""
    if by != "word":
        raise MisuseError(tr("the word correction is of words"), tr("use it with --by word"))
    if language(text) in UNSPACED and not re.search(r"\s", text):
        raise MisuseError(tr("the word correction is about the spaces between words"), tr("this text has none"))


def _row(scored: Scored, stats: TokenStats, group: range, by: By, correction: float | None) -> Row:
    first, last = group.start, group.stop - 1
    pieces = scored.tokens.pieces
    known = by == "token" and math.isfinite(stats.logprobs[first])
    logprob = float(np.sum(stats.logprobs[first : last + 1]))
    return Row(
        piece=b"".join(pieces[first : last + 1]),
        ids=scored.tokens.ids[first : last + 1],
        before=b"".join(pieces[max(first - BEFORE, 0) : first]).decode(errors="replace")[-BEFORE:],
        logprob=logprob,
        total=float(scored.running[last]),
        rank=(int(stats.ranks[first]) or None) if known else None,
        entropy=finite(stats.entropies[first]) if known else None,
        corrected=None if correction is None else logprob + correction,
    )


def _shade(row: Row) -> float:
    """Surprisal as a shade; a part without a probability stays unshaded."""
    return 0.0 if math.isnan(row.logprob) else min(-row.logprob * BITS / DARKEST_BITS, 1.0)
