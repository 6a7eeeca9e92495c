"""What the two halves of the screen have in common."""

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar, cast

from textual.containers import Vertical

from llmlab.explore.desk import Desk
from llmlab.view import Pictured

if TYPE_CHECKING:
    from llmlab.explore.screen import Explorer

T = TypeVar("T")


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
