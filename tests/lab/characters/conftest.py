"""A text to cover, as the tiny model reads it."""

import pytest

from llmlab.backends.base import Tokens
from llmlab.lab.characters.covers import Request


@pytest.fixture(scope="session")
def request_of(lm):
    def request(text, through=True):
        return Request(Tokens((), ()), lm.encode(text), through)

    return request
