"""How long a server that does not answer is asked: less long where none ever has in a run."""

import pytest
from backends.served.faulty import Faulty, status
from backends.served.test_pool import BODY, asked_for

from llmlab.backends.served.client import Client
from llmlab.backends.served.pool import Pool
from llmlab.backends.served.wire import Key, Loopback
from llmlab.errors import LabError


class Counted:
    """A server, and how often it was asked."""

    def __init__(self, wire):
        self.wire, self.url, self.key, self.count = wire, wire.url, wire.key, 0

    def ask(self, path, body=None):
        self.count += 1
        return self.wire.ask(path, body)


def counted(pool):
    """The servers of a pool, which from now on count."""
    for one in pool.members:
        one.wire = Counted(one.wire)
    return [one.wire for one in pool.members]


@pytest.mark.parametrize("kind", [Client, Loopback])
def test_where_nobody_has_ever_listened_one_more_try_is_enough(ear, kind):
    with Faulty() as server:
        pass
    wire = Client(server.url, Key(), 5, 1) if kind is Client else Loopback(server.url, "", 5)
    pool = Pool([wire], 4, 6, ear.say)
    (asked,) = counted(pool)
    with pytest.raises(LabError, match=f"{server.url} gives no answer: Connection refused") as caught:
        pool.ask("completions", BODY)
    assert caught.value.hint == "see whether the server runs"
    assert asked.count == 2
    assert ear.heard == []


def test_a_web_page_in_place_of_the_models_is_no_server_of_that_protocol(joined):
    with Faulty(lists=b"<html><body>Welcome</body></html>") as server:
        with pytest.raises(LabError, match=f"{server.url} does not speak OpenAI's protocol: ") as caught:
            joined(server, retries=6).ask("models")
        assert "--base-url" in caught.value.hint
        assert len(server.asked) == 2


def test_one_that_has_answered_and_then_is_gone_is_tried_as_often_as_it_may_and_that_is_told(ear):
    with Faulty() as server:
        pool = Pool([Loopback(server.url, "", 5)], 4, 3, ear.say)
        (asked,) = counted(pool)
        asked_for(pool, 1)
    with pytest.raises(LabError, match="gives no answer"):
        pool.ask("completions", BODY)
    assert asked.count == 1 + 4
    assert [line for line in ear.heard if line.endswith("; trying again")] == ear.heard
    assert len(ear.heard) == 1


def test_one_that_still_loads_is_waited_for_though_the_other_never_listened(joined):
    with Faulty() as dead:
        pass
    with Faulty([status(503, "Loading model")] * 5) as loading:
        assert len(asked_for(joined(dead, loading, parallel=1, retries=20), 2)) == 2
