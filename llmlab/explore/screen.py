"""The screen: two halves, a line that says what happened, and the keys."""

import asyncio
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from threading import get_ident
from typing import ClassVar, TypeVar

from rich.text import Text
from textual import events, on
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import ContentSwitcher, Static

from llmlab.errors import Exit, LabError
from llmlab.explore import words
from llmlab.explore.desk import Desk
from llmlab.explore.half import Half, begin
from llmlab.explore.lane import Lane
from llmlab.explore.next_pane import NextPane
from llmlab.explore.pictures import saved
from llmlab.explore.play import Play
from llmlab.explore.widgets import Line, PickList, TabName
from llmlab.explore.words_pane import WordsPane
from llmlab.language import tr
from llmlab.progress import Progress
from llmlab.render.fold import fold
from llmlab.render.safe import harmless

T = TypeVar("T")
NEXT, WORDS = "next", "words"
NARROW, LOW = 60, 20  # cells and lines below which the tree, the map, the keys have no room
FOOT, LOW_FOOT = 3, 1  # lines


class Explorer(App[int]):
    """llmlab explore."""

    CSS_PATH = Path(__file__).with_name("screen.tcss")
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+c", "interrupt", priority=True, system=True),
        Binding("ctrl+q", "leave", priority=True, system=True),
        Binding("ctrl+t", "other_half", priority=True),
        Binding("1", f"half('{NEXT}')"),
        Binding("2", f"half('{WORDS}')"),
        Binding("p", "save"),
        Binding("c", "copy"),
        Binding("q", "leave"),
    ]

    def __init__(self, desk: Desk, play: Play) -> None:
        super().__init__(ansi_color=True)  # from the start: NO_COLOR takes away what it knows
        self.theme = "ansi-dark"  # the terminal's own colours, whether it is light or dark
        self.desk, self.lane = desk, Lane()
        self._next = NextPane(desk, play)
        self._panes: dict[str, Half] = {NEXT: self._next, WORDS: WordsPane(desk)}
        self._play, self._open = play, WORDS if desk.word else NEXT
        self.said = ""
        self._thread = get_ident()

    def compose(self) -> ComposeResult:
        with Horizontal(id="head"):
            yield TabName(tr(words.NEXT_TAB), NEXT)
            yield TabName(tr(words.WORDS_TAB), WORDS)
            yield Static(id="model")
        with ContentSwitcher(initial=self._open):
            yield from self._panes.values()
        yield Static(id="foot")

    def on_mount(self) -> None:
        self.desk.voice.to = self
        if sys.platform != "win32":  # else the terminal would stay as it is
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, self.exit, Exit.TERMINATED)
        self.name_model(self._play.side.name)
        self.say(tr(words.SEED, seed=self.desk.seed))
        self.action_half(self._open)

    def on_resize(self, event: events.Resize) -> None:
        self.screen.set_class(event.size.width < NARROW, "narrow")
        self.screen.set_class(event.size.height < LOW, "low")
        self.draw_foot()

    @property
    def half(self) -> Half:
        """The half that is open."""
        return self._panes[self._open]

    def say(self, message: str) -> None:
        """One line that says what happened, from whatever thread.

        What computes does not wait for it to be drawn, and goes on where the screen is left meanwhile.
        """
        self.said = harmless(" ".join(message.split()))
        if get_ident() == self._thread:
            self.draw_foot()
            return
        with suppress(RuntimeError):  # the loop is closed
            self.call_later(self.draw_foot)

    def detail(self, message: Callable[[], str]) -> None:
        """The one line is for what happens now."""

    @contextmanager
    def progress(self, label: str) -> Iterator[Progress]:
        """How far long work has come, on the same line."""
        self.say(tr(words.WORKING, label=label))
        told = 0

        def update(done: int, total: int) -> None:
            nonlocal told
            if total and 20 * done // total > told:
                told = 20 * done // total
                self.say(tr(words.SHARE, label=label, share=done / total))

        try:
            yield update
        finally:  # what is raised is said after it
            self.say("")

    async def compute(self, question: Callable[[], T]) -> T | None:
        """The answer to what takes long; None where there is none, and then the screen says why."""
        try:
            return await self.lane.do(question)
        except LabError as error:
            self.say(tr(words.FAILED, what=error.message, hint=error.hint) if error.hint else error.message)
        except Exception as error:
            self.say(tr(words.BUG, kind=type(error).__name__, what=error))
        return None

    def name_model(self, name: str) -> None:
        self.query_one("#model", Static).update(Text(harmless(name)))

    def draw_foot(self) -> None:
        """What happened, and below it as many of the keys as there is room for: the rows above never move."""
        if not (self.is_running and self.screen_stack):  # it is being left
            return
        foot = self.query_one("#foot", Static)
        width, height = max(self.size.width, 1), LOW_FOOT if self.size.height < LOW else FOOT
        said = [Text(line, "bold") for line in fold(self.said, width)[:height] if line]
        keys = [Text(line, "dim") for part in self.half.keys.split("\n") for line in fold(part, width)]
        foot.update(Text("\n", no_wrap=True).join([*said, *keys][:height]))

    def on_descendant_focus(self) -> None:
        self.draw_foot()

    @on(TabName.Clicked)
    def clicked(self, event: TabName.Clicked) -> None:
        self.action_half(event.half)

    def action_half(self, half: str) -> None:
        self._open = self.query_one(ContentSwitcher).current = half
        for name in self.query(TabName):
            name.show(name.half == half)
        line = self.half.query_one(Line)
        self.screen.set_focus(self.half.query_one(PickList) if line.value else line)
        self.draw_foot()

    def action_other_half(self) -> None:
        self.action_half(WORDS if self.half.id == NEXT else NEXT)

    async def action_copy(self) -> None:
        try:
            command = self.half.command()
        except LabError as error:
            self.say(error.message)
            return
        if command is None:
            self.say(tr(words.NOTHING_TO_SHOW))
        else:
            self.copy_to_clipboard(command)  # by OSC 52, which some terminals refuse: so it is shown too
            self.say(tr(words.COPIED, command=command))

    def action_save(self) -> None:
        begin(self, self._save, "picture")

    async def _save(self) -> None:
        shown = await self.half.picture()
        if shown is None:
            self.say(tr(words.NOTHING_TO_SHOW))
            return
        path = await self.compute(partial(saved, *shown, self.desk.folder))
        if path is not None:
            self.say(tr(words.SAVED, path=path))

    async def on_event(self, event: events.Event) -> None:
        """While a text goes on by itself, any key or click stops it, and does nothing else."""
        leaves = isinstance(event, events.Key) and event.key in ("ctrl+c", "ctrl+q")
        if isinstance(event, events.Key | events.MouseDown) and not leaves and self._next.stop():
            return
        await super().on_event(event)

    def action_leave(self) -> None:
        self.exit(Exit.OK)

    def action_interrupt(self) -> None:
        self.exit(Exit.INTERRUPTED)
