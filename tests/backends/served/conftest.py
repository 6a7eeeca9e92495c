"""Servers that go wrong, and what asks them; no wait is longer than a hundredth of a second."""

import pytest
from backends.served.faulty import MODEL, Faulty

from llmlab.backends.base import ModelInfo
from llmlab.backends.served import pool
from llmlab.backends.served.base import Abilities
from llmlab.backends.served.client import Client
from llmlab.backends.served.model import ServedLM
from llmlab.backends.served.pool import Pool
from llmlab.backends.served.wire import Key

ABILITIES = Abilities(
    completions=True,
    chats=True,
    scores="echo",
    listed=20,
    scaled=False,
    tempered=True,
    seeded=True,
    takes_filters=True,
    filters=True,
    bos=None,
    named="text",
    reads_numbers=False,
    tokenizes="",
    template="",
)
INFO = ModelInfo(
    name=MODEL,
    revision="",
    engine="openai",
    library="",
    dtype="as served",
    vocabulary=0,
    context=2048,
    dimension=0,
    layers=0,
    bos=None,
)


@pytest.fixture(autouse=True)
def short_waits(monkeypatch):
    monkeypatch.setattr(pool, "FIRST_WAIT_S", 0.002)
    monkeypatch.setattr(pool, "LONGEST_WAIT_S", 0.01)


@pytest.fixture
def joined(ear):
    """Servers as one."""

    def joined(*servers: Faulty, parallel=4, retries=3, timeout=5.0, key="", check=None):
        wires = [Client(one.url, Key(key, "BOX_KEY"), timeout, parallel) for one in servers]
        pool = Pool(wires, parallel, retries, ear.say)
        if check:
            pool.hold_to(check)
        return pool

    return joined


@pytest.fixture
def model(joined):
    """The model behind servers that are said to be able to do everything."""

    def model(*servers: Faulty, **asked):
        return ServedLM(joined(*servers, **asked), MODEL, INFO, ABILITIES)

    return model
