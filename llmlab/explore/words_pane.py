"""The half of the screen that walks from word to word."""

from dataclasses import replace
from functools import partial
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Input, Static

from llmlab.explore import chart, commands, drawing, walk, words
from llmlab.explore.desk import Desk
from llmlab.explore.half import Half, begin
from llmlab.explore.walk import Around, Walk
from llmlab.explore.widgets import Line, PickList
from llmlab.lab.vectors.why import Why
from llmlab.language import tr
from llmlab.render import grid
from llmlab.render.fold import fold
from llmlab.render.safe import harmless, visible
from llmlab.view import Pictured

FEWEST, MOST = 3, 20  # neighbours that are listed


class WordsPane(Half):
    """A word, its neighbours, a map of them, and why two are near."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "choose(1)"),
        Binding("up", "choose(-1)"),
        Binding("enter", "walk"),
        Binding("backspace", "back"),
        Binding("m", "metric"),
        Binding("n", "space"),
        Binding("x", "mark"),
    ]

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk, "words")
        self.walk: Walk = desk.walk
        self.around: Around | None = None
        self.why: Why | None = None
        self.marked = ""
        self.chosen = 0

    def compose(self) -> ComposeResult:
        yield Line(tr(words.WORD), "word")
        yield Static(id="path")
        yield Static(id="measure")
        with Horizontal(id="around"):
            yield PickList("neighbors")
            yield Static(id="map")

    def on_mount(self) -> None:
        if self.desk.word:
            self.go(replace(self.walk, path=(self.desk.word,)))
        self.show()

    @on(PickList.Sized)
    def fit(self) -> None:
        """As many rows and as large a map as there is room for."""
        listed = min(max(self.query_one(PickList).size.height, FEWEST), MOST)
        if listed != self.walk.listed:
            self.walk = replace(self.walk, listed=listed)
            if self.walk.word and self.why is None:
                self.go(self.walk, typed=self.around is None)
        self.call_after_refresh(self.show)

    @on(Input.Changed, "#word")
    def typed(self, event: Input.Changed) -> None:
        if self.query_one(Line).is_typed():
            word = event.value.strip()
            self.go(replace(self.walk, path=(word,) if word else ()), typed=True)

    @on(Input.Submitted, "#word")
    def ask(self) -> None:
        """A word that is typed to its end is asked for, whether the space holds it or not."""
        if self.around is None and self.walk.word:
            self.go(self.walk)

    @on(PickList.Pointed)
    def point(self, event: PickList.Pointed) -> None:
        self._choose(event.place)
        if event.twice:
            self.action_walk()

    def go(self, to: Walk, typed: bool = False) -> None:
        """Ask for the neighbours of another place; an older question is not waited for."""
        to = walk.at_home(to, self.desk.shelf.config)
        self.walk, self.why = to, None
        if not typed:
            self.query_one(Line).write(to.word)
        begin(self, partial(self._look, to, typed), "words")

    async def _look(self, to: Walk, typing: bool) -> None:
        self.around, self.chosen = None, 0
        if to.word:
            self.around = await self.compute(partial(walk.around, self.desk.shelf, to, typing))
        if self.around is not None or not to.word:
            self.say("")
        elif typing:
            self.say(tr(words.UNFINISHED, word=visible(to.word), space=to.space))
        self.show()

    def action_choose(self, by: int) -> None:
        if self.reach_list():
            self._choose(self.chosen + by)

    def _choose(self, place: int) -> None:
        """One of the neighbours that are there now: what was pointed at may have stood in a longer list."""
        neighbors = self.around.found.neighbors if self.around is not None else ()
        self.chosen = min(max(place, 0), max(len(neighbors) - 1, 0))
        self.show()

    @property
    def word(self) -> str:
        """The neighbour that is chosen; "" where there is none."""
        neighbors = self.around.found.neighbors if self.around is not None else ()
        return neighbors[self.chosen].word if neighbors else ""

    def action_walk(self) -> None:
        if self.word:
            self.go(replace(self.walk, path=(*self.walk.path, self.word)))

    def action_back(self) -> None:
        if self.why is not None:
            self.why = None
            self.show()
        elif len(self.walk.path) > 1:
            self.go(replace(self.walk, path=self.walk.path[:-1]))
        else:
            self.say(tr(words.BACK_AT_START))

    def action_metric(self) -> None:
        self.go(replace(self.walk, metric=walk.next_metric(self.walk.metric)))

    def action_space(self) -> None:
        names = walk.spaces(self.desk.shelf, self.desk.walk.space)
        if len(names) == 1:
            self.say(tr(words.ONE_SPACE))
        else:
            self.go(replace(self.walk, space=walk.next_space(names, self.walk.space), chosen=True))

    def action_mark(self) -> None:
        """Mark the word asked for, or the neighbour chosen; the second word is compared with the marked one."""
        word = self.word
        if not word:
            self.say(tr(words.NO_WORD))
        elif not self.marked:
            self.marked = word
            self.say(tr(words.MARKED, word=visible(word)))
        elif word == self.marked:
            self.marked = ""
            self.say(tr(words.UNMARKED))
        else:
            one, self.marked = self.marked, ""
            begin(self, partial(self._explain, one, word), "words")

    async def _explain(self, one: str, other: str) -> None:
        self.why = await self.compute(partial(walk.why, self.desk.shelf, self.walk, one, other))
        if self.why is not None:
            self.say("")
        self.show()

    def show(self) -> None:
        """Draw what is known now."""
        width = max(self.size.width, 20)
        self.query_one("#path", Static).update(drawing.path(self.walk, width))
        measure = f"{self.walk.space} · {walk.statement(self.walk.metric)}"
        self.query_one("#measure", Static).update(Text(drawing.fit(measure, width), "dim"))
        listing, there = self.query_one(PickList), self.query_one("#map", Static)
        rows = drawing.neighbor_rows(self.around, max(listing.size.width - 1, 16)) if self.around is not None else []
        listing.show(rows, self.chosen)
        there.update(self._beside(there.size.width, there.size.height))

    def _beside(self, width: int, height: int) -> Text:
        """What stands beside the neighbours: why two are near, or the map."""
        if self.why is not None:
            return _reasons(self.why, width)
        if self.around is None or width < 16 or height < 4:
            return Text()
        return _map(self.around, width, height)

    def command(self) -> str | None:
        if self.why is not None:
            one, other = self.why.pair.labels
            return commands.why(self.walk, one, other, self.desk.start, self.desk.engine)
        if self.around is None:
            return None
        return commands.neighbors(self.walk, self.desk.start, self.desk.engine)

    async def picture(self) -> tuple[Pictured, str] | None:
        if self.why is not None:
            return self.why, "why"
        return None if self.around is None else (self.around.found, "neighbors")

    @property
    def keys(self) -> str:
        return tr(words.TYPING_KEYS) if self.query_one(Line).has_focus else tr(words.WORDS_KEYS)


def _map(around: Around, width: int, height: int) -> Text:
    """The map, and what it holds."""
    one, other = around.shares
    said = fold(tr(words.MAP, share=one + other, one=one, other=other), width)
    lines, unnamed = chart.chart(around.words, around.xy, width, height - len(said) - 1)
    if unnamed:
        said += fold(tr(words.NO_ROOM, count=unnamed), width)[:1]
    return Text("\n").join([*lines, *(Text(line, "dim") for line in said)])


def _reasons(why: Why, width: int) -> Text:
    """What each dimension adds, as `llmlab why` shows it."""
    (view,) = why.views()
    lines = [Text(harmless(line)) for line in fold(view.conclusion, width)]
    return Text("\n", no_wrap=True).join([*lines, Text(), *grid.drawn(view, width, False, followed=False)])
