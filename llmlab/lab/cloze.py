"""Which word comes next: the exact distribution P(token | context), likeliest first."""

import math
from dataclasses import dataclass

import numpy as np

from llmlab.backends import sampling
from llmlab.backends.base import CausalLM, ModelInfo
from llmlab.lab.probability import encode
from llmlab.lab.text import BITS, origin, provenance, raw, show, visible
from llmlab.view import Bar, Cell, Column, Record, View


@dataclass(frozen=True)
class NextTokens:
    """The likeliest next tokens after a context."""

    context: str
    ids: tuple[int, ...]
    pieces: tuple[bytes, ...]
    logprobs: tuple[float, ...]  # nats
    entropy: float  # nats, of the whole distribution
    info: ModelInfo

    def views(self) -> list[View]:
        columns = (Column("#", True), Column("next token", wide=True), Column("P", True), Column(""))
        rows: list[list[Cell]] = [
            [rank, show(piece), f"{math.exp(logprob):.4f}", Bar(math.exp(logprob))]
            for rank, (piece, logprob) in enumerate(zip(self.pieces, self.logprobs, strict=True), 1)
        ]
        mass = sum(math.exp(logprob) for logprob in self.logprobs)
        note = f"these {len(rows)} hold {mass:.1%} of the probability; entropy {self.entropy * BITS:.2f} bits"
        return [View(f"{visible(self.context)} ...", columns, rows, (note, origin(self.info)))]

    def records(self) -> list[Record]:
        return [
            {
                "context": self.context,
                "rank": rank,
                "token": raw(piece),
                "token_id": token,
                "logprob_nats": logprob,
                "probability": math.exp(logprob),
                **provenance(self.info),
            }
            for rank, (token, piece, logprob) in enumerate(zip(self.ids, self.pieces, self.logprobs, strict=True), 1)
        ]

    def document(self) -> Record:
        shared = {"context", *provenance(self.info)}
        own = [{k: v for k, v in row.items() if k not in shared} for row in self.records()]
        entropy = {"entropy_bits": self.entropy * BITS}
        return {"context": self.context, **entropy, **provenance(self.info), "next": own}


def next_tokens(model: CausalLM, context: str, k: int, *, allow_special: bool = False) -> NextTokens:
    """The k likeliest next tokens. Raises MisuseError for an empty context."""
    logprobs = model.next([encode(model, context, allow_special=allow_special)])[0]  # [V]
    ids = sampling.top(logprobs, k)
    return NextTokens(
        context,
        tuple(ids.tolist()),
        tuple(model.piece(token) for token in ids.tolist()),
        tuple(np.asarray(logprobs[ids], np.float64).tolist()),
        sampling.entropy(logprobs),
        model.info,
    )
