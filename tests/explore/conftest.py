"""Tiny models and spaces as the screen's state and the screen itself have them."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from llmlab.backends.base import CausalLM
from llmlab.explore.desk import Desk, Voice
from llmlab.explore.play import Play
from llmlab.explore.reader import TextReader
from llmlab.explore.screen import Explorer
from llmlab.explore.walk import Walk
from llmlab.models.library import Library
from llmlab.spaces.reading import Reading
from llmlab.spaces.shelf import Shelf

TABLE = """word,size,fur,legs
cat,0.3,0.9,4
dog,0.5,0.8,4
ant,0.1,0.1,6
bus,9,0,0
car,5,0,0
猫,0.3,0.9,4.1
"""


@pytest.fixture(params=["torch", "llama.cpp"])
def lm(request: pytest.FixtureRequest, library: Library, lm_folder: Path, gguf_file: Path) -> CausalLM:
    """A tiny model on either engine."""
    return library.causal_lm(str(lm_folder if request.param == "torch" else gguf_file))


@pytest.fixture
def reader(lm: CausalLM) -> TextReader:
    return TextReader(lm)


@pytest.fixture
def play(library: Library, gguf_file: Path) -> Play:
    """A game with the tiny model and the seed 7."""
    return Play(str(gguf_file), library.causal_lm(str(gguf_file)), 7)


@pytest.fixture
def read(play: Play) -> Callable[[], None]:
    """Let the model read where one stands, as the screen does."""

    def read() -> None:
        assert play.take(play.side.reader.read(play.tokens))

    return read


@pytest.fixture
def animals(shelf: Shelf, tmp_path: Path) -> str:
    """A space of six words and three columns, by its name."""
    path = tmp_path / "animals.csv"
    path.write_text(TABLE, encoding="utf-8")
    shelf.from_file(Reading.of(str(path)), "animals")
    return "animals"


class Stage:
    """The screen in a test: what is pressed, and what stands on it."""

    def __init__(self, app: Explorer, pilot: Pilot[int]) -> None:
        self.app, self.pilot = app, pilot

    async def press(self, *keys: str) -> None:
        """Press keys, and wait until all is answered."""
        await self.pilot.press(*keys)
        await self.settle()

    async def settle(self) -> None:
        await self.pilot.pause()
        while any(worker.is_running for worker in self.app.workers if worker.group != "going"):
            await self.pilot.pause(0.01)
        await self.pilot.pause()

    async def until(self, done: Callable[[], bool]) -> None:
        """Wait for what comes by itself; a test that waits for ever has failed."""
        for _ in range(1000):
            if done():
                return
            await self.pilot.pause(0.01)
        raise AssertionError(self.text)

    @property
    def text(self) -> str:
        """What stands on the screen."""
        strips = self.app.screen._compositor.render_strips()
        return "\n".join("".join(segment.text for segment in strip) for strip in strips)

    @property
    def play(self) -> Play:
        return self.app._next.play


@pytest.fixture
def stage(shelf: Shelf, gguf_file: Path, animals: str, tmp_path: Path, ear):
    """Play a scene on a screen of the tiny model: stage(scene, text="the cat"). Its exit code."""

    def stage(scene: Callable[[Stage], Awaitable[None]], size: tuple[int, int] = (80, 24), **given: Any) -> int | None:
        voice = Voice(ear)
        wired = Shelf(Library(shelf.config, voice))
        name = str(gguf_file)
        own = {"model": name, "walk": Walk(animals, chosen=True), "seed": 7, "folder": tmp_path, **given}
        desk = Desk(wired, voice, **own)
        app = Explorer(desk, Play(name, wired.library.causal_lm(name), desk.seed))

        async def play() -> None:
            async with app.run_test(size=size) as pilot:
                here = Stage(app, pilot)
                await here.settle()
                await scene(here)

        asyncio.run(play())
        return app.return_value

    return stage
