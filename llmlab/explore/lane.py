"""One thread for all that computes: a model answers one question at a time, and the screen never waits for it."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from threading import Thread
from typing import Any, TypeVar

T = TypeVar("T")


class Lane:
    """Questions in their order. One that nobody waits for any more is left out, unless it has begun.

    The thread is a daemon: the screen can be left in the middle of long work, which its own files survive.
    """

    def __init__(self) -> None:
        self._jobs: SimpleQueue[tuple[Future[Any], Callable[[], Any]]] = SimpleQueue()
        Thread(target=self._work, daemon=True, name="llmlab-lane").start()

    async def do(self, question: Callable[[], T]) -> T:
        """The answer, or what the question raises."""
        future: Future[T] = Future()
        self._jobs.put((future, question))
        return await asyncio.wrap_future(future)

    def _work(self) -> None:
        while True:
            future, question = self._jobs.get()
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(question())
            except BaseException as error:
                future.set_exception(error)
