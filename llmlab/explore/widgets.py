"""The parts that both halves of the screen are made of: a list to choose from, a slider, the name of a half."""

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual import events
from textual.app import RenderResult
from textual.binding import Binding, BindingType
from textual.geometry import Region
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input

from llmlab.explore import drawing
from llmlab.explore.heat import HOTTEST, step
from llmlab.render.safe import replaced


class PickList(Widget, can_focus=True):
    """Rows of text, one of them chosen; what is below the last does not take part."""

    class Pointed(Message):
        """A row was pointed at; `twice` it is meant."""

        def __init__(self, place: int, twice: bool) -> None:
            super().__init__()
            self.place, self.twice = place, twice

    class Sized(Message):
        """There is room for another number of rows."""

    def __init__(self, id: str) -> None:
        super().__init__(id=id)
        self._rows: Sequence[Text] = ()
        self._head: Sequence[Text] = ()
        self._chosen = 0

    def show(self, rows: Sequence[Text], chosen: int, head: Sequence[Text] = ()) -> None:
        """Draw anew what has changed: over a slow line a molecule's jump is two lines, and not the screen."""
        before = self._lines()
        self._rows, self._chosen, self._head = rows, chosen, head
        now = self._lines()
        if len(before) != len(now):
            self.refresh()
            return
        changed = [y for y, (old, new) in enumerate(zip(before, now, strict=True)) if old != new]
        if changed:
            self.refresh(*(Region(0, y, self.size.width, 1) for y in changed))

    def render(self) -> RenderResult:
        return Text("\n", no_wrap=True).join(self._lines())

    def _lines(self) -> list[Text]:
        style = "reverse" if self.has_focus else "bold"
        rows = [Text.assemble((row.plain, style)) if n == self._chosen else row for n, row in enumerate(self._rows)]
        return [*self._head, *rows]

    def on_resize(self) -> None:
        self.post_message(self.Sized())

    def on_click(self, event: events.Click) -> None:
        place = event.y - len(self._head)
        if 0 <= place < len(self._rows):
            self.post_message(self.Pointed(place, event.chain > 1))


class Line(Input):
    """A line to type in, without what would steer the terminal: it would be drawn as it is."""

    def __init__(self, placeholder: str, id: str) -> None:
        super().__init__(placeholder=placeholder, id=id, compact=True, select_on_focus=False)
        self.written: str | None = ""  # what it was last set to; None once it was typed in

    def validate_value(self, value: str) -> str:
        return replaced(value, lambda _: "")

    def write(self, text: str) -> None:
        """Set it, which is not typing."""
        self.value = text
        self.written = self.value
        self.cursor_position = len(self.value)

    async def _on_key(self, event: events.Key) -> None:
        """Enter and down: on to the list at once. Keys that come in one burst with them are the list's already."""
        if self.screen.focused is self and event.key not in ("enter", "down"):
            return
        event.stop()
        event.prevent_default()
        if self.screen.focused is not self:
            self.app.post_message(events.Key(event.key, event.character))
            return
        assert self.parent is not None
        self.screen.set_focus(self.parent.query_one(PickList))
        if event.key == "enter":
            self.post_message(self.Submitted(self, self.value))

    def is_typed(self) -> bool:
        """Whether a change of it was typed, and not written."""
        if self.value == self.written:
            return False
        self.written = None
        return True


class Slider(Widget, can_focus=True):
    """The temperature on a line from 0 up."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "by(-1)"),
        Binding("right", "by(1)"),
        Binding("home", "to(0)"),
        Binding("end", f"to({HOTTEST})"),
    ]

    class Moved(Message):
        def __init__(self, temperature: float) -> None:
            super().__init__()
            self.temperature = temperature

    temperature = 1.0

    def show(self, temperature: float) -> None:
        self.temperature = temperature
        self.refresh()

    def render(self) -> RenderResult:
        line = drawing.slider(self.temperature, HOTTEST, max(self.size.width - 7, 1))
        return Text(f"T {self.temperature:<4.1f} {line}", "bold" if self.has_focus else "", no_wrap=True)

    def action_by(self, steps: int) -> None:
        self.post_message(self.Moved(step(self.temperature, steps)))

    def action_to(self, temperature: float) -> None:
        self.post_message(self.Moved(float(temperature)))

    def on_mouse_down(self, event: events.MouseDown) -> None:
        self.capture_mouse()
        self._drag(event)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        if self.app.mouse_captured is self:
            self._drag(event)

    def on_mouse_up(self) -> None:
        self.release_mouse()

    def _drag(self, event: events.MouseEvent) -> None:
        share = (event.x - 7) / max(self.size.width - 8, 1)
        self.post_message(self.Moved(step(round(share * HOTTEST, 1), 0)))


class TabName(Widget):
    """The name of one half of the screen, which a click opens."""

    class Clicked(Message):
        def __init__(self, half: str) -> None:
            super().__init__()
            self.half = half

    def __init__(self, name: str, half: str) -> None:
        super().__init__(id=f"tab-{half}")
        self._name, self.half, self.open = name, half, False

    def show(self, is_open: bool) -> None:
        self.open = is_open
        self.refresh()

    def render(self) -> RenderResult:
        return Text(f" {self._name} ", "reverse" if self.open else "")

    def on_click(self) -> None:
        self.post_message(self.Clicked(self.half))
