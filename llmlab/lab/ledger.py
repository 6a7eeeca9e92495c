"""The chain rule of one text, a row a token, a word or a character.

Surprisal is -log2 P(token | before) in bits (Shannon 1948; Hale 2001), rank the token's place in the vocabulary
by probability, entropy that of the distribution the token was drawn from, in bits.
"""

import math
from dataclasses import dataclass

import numpy as np

from llmlab.backends.base import CausalLM, ModelInfo, ScoreRequest, TokenStats
from llmlab.lab.probability import Scored, encode, number
from llmlab.lab.text import BITS, finite, origin, probability, provenance, raw, show, visible
from llmlab.lab.words import Unit, grouped
from llmlab.view import Cell, Column, Record, View

BEFORE = 24  # characters of the context that a record repeats


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


@dataclass(frozen=True)
class Ledger:
    """The rows of one text; their log-probabilities sum to its own."""

    scored: Scored
    rows: tuple[Row, ...]
    unit: Unit
    formula: bool
    info: ModelInfo

    def views(self) -> list[View]:
        columns = [Column(self.unit, wide=True), Column(f"P({self.unit}|before)", True), Column("log P", True)]
        columns.append(Column("bits", True))
        if self.unit == "token":
            columns += [Column("rank", True), Column("entropy", True)]
        columns.append(Column("product", True))
        rows = [self._cells(row) for row in self.rows]
        total = (
            f"log P = {number(self.scored.total)} nats   P = {probability(self.scored.total)}   "
            f"perplexity = {number(self.scored.perplexity, 2)}"
        )
        notes = (*(self._formula() if self.formula else ()), total, origin(self.info))
        return [View(f"P({visible(self.scored.text)})", tuple(columns), rows, notes)]

    def records(self) -> list[Record]:
        return [
            {
                "text": self.scored.text,
                "position": position,
                "before": row.before,
                self.unit: raw(row.piece),
                "token_id" if self.unit == "token" else "token_ids": row.ids[0] if self.unit == "token" else row.ids,
                "logprob_nats": finite(row.logprob),
                "probability": finite(math.exp(row.logprob)),
                "surprisal_bits": finite(-row.logprob * BITS),
                **self._of_one_token(row),
                "total_logprob_nats": finite(row.total),
                **provenance(self.info),
            }
            for position, row in enumerate(self.rows)
        ]

    def document(self) -> Record:
        own = [{k: v for k, v in row.items() if k not in provenance(self.info)} for row in self.records()]
        return {**self.scored.summary(), **provenance(self.info), "by": self.unit, "ledger": own}

    def _cells(self, row: Row) -> list[Cell]:
        cells: list[Cell] = [show(row.piece), probability(row.logprob), number(row.logprob)]
        cells.append(number(-row.logprob * BITS, 2))
        if self.unit == "token":
            cells += [row.rank or "-", number(math.nan if row.entropy is None else row.entropy * BITS, 2)]
        return [*cells, probability(row.total)]

    def _of_one_token(self, row: Row) -> Record:
        if self.unit != "token":
            return {}
        return {"rank": row.rank, "entropy_bits": None if row.entropy is None else row.entropy * BITS}

    def _formula(self) -> tuple[str, ...]:
        """The lecture's notation, last factor first, with the numbers under it."""
        pieces = [visible(raw(row.piece)) for row in self.rows]
        factors = [f"p({piece}|{''.join(pieces[:i])})" if i else f"p({piece})" for i, piece in enumerate(pieces)]
        numbers = [probability(row.logprob) for row in self.rows]
        return (
            f"p({visible(self.scored.text)}) = " + " × ".join(reversed(factors)),
            f"  = {' × '.join(reversed(numbers))} = {probability(self.scored.total)}",
        )


def ledger(
    model: CausalLM, text: str, *, unit: Unit = "token", formula: bool = False, allow_special: bool = False
) -> Ledger:
    """The probability of one text, part by part. Raises MisuseError for an empty text."""
    tokens = encode(model, text, allow_special=allow_special)
    stats = model.score([ScoreRequest(tokens, detail=True)])[0]
    scored = Scored(text, tokens, stats.logprobs)
    rows = tuple(_row(scored, stats, group, unit) for group in grouped(tokens, unit))
    return Ledger(scored, rows, unit, formula, model.info)


def _row(scored: Scored, stats: TokenStats, group: range, unit: Unit) -> Row:
    first, last = group.start, group.stop - 1
    pieces = scored.tokens.pieces
    known = unit == "token" and math.isfinite(stats.logprobs[first])
    return Row(
        piece=b"".join(pieces[first : last + 1]),
        ids=scored.tokens.ids[first : last + 1],
        before=b"".join(pieces[:first]).decode(errors="replace")[-BEFORE:],
        logprob=float(np.sum(stats.logprobs[first : last + 1])),
        total=float(scored.running[last]),
        rank=int(stats.ranks[first]) if known else None,
        entropy=float(stats.entropies[first]) if known else None,
    )
