"""What the two halves of the screen have in common."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeVar, cast

from textual.containers import Vertical
from textual.dom import DOMNode

from llmlab.explore.desk import Desk
from llmlab.explore.widgets import PickList
from llmlab.view import Pictured

if TYPE_CHECKING:
    from llmlab.explore.screen import Explorer

T = TypeVar("T")


def begin(node: DOMNode, work: Callable[[], Awaitable[None]], group: str) -> None:
    """Begin work; what is going on of its group is no longer waited for.

    It is handed over uncalled: what is cancelled before it begins would be a coroutine that nobody awaited.
    """
    node.run_worker(cast("Any", work), exclusive=True, group=group)


class Half(Vertical):
    """One half of the screen: it can be asked for the command and the picture of what it shows."""

    def __init__(self, desk: Desk, id: str) -> None:
        super().__init__(id=id)
        self.desk = desk

    @property
    def explorer(self) -> "Explorer":
        return cast("Explorer", self.app)

    def say(self, message: str) -> None:
        self.explorer.say(message)

    def reach_list(self) -> bool:
        """Whether the keys act on the list already; else they do from now on."""
        listing = self.query_one(PickList)
        there = listing.has_focus
        self.screen.set_focus(listing)
        return there

    async def compute(self, question: Callable[[], T]) -> T | None:
        """The answer to what takes long; None where there is none, and then the screen says why."""
        return await self.explorer.compute(question)

    def command(self) -> str | None:
        """The llmlab command that shows the same; None before anything is shown. Raises MisuseError where none does."""
        raise NotImplementedError

    async def picture(self) -> tuple[Pictured, str] | None:
        """What is shown as a result that has a picture, and the verb that it is of."""
        raise NotImplementedError

    @property
    def keys(self) -> str:
        """Which keys act where the focus is."""
        raise NotImplementedError
