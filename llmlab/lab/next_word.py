"""Which word comes next: the exact distribution P(token | context), likeliest first, under a temperature or not."""

import math
from dataclasses import dataclass

import numpy as np

from llmlab.backends import sampling
from llmlab.backends.base import CausalLM, ModelInfo
from llmlab.lab.probability import encode
from llmlab.lab.text import BITS, finite, origin, probability, provenance, raw, show, visible
from llmlab.view import Bar, Cell, Column, Record, View, stated_once


@dataclass(frozen=True)
class NextTokens:
    """The likeliest next tokens after a context."""

    context: str
    temperature: float
    ids: tuple[int, ...]
    pieces: tuple[bytes, ...]
    logprobs: tuple[float, ...]  # nats, under the temperature
    entropy: float  # nats, of the whole distribution
    info: ModelInfo

    @property
    def cumulative(self) -> tuple[float, ...]:
        """The probability of each token and of those before it."""
        return tuple(np.cumsum(np.exp(self.logprobs)).tolist())

    def views(self) -> list[View]:
        columns = (Column("#", True), Column("next token", wide=True), Column("P", True), Column("sum", True))
        rows: list[list[Cell]] = [
            [rank, show(piece), probability(logprob), f"{mass:.4f}", Bar(math.exp(logprob))]
            for rank, (piece, logprob, mass) in enumerate(
                zip(self.pieces, self.logprobs, self.cumulative, strict=True), 1
            )
        ]
        note = f"these {len(rows)} hold {self.cumulative[-1]:.1%} of the probability; "
        note += f"entropy {self.entropy * BITS:.2f} bits, as uncertain as {math.exp(self.entropy):,.1f} equal choices"
        tempered = () if self.temperature == 1 else (f"under the temperature {self.temperature:g}: softmax(z / T)",)
        return [
            View(f"{visible(self.context)} ...", (*columns, Column("")), rows, (note, *tempered, origin(self.info)))
        ]

    def records(self) -> list[Record]:
        columns = (self.ids, self.pieces, self.logprobs, self.cumulative)
        return [
            {
                "context": self.context,
                "temperature": self.temperature,
                "rank": rank,
                "token": raw(piece),
                "token_id": token,
                "logprob_nats": finite(logprob),
                "probability": math.exp(logprob),
                "cumulative_probability": mass,
                "entropy_bits": self.entropy * BITS,
                **provenance(self.info),
            }
            for rank, (token, piece, logprob, mass) in enumerate(zip(*columns, strict=True), 1)
        ]

    def document(self) -> Record:
        own = {"temperature": self.temperature, "entropy_bits": self.entropy * BITS}
        shared = {"context": self.context, **own, **provenance(self.info)}
        return {**shared, "next": stated_once(shared, self.records())}


def next_tokens(
    model: CausalLM, context: str, k: int, *, temperature: float = 1.0, allow_special: bool = False
) -> NextTokens:
    """The k likeliest next tokens. Raises MisuseError for an empty context or a temperature below 0."""
    settings = sampling.Settings(temperature)
    logprobs = model.next([encode(model, context, allow_special=allow_special)])[0]  # [V]
    if temperature != 1:
        logprobs = sampling.distribution(logprobs, settings)  # softmax does not mind the constant log sum exp z
    ids = sampling.top(logprobs, k)
    return NextTokens(
        context,
        temperature,
        tuple(ids.tolist()),
        tuple(model.piece(token) for token in ids.tolist()),
        tuple(np.asarray(logprobs[ids], np.float64).tolist()),
        sampling.entropy(logprobs),
        model.info,
    )
