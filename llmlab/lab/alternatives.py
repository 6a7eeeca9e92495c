"""What else might have come in the place of a token: as a cell of a table, and in a record."""

import math

from llmlab.lab.text import probability, raw, show
from llmlab.language import tr
from llmlab.view import Column, Record

Alternatives = tuple[tuple[bytes, float], ...]  # other tokens and their log-probability in nats, likeliest first


def column(means: str) -> Column:
    return Column(tr("others"), wide=True, means=means)


def shown(others: Alternatives) -> str:
    return "  ".join(f"{show(piece)} {probability(logprob)}" for piece, logprob in others)


def record(others: Alternatives) -> list[Record]:
    return [{"token": raw(piece), "probability": math.exp(logprob)} for piece, logprob in others]
