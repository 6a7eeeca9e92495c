"""The half of the screen that plays with the next token."""

import asyncio
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Input, Static

from llmlab.explore import commands, drawing, heat, words
from llmlab.explore.desk import Desk
from llmlab.explore.half import Half, begin
from llmlab.explore.play import Play
from llmlab.explore.widgets import Line, PickList, Slider
from llmlab.lab.probability.next import next_tokens
from llmlab.lab.text import escape, show, unescape
from llmlab.language import tr
from llmlab.view import Pictured

BEAT_S, BEATS = 0.1, 3  # a frame, and frames from jump to jump
MOST_JUMPS = 500  # of one distribution: the screen comes to rest
PACE_S = 0.15  # at least, from token to token when it goes on by itself


class NextPane(Half):
    """A text, its surprisal, what may come next, and what was tried."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "choose(1)"),
        Binding("up", "choose(-1)"),
        Binding("enter", "append"),
        Binding("backspace", "walk('up')"),
        Binding("left", "walk('up')"),
        Binding("right", "walk('down')"),
        Binding("left_square_bracket", "aside(-1)"),
        Binding("right_square_bracket", "aside(1)"),
        Binding("plus,equals_sign", "warm(1)"),
        Binding("minus", "warm(-1)"),
        Binding("space", "jump"),
        Binding("s", "sample"),
        Binding("g", "go"),
        Binding("b", "switch"),
    ]

    def __init__(self, desk: Desk, play: Play) -> None:
        super().__init__(desk, "next")
        self.play = play
        self.jumping, self.going = True, False
        self._beat = 0
        self._then: deque[Callable[[], None]] = deque()  # what was asked before the model had answered

    def compose(self) -> ComposeResult:
        yield Line(tr(words.TEXT), "text")
        yield Static(id="shaded")
        with Horizontal(id="heat"):
            yield Slider()
            yield Static(id="measures")
        with Horizontal(id="body"):
            yield PickList("nexts")
            with Vertical(id="side"):
                yield Static(Text(tr(words.TRIED), "dim"))
                yield Static(id="tree")

    def on_mount(self) -> None:
        self.set_interval(BEAT_S, self._pulse)
        if self.desk.text:
            self.play.type(self.desk.text)
            self._write_text()
        self.read()

    @on(PickList.Sized)
    def fit(self) -> None:
        """As many rows as there is room for."""
        room = self.query_one("#nexts").size.height - 2  # the head, and all others
        self.play.list(min(max(room, 3), 20))
        self.show()

    @on(Input.Changed, "#text")
    def typed(self, event: Input.Changed) -> None:
        if self.query_one(Line).is_typed():
            self._then.clear()
            self.play.type(unescape(event.value))
            self.read()

    @on(PickList.Pointed)
    def point(self, event: PickList.Pointed) -> None:
        self._chose(event.place)
        if event.twice:
            self.action_append()

    @on(Slider.Moved)
    def slide(self, event: Slider.Moved) -> None:
        self.play.warm(event.temperature)
        self.show()

    def read(self) -> None:
        """Ask the model about the text where one stands; an older question is not waited for."""
        self.going = False
        begin(self, self._read, "read")

    async def _read(self) -> None:
        """What was asked meanwhile is done until something of it is a text to be read in its turn."""
        if not await self._ask():
            self._then.clear()
        while self._then and self.play.is_read:
            self._then.popleft()()

    async def _ask(self) -> bool:
        """Whether what follows is known now."""
        play = self.play
        self.show()
        if not play.tokens or play.is_read:
            return play.is_read
        reading = await self.compute(partial(play.side.reader.read, play.tokens))
        if reading is None or not play.take(reading):
            return False
        self.show()
        return True

    def _when_read(self, act: Callable[[], None]) -> None:
        """Act on what follows: at once, or when the model has answered what was asked before."""
        if self.play.is_read:
            act()
        elif self.play.tokens:
            self._then.append(act)

    def action_choose(self, by: int) -> None:
        if self.reach_list():
            self._when_read(lambda: self._chose(self.play.chosen + by))

    def _chose(self, place: int) -> None:
        self.play.choose(place)
        self.draw_rows()

    def action_append(self) -> None:
        self._when_read(lambda: self._appended(self.play.append))

    def action_sample(self) -> None:
        self._when_read(lambda: self._appended(self.play.sample))

    def _appended(self, append: Callable[[], bytes | None]) -> None:
        end = append()
        if end is None:
            self._write_text()
            self.read()
        else:
            self._then.clear()
            self.say(tr(words.ENDS, token=show(end)))

    def action_walk(self, way: str) -> None:
        branches = self.play.branches
        self._walked(branches.up() if way == "up" else branches.down(), way)

    def action_aside(self, by: int) -> None:
        self._walked(self.play.branches.aside(by), "aside")

    def _walked(self, there: bool, way: str) -> None:
        self._then.clear()
        if there:
            self._write_text()
            self.read()
        else:
            self.say(tr(words.NOTHING_BACK) if way == "up" else tr(words.NOT_TRIED))

    def action_warm(self, by: int) -> None:
        self.play.warm(heat.step(self.play.temperature, by))
        self.show()

    def action_jump(self) -> None:
        self.jumping = not self.jumping

    def action_go(self) -> None:
        if not self.play.tokens:
            self.say(tr(words.NOTHING_TO_SHOW))
            return
        self._then.clear()
        begin(self, self._go, "read")

    async def _go(self) -> None:
        """Sample token after token until the text ends, the model is full, or somebody stops it."""
        self.going, count = True, 0
        self.say(tr(words.GOING, temperature=self.play.temperature))
        while await self._ask():
            if not self.going:
                self.say(tr(words.STOPPED, count=count))
                return
            end = self.play.sample()
            if end is not None:
                self.say(tr(words.ENDS, token=show(end)))
                break
            count += 1
            self._write_text()
            await asyncio.sleep(PACE_S)
        self.going = False

    def stop(self) -> bool:
        """Stop going on; False where nothing goes on."""
        going, self.going = self.going, False
        return going

    def _write_text(self) -> None:
        """Let the line of text say what was appended or taken back."""
        self.query_one(Line).write(escape(self.play.text))

    def _pulse(self) -> None:
        """A frame: molecules fall, and now and then one jumps."""
        jumps = self.play.jumps
        if not (self.jumping and self.display and jumps and jumps.drawn < MOST_JUMPS and self.play.is_read):
            return
        self._beat += 1
        if self._beat % BEATS == 0:
            jumps.jump()
        self.draw_rows()

    def show(self) -> None:
        """Draw what is known now."""
        play, width = self.play, max(self.size.width, 20)
        shaded = [Text(tr(words.NOTHING_TYPED), "dim")]
        if play.tokens and play.reading is not None:
            shaded = drawing.shaded(play.reading, width, not self.app.no_color)
        self.query_one("#shaded", Static).update(Text("\n").join(shaded))
        known = play.heated is not None and bool(play.tokens)
        self.query_one("#measures", Static).update(drawing.measures(play.heated) if known and play.heated else "")
        self.query_one(Slider).show(play.temperature)
        tree = self.query_one("#tree", Static)
        lines = drawing.tree(play.branches, max(tree.size.width, 10), max(self.query_one("#side").size.height - 1, 1))
        tree.update(Text("\n").join(lines))
        self.draw_rows()

    def draw_rows(self) -> None:
        """Draw the next tokens alone."""
        jumps, listing = self.play.jumps, self.query_one(PickList)
        if jumps is None or not self.play.tokens:
            listing.show([], 0)
            return
        width = max(listing.size.width, 20)
        rows = drawing.next_rows(jumps, self._beat % BEATS, width)
        listing.show(rows, self.play.chosen, [drawing.next_head(jumps.drawn, width)])

    def action_switch(self) -> None:
        self._then.clear()
        begin(self, self._switch, "read")

    async def _switch(self) -> None:
        """Asked at the end whether another model came or not: what was being read is no longer waited for."""
        if await self._brought():
            self.explorer.name_model(self.play.model.info.name)
        await self._read()

    async def _brought(self) -> bool:
        """Whether another model is there now."""
        play, name = self.play, self.desk.other(self.play.side.name)
        if play.knows(name):
            play.go_to(name)
        else:
            self.say(tr(words.OPENING, model=name))
            model = await self.compute(partial(self.desk.library.causal_lm, name))
            if model is None:
                return False
            play.bring(name, model)
        self.say(tr(words.MODEL, model=name))
        return True

    def command(self) -> str | None:
        if not self.play.tokens:
            return None
        return commands.next_tokens(self.play, self.desk.start, self.desk.options(self.play.side.name))

    async def picture(self) -> tuple[Pictured, str] | None:
        play = self.play
        if not play.tokens:
            return None
        found = await self.compute(partial(next_tokens, play.model, play.prompt, play.listed, (play.temperature,)))
        return None if found is None else (found, "next")

    @property
    def keys(self) -> str:
        if self.query_one(Slider).has_focus:
            return tr(words.SLIDER_KEYS)
        return tr(words.TYPING_KEYS) if self.query_one(Line).has_focus else tr(words.NEXT_KEYS)
