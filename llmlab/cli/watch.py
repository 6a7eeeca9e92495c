"""Telling on a terminal that long work goes on: a bar, which says nothing of what is done in two seconds."""

from typing import TYPE_CHECKING

from llmlab.progress import Pace
from llmlab.render.safe import harmless

if TYPE_CHECKING:
    from llmlab.cli.world import World


class MovingBar:
    """A bar, which is gone when the work is done."""

    def __init__(self, world: "World", label: str) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn

        parts = [TextColumn(f"{{task.{text}}}", markup=False) for text in ("description", "fields[far]")]
        console = Console(file=world.stderr, width=world.told_width)
        self._bars, self._pace = Progress(parts[0], BarColumn(), parts[1], console=console, transient=True), Pace()
        self._task = self._bars.add_task(harmless(label), total=None, far="")

    def begin(self) -> None:
        self._bars.start()

    def update(self, done: int, total: int, known: int = 0) -> None:
        self._pace.add(done, total, known)
        self._bars.update(self._task, completed=done, total=total or None, far=self._pace.told)

    def end(self) -> None:
        self._bars.stop()
