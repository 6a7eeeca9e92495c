"""Several servers of one model as one: what fails is tried again, elsewhere if there is an elsewhere.

As many requests are under way as are allowed; a server that says that it is busy halves that, answers raise it again by
one a round (additive increase, multiplicative decrease: Chiu and Jain 1989). A server that fails is left out for a
while, which doubles each time, and then tried again, with one request at a time until one is answered.
"""

import random
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from threading import Condition, Event
from typing import TYPE_CHECKING, Any, TypeVar

from llmlab.backends.served.refusals import lost, refusal
from llmlab.backends.served.wire import AbsentError, Body, ForeignError, Wire, WireError
from llmlab.errors import LabError
from llmlab.language import tr

if TYPE_CHECKING:
    from concurrent.futures import Future

FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 30.0
HAS_ENOUGH, UNABLE = 429, 501  # HTTP statuses: it runs, and is the same; it will never do that
AHEAD = 4  # items that are begun for each that is under way: the first may take longer than those after it
A = TypeVar("A")
B = TypeVar("B")
T = TypeVar("T")


class OverError(Exception):
    """Nobody waits for an answer any more."""


@dataclass
class Member:
    """One server of the pool."""

    wire: Wire
    under_way: int = 0
    asked: int = 0  # how often it has been
    failures: int = 0  # one after the other
    failed: float = 0.0  # when it did last, by the clock of time.monotonic
    rests_until: float = 0.0
    unchecked: bool = False  # whether it may run another model: it has just been named, or came back

    @property
    def is_full(self) -> bool:
        """Whether it is in doubt, and being tried."""
        return bool((self.failures or self.unchecked) and self.under_way)


class UnderWay(threading.local):
    """What a thread works for."""

    over = Event()  # nobody waits for it any more; who asks for himself is interrupted himself
    apart = False  # a server is asked for nothing else meanwhile

    def begin(self, over: Event, apart: bool) -> None:
        self.over, self.apart = over, apart


class Pool:
    """`retries`: how often a request is tried again; `parallel`: how many may be under way.

    Where nobody has been heard of in this run, and nobody listens or none speaks JSON, one retry is enough.
    """

    def __init__(self, wires: Sequence[Wire], parallel: int, retries: int, say: Callable[[str], None]) -> None:
        self.members = [Member(wire) for wire in wires]
        self._check: Callable[[Wire], None] | None = None
        self.parallel, self._retries, self._say = parallel, retries, say
        self._allowed = float(parallel)
        self._model = ""  # that all answers name
        self.was_heard = False  # whether any of them has spoken, if only to say that it is busy
        self._tries_again = False  # whether that has been said of one that is alone
        self._changed, self._work = Condition(), UnderWay()

    def hold_to(self, check: Callable[[Wire], None]) -> None:
        """Ask `check`, which raises LabError for a server of another model, before the next answer of each.

        It is asked again after one has failed: what comes back may be another.
        """
        self._check = check
        for one in self.members:
            one.unchecked = True

    def first(self) -> "Pool":
        """The first of the servers that answers, alone; those before it are left out for now."""
        *others, last = self.members
        return Pool([next(filter(self._is_there, others), last).wire], self.parallel, self._retries, self._say)

    def _is_there(self, member: Member) -> bool:
        begun = time.monotonic()
        try:
            member.wire.ask("models")
        except WireError as error:
            if error.fault != "refused":
                self._note(member, error, begun)
                return False
        return True

    def ask(self, path: str, body: Body | None = None) -> Any:
        """One answer. Raises LabError where there is none, or another model gave it."""
        return self.tried(lambda wire: wire.ask(path, body))

    def tried(self, asked: Callable[[Wire], T]) -> T:
        """What one of the servers says, after as many tries as it takes."""
        return self._tried(lambda member: self._same(member, asked(member.wire)))

    def stream(self, path: str, body: Body) -> Iterator[Any]:
        """An answer as it comes. Raises LabError where it breaks: what was shown cannot be taken back."""

        def begun(member: Member) -> tuple[Member, Any, Iterator[Any]]:
            parts = self._parts(member, path, body)
            return member, next(parts, None), parts

        member, first, parts = self._tried(begun)
        if first is None:
            return
        yield first
        try:
            yield from parts
        except WireError as error:
            self._note(member, error, time.monotonic(), says=False)
            raise lost(member.wire, error) from None

    def _parts(self, member: Member, path: str, body: Body) -> Iterator[Any]:
        for found in member.wire.stream(path, body):
            yield self._same(member, found)

    def _tried(self, asked: Callable[[Member], T]) -> T:
        for attempt in range(self._retries + 1):
            with self._member() as member:
                begun = time.monotonic()
                try:
                    self._check_first(member)
                    found = asked(member)
                except WireError as error:
                    if error.fault == "refused" or error.status == UNABLE:
                        raise refusal(member.wire, error) from None
                    self._note(member, error, begun)
                    last = error
                else:
                    self._went_well(member, begun)
                    return found
            enough = self._retries if self.was_heard else min(1, self._retries)
            if last.fault == "broken" and all(one.failures > enough for one in self.members):
                break  # others have tried for this one
            if attempt < self._retries:
                self._say_again(member, last)
                self._rest(attempt, last)
        raise lost(member.wire, last, was_heard=self.was_heard)

    def _check_first(self, member: Member) -> None:
        if self._check is None or not member.unchecked:
            return
        self._check(member.wire)
        with self._changed:
            member.unchecked, self.was_heard = False, True
            self._changed.notify_all()

    def each(self, function: Callable[[A], B], items: Iterable[A], *, apart: bool = False) -> Iterator[B]:
        """The function's values in the order of the items, several at once; `apart`: one at each of the servers.

        Who takes no more of them waits for the requests that are under way, and for no further try of them.
        """
        at_once = min(self.parallel, len(self.members)) if apart else self.parallel
        if at_once == 1:
            yield from map(function, items)
            return
        from concurrent.futures import ThreadPoolExecutor  # and with it logging, which one request at a time needs not

        over = Event()
        with ThreadPoolExecutor(at_once, initializer=self._work.begin, initargs=(over, apart)) as workers:
            waiting: deque[Future[B]] = deque()
            rest = iter(items)
            try:
                while True:
                    for item in islice(rest, at_once * AHEAD - len(waiting)):
                        waiting.append(workers.submit(function, item))
                    if not waiting:
                        return
                    yield waiting.popleft().result()
            finally:
                over.set()
                for one in waiting:
                    one.cancel()
                with self._changed:
                    self._changed.notify_all()

    @contextmanager
    def _member(self) -> Iterator[Member]:
        """A server, when there is room for a request."""
        with self._changed:
            while (member := self._free()) is None and not self._work.over.is_set():
                self._changed.wait()
            if member is None or self._work.over.is_set():
                raise OverError
            member.under_way += 1
            member.asked += 1
        try:
            yield member
        finally:
            with self._changed:
                member.under_way -= 1
                self._changed.notify_all()

    def _free(self) -> Member | None:
        """The server that has least to do, each in turn; of those that rest the one that is ready first, if all do."""
        if sum(one.under_way for one in self.members) >= max(int(self._allowed), 1):
            return None
        now = time.monotonic()
        ready = [one for one in self.members if one.rests_until <= now]
        there = ready or [min(self.members, key=lambda one: one.rests_until)]
        free = [one for one in there if not (one.is_full or (self._work.apart and one.under_way))]
        return min(free, key=lambda one: (one.under_way, one.asked), default=None)

    def _went_well(self, member: Member, begun: float) -> None:
        with self._changed:
            self.was_heard = True
            if begun >= member.failed:
                member.failures = 0
            self._allowed = min(self._allowed + 1 / self._allowed, float(self.parallel))

    def _note(self, member: Member, error: WireError, begun: float, *, says: bool = True) -> None:
        """Ask less of what is busy, and leave out what is busy or broken: once for all that was under way."""
        with self._changed:
            self.was_heard |= not isinstance(error, (AbsentError, ForeignError))
            if begun < member.failed:
                return
            if error.fault == "busy":
                self._allowed = max(self._allowed / 2, 1.0)
            elif says and not member.failures and len(self.members) > 1:
                self._say(tr("{url} is left out for now: {reason}", url=member.wire.url, reason=error.said))
            member.failed = time.monotonic()
            wait_s = max(_wait(member.failures), min(error.wait_s, LONGEST_WAIT_S))
            member.rests_until = member.failed + max(wait_s, member.failed - begun)  # as long as it kept us waiting
            member.failures += 1
            member.unchecked |= error.status != HAS_ENOUGH and self._check is not None

    def _say_again(self, member: Member, error: WireError) -> None:
        """Say, once, why it takes so long where there is one server alone."""
        with self._changed:
            broken = self.was_heard and error.fault == "broken"
            is_news = broken and len(self.members) == 1 and not self._tries_again
            self._tries_again |= is_news
        if is_news:
            self._say(tr("{url} gives no answer: {reason}; trying again", url=member.wire.url, reason=error.said))

    def _rest(self, attempt: int, error: WireError) -> None:
        """Wait before the next try: not where another server may answer at once."""
        now = time.monotonic()
        if any(one.rests_until <= now for one in self.members):
            return
        self._work.over.wait(max(_wait(attempt) * random.uniform(0.5, 1), min(error.wait_s, LONGEST_WAIT_S)))

    def _same(self, member: Member, found: T) -> T:
        """The answer. Raises LabError for one of another model than any before: its build may be another replica's."""
        now = found.get("model") if isinstance(found, dict) else None
        if not isinstance(now, str):
            return found
        with self._changed:
            was = self._model = self._model or now
        if now != was:
            raise LabError(
                tr("another model answers at {url}: {now}, it was {was}", url=member.wire.url, now=now, was=was),
                tr("run the same command again, into another file"),
            )
        return found


def _wait(failures: int) -> float:
    """Seconds, after so many failures before."""
    return min(FIRST_WAIT_S * 2.0**failures, LONGEST_WAIT_S)
