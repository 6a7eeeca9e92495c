"""Several servers as one: how much is asked of them at once, and what becomes of one that fails."""

import threading
import time
from itertools import count, islice, pairwise

import pytest
from backends.served.faulty import Faulty, gone, hang, status

from llmlab.backends.served import pool as pools
from llmlab.backends.served.wire import WireError
from llmlab.errors import LabError

BODY = {"model": "bigram", "prompt": "The", "max_tokens": 1, "temperature": 0}


def asked_for(pool, n):
    """The answers to n requests, each known by its seed."""

    def one(seed):
        return seed, pool.ask("completions", BODY | {"seed": seed})["choices"][0]["text"]

    return list(pool.each(one, range(n)))


def together(n, fault):
    """The fault, when n requests wait for it."""
    barrier = threading.Barrier(n)

    def late(handler, answer):
        barrier.wait(5)
        fault(handler, answer)

    return late


class Waits(threading.Event):
    """Takes note of how long it is waited for, and lets nobody wait."""

    def __init__(self, slept):
        super().__init__()
        self.slept = slept

    def wait(self, timeout=None):
        self.slept.append(timeout)
        return False


def test_no_more_is_under_way_than_allowed_and_all_of_that_is(joined):
    with Faulty(pause_s=0.02) as one, Faulty(pause_s=0.02) as other:
        found = asked_for(joined(one, other, parallel=6), 40)
        assert [seed for seed, _ in found] == list(range(40))
        assert one.most + other.most == 6
        assert abs(len(one.asked) - len(other.asked)) < 12


def test_a_server_that_takes_fewer_at_once_is_asked_fewer_and_nothing_is_lost(joined):
    with Faulty(limit=2, pause_s=0.002) as server:
        pool = joined(server, parallel=8, retries=20)
        assert [seed for seed, _ in asked_for(pool, 60)] == list(range(60))
        refused = len(server.asked) - 60
        assert 0 < refused < 60


def test_what_is_busy_at_once_halves_once_and_answers_raise_it_again(joined):
    with Faulty([status(429)]) as server:
        pool = joined(server, parallel=8)
        asked_for(pool, 1)
        halved = pool._allowed
        asked_for(pool, 50)
        assert halved == 4 + 1 / 4  # and one answer
        assert pool._allowed == 8
    with Faulty([together(8, status(429))] * 8) as server:
        pool = joined(server, parallel=8)
        asked_for(pool, 8)
        assert pool._allowed >= 4


def test_a_server_that_asks_for_time_is_given_it(joined, monkeypatch):
    slept = []
    monkeypatch.setattr(pools, "LONGEST_WAIT_S", 30.0)
    monkeypatch.setattr(pools.UnderWay, "over", Waits(slept))
    with Faulty([status(429, Retry_After="7"), status(503, Retry_After="3000")]) as server:
        joined(server).ask("completions", BODY)
    assert slept == [7, 30]


def test_waits_double(joined, monkeypatch):
    slept = []
    monkeypatch.setattr(pools, "LONGEST_WAIT_S", 0.008)
    monkeypatch.setattr(pools.UnderWay, "over", Waits(slept))
    with Faulty([status(500)] * 4) as server:
        joined(server, retries=4).ask("completions", BODY)
    longest = [0.002, 0.004, 0.008, 0.008]
    assert all(most / 2 <= wait <= most for wait, most in zip(slept, longest, strict=True))


def test_one_of_two_that_is_dead_is_left_out_and_tried_again_later(joined, ear, monkeypatch):
    monkeypatch.setattr(pools, "FIRST_WAIT_S", 60.0)
    monkeypatch.setattr(pools, "LONGEST_WAIT_S", 60.0)
    with Faulty([gone] * 8) as dead, Faulty() as alive:
        pool = joined(dead, alive, parallel=2)
        assert len(asked_for(pool, 20)) == 20
        assert len(dead.texts) <= 2  # those that were under way together
        assert [line for line in ear.heard if "left out for now" in line] == ear.heard
        assert len(ear.heard) == 1
        dead.waiting.clear()
        pool.members[0].rests_until = 0.0  # the wait is over
        asked_for(pool, 20)
        assert len(dead.texts) > 5


def test_one_of_two_that_still_loads_is_left_to_load(joined):
    with Faulty([status(503, "Loading model")] * 50) as loading, Faulty() as ready:
        assert len(asked_for(joined(loading, ready, parallel=1, retries=2), 20)) == 20
        assert len(ready.texts) == 20


def test_one_of_two_that_hangs_is_tried_by_one_request_at_a_time_and_ever_less(joined):
    moments = []

    def silent(handler, answer):
        moments.append(time.monotonic())
        hang(handler, answer)

    with Faulty([silent] * 99) as hanging, Faulty(pause_s=0.02) as alive:
        assert len(asked_for(joined(hanging, alive, parallel=4, timeout=0.2), 200)) == 200
    assert len(moments) > 2
    later = moments[2:]  # two were asked together at first
    assert all(after - before >= 0.35 for before, after in pairwise(later))  # it kept one waiting, and rested as long


def test_where_all_are_dead_one_request_after_the_other_does_not_try_as_often_as_it_may(joined):
    with Faulty([hang] * 99) as server, pytest.raises(LabError, match="gives no answer"):
        asked_for(joined(server, parallel=8, retries=5, timeout=0.1), 8)
    assert 8 + 5 <= len(server.texts) <= 8 + 5 + 8  # of the 48 that they may


def test_a_server_that_stopped_is_found_again(joined):
    with Faulty([gone, gone, None]) as server:
        assert len(asked_for(joined(server), 3)) == 3


def test_many_that_break_together_are_one_fault(joined, monkeypatch):
    with Faulty([together(6, gone)] * 6) as server:
        pool = joined(server, parallel=6)
        failures = []
        monkeypatch.setattr(pool, "_rest", lambda attempt, error: failures.append(pool.members[0].failures))
        asked_for(pool, 6)
    assert len(failures) == 6
    assert max(failures) == 1


def test_two_that_are_dead_are_an_error_that_names_one(joined):
    with Faulty() as one, Faulty() as other:
        pool = joined(one, other)
    with pytest.raises(LabError, match="gives no answer") as caught:
        pool.ask("completions", BODY)
    assert any(url in str(caught.value) for url in (one.url, other.url))
    assert "see whether the server runs" in caught.value.hint


def test_little_is_read_ahead_of_what_is_asked_for(joined):
    taken = []

    def items():
        for number in count():
            taken.append(number)
            yield number

    with Faulty() as server:
        pool = joined(server, parallel=3)
        for done, number in enumerate(islice(pool.each(lambda item: item, items()), 200)):
            assert number == done
            assert len(taken) <= done + 3 * pools.AHEAD + 1


def test_what_fails_in_one_is_told_in_its_place_and_nothing_more_is_begun(joined):
    with Faulty() as server:
        begun, found = [], []

        def one(number):
            begun.append(number)
            if number == 5:
                raise LabError("five")
            return number

        with pytest.raises(LabError, match="five"):
            found.extend(joined(server, parallel=2).each(one, count()))
        assert found == [0, 1, 2, 3, 4]
        assert max(begun) <= 5 + 2 * pools.AHEAD


@pytest.mark.parametrize("end", [KeyboardInterrupt, LabError])
def test_who_takes_no_more_waits_for_no_further_try(joined, monkeypatch, end):
    monkeypatch.setattr(pools, "FIRST_WAIT_S", 60.0)
    monkeypatch.setattr(pools, "LONGEST_WAIT_S", 60.0)
    with Faulty([status(500)] * 99) as server:
        pool = joined(server, parallel=4)
        found = pool.each(lambda number: number and pool.ask("completions", BODY), range(20))
        assert next(found) == 0
        while not pool.members[0].failures:
            time.sleep(0.01)
        begun = time.monotonic()
        with pytest.raises(end):
            found.throw(end("enough"))
        assert time.monotonic() - begun < 30  # the next try is a minute away
        assert len(server.texts) <= 4
        server.waiting.clear()
        assert len(asked_for(pool, 8)) == 8  # the next work is not over


def test_what_waits_for_a_turn_ends_with_the_rest(joined):
    with Faulty(pause_s=0.3) as server:
        pool = joined(server, parallel=4)
        pool._allowed = 1.0
        found = pool.each(lambda number: number and pool.ask("completions", BODY), range(20))
        assert next(found) == 0
        found.close()
    assert len(server.texts) <= 2


def test_each_server_is_checked_before_its_first_answer_and_after_it_failed(joined):
    checked = []

    def check(wire):
        checked.append((wire.url, len(one.texts), len(other.texts)))

    with Faulty([None, status(429), None, gone]) as one, Faulty(pause_s=0.01) as other:
        pool = joined(one, check=check)
        for _ in range(4):
            pool.ask("completions", BODY)
        assert checked == [(one.url, 0, 0), (one.url, 4, 0)]  # what has enough to do is still the same
        checked.clear()
        one.pause_s = 0.01
        asked_for(joined(one, other, check=check), 40)
        assert sorted(url for url, *_ in checked) == sorted([one.url, other.url])


def test_what_comes_back_as_another_model_ends_the_run_before_its_answer_is_used(joined):
    def check(wire):
        if wire.url == changed.url and any(member.failures for member in pool.members):
            raise LabError("another model")

    with Faulty([None, gone]) as changed:
        pool = joined(changed, check=check)
        pool.ask("completions", BODY)
        with pytest.raises(LabError, match="another model"):
            pool.ask("completions", BODY)
        assert len(changed.texts) == 2


def test_a_server_that_is_away_when_it_is_to_be_checked_is_left_out_and_checked_when_it_is_back(joined, ear):
    tried = []

    def check(wire):
        tried.append(wire.url)
        if wire.url == away.url and tried.count(away.url) == 1:
            raise WireError("broken", "nobody there")

    with Faulty(pause_s=0.002) as away, Faulty(pause_s=0.002) as there:
        assert len(asked_for(joined(away, there, check=check), 60)) == 60
        assert len(away.texts) > 0
    assert sorted(tried) == sorted([away.url, away.url, there.url])
    assert ear.heard == [f"{away.url} is left out for now: nobody there"]


def test_who_waits_for_a_check_does_not_wait_for_the_first_answer(joined):
    with Faulty([together(4, lambda handler, answer: handler.say(200, answer))] * 4) as server:
        assert len(asked_for(joined(server, check=lambda wire: None), 4)) == 4
