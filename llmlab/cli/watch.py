"""Telling on a terminal that long work goes on: a bar, which says nothing of what is done in two seconds."""

from typing import TYPE_CHECKING

from llmlab.progress import Pace
from llmlab.render.fold import cells, clipped
from llmlab.render.safe import harmless

if TYPE_CHECKING:
    from llmlab.cli.world import World


LEAST, MOST = 4, 40  # cells of the bar


class MovingBar:
    """A bar, which is gone when the work is done. Where a line is short, its speed goes first, then its label's end."""

    def __init__(self, world: "World", label: str) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn

        parts = [TextColumn(f"{{task.{text}}}", markup=False) for text in ("description", "fields[far]")]
        self._width, self._label, self._bar = world.told_width, harmless(label), BarColumn(MOST)
        console = Console(file=world.stderr, width=self._width)
        self._bars, self._pace = Progress(parts[0], self._bar, parts[1], console=console, transient=True), Pace()
        self._task = self._bars.add_task(self._label, total=None, far="")

    def begin(self) -> None:
        self._bars.start()

    def update(self, done: int, total: int, known: int = 0) -> None:
        self._pace.add(done, total, known)
        room, far = self._width - LEAST - 2, self._pace.told  # a space on each side of the bar
        if cells(self._label) + cells(far) > room:
            far = self._pace.brief
        label = clipped(self._label, room - cells(far))
        self._bar.bar_width = min(LEAST + room - cells(label) - cells(far), MOST)
        self._bars.update(self._task, completed=done, total=total or None, description=label, far=far)

    def end(self) -> None:
        self._bars.stop()
