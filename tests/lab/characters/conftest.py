"""The tiny model's vocabulary by its bytes, and the probability of a beginning by looking at every token sequence."""

import math
from functools import cache

import pytest
import tiny

from llmlab.backends.base import Tokens
from llmlab.backends.spellings import Spellings
from llmlab.lab.characters.covers import Request


@pytest.fixture(scope="session")
def spellings(lm):
    return Spellings.read(lm)


@pytest.fixture(scope="session")
def enumerated(lm, lm_folder):
    """(bytes, bytes that are given as these tokens) -> P(bytes as a beginning), by plain torch."""
    forward = cache(tiny.plain_torch(lm_folder))
    pieces = [None if token < 2 else lm.piece(token) for token in range(lm.info.vocabulary)]

    def beginning(text, given=()):
        def after(ids, spelt):
            total = 0.0
            logprobs = forward((0, *given, *ids))[-1]
            for token, piece in enumerate(pieces):
                if piece is None:
                    continue
                longer = spelt + piece
                if longer.startswith(text):
                    total += math.exp(logprobs[token])
                elif text.startswith(longer):
                    total += math.exp(logprobs[token]) * after((*ids, token), longer)
            return total

        return after((), b"")

    return cache(beginning)


@pytest.fixture(scope="session")
def request_of(lm):
    def request(text, through=True):
        return Request(Tokens((), ()), lm.encode(text), through)

    return request
