"""From a key to the screen: milliseconds on the default model, as a user waits for them.

    python tests/bench/explore.py            a median of each kind of key
    python tests/bench/explore.py 40         of so many keys

A key is answered when what it asked for stands on the screen: the distribution after the text, the neighbours of the
word. Nothing is judged here.
"""

import asyncio
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from textual import events

from llmlab.cli.world import World
from llmlab.explore.desk import Desk, Voice
from llmlab.explore.play import Play
from llmlab.explore.screen import WORDS, Explorer
from llmlab.explore.walk import Walk
from llmlab.explore.widgets import Line
from llmlab.explore.words_pane import WordsPane
from llmlab.models.library import Library
from llmlab.spaces.shelf import Shelf

TEXT = "The quick brown fox jumps over the lazy dog and "
CHINESE = "今天天气很好，我们一起去公园吧。"
MOST_S = 3
NAMES = {" ": "space", ",": "comma", ".": "full_stop", "'": "apostrophe"}


class Clocked(Explorer):
    """The screen, which counts how often it is drawn."""

    drawn = 0

    def _display(self, *arguments: Any) -> None:
        super()._display(*arguments)
        self.drawn += 1


@contextmanager
def opened() -> Iterator[Clocked]:
    """The screen as `llmlab explore` opens it."""
    world = World()
    voice = Voice(world)
    library = Library(world.config, voice)
    with TemporaryDirectory() as folder:
        walk = Walk(world.config.space)
        desk = Desk(Shelf(library), voice, world.config.model, walk, seed=0, folder=Path(folder))
        yield Clocked(desk, Play(desk.model, library.causal_lm(), 0))


async def timed(app: Clocked, keys: Sequence[str]) -> list[float]:
    """Milliseconds of each key, from its event until what it asked for is computed and drawn."""
    found = []
    for key in keys:
        before, drawn, start = state(app), app.drawn, time.perf_counter()
        app.post_message(events.Key(NAMES.get(key, key), key if len(key) == 1 else None))
        while state(app) == before or busy(app) or app.drawn == drawn:
            await asyncio.sleep(0.0005)
            if time.perf_counter() - start > MOST_S:
                break  # it asked for nothing: a token that ends the text is not appended
        else:
            found.append(1000 * (time.perf_counter() - start))
        await asyncio.sleep(0.05)  # nobody types faster
    return found


def busy(app: Clocked) -> bool:
    """Whether something is computed or not yet drawn."""
    computing = any(worker.is_running for worker in app.workers)
    return computing or bool(app.screen._dirty_widgets or app.screen._compositor._dirty_regions)


def state(app: Clocked) -> object:
    """What a key changes."""
    half = app.half
    if isinstance(half, WordsPane):
        return half.walk, half.around, half.chosen, half.query_one(Line).value
    play = half.play
    return play.tokens, play.is_read, play.temperature, play.chosen


async def measure(app: Clocked, count: int) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {}
    async with app.run_test(size=(80, 24)):
        app._next.jumping = False  # what moves by itself is no answer
        await timed(app, "warm")
        await timed(app, ["ctrl+u"])
        found["a letter typed"] = await timed(app, (TEXT * 9)[:count])
        await timed(app, ["ctrl+u"])
        found["a Chinese character typed"] = await timed(app, (CHINESE * 9)[:count])
        await timed(app, ["ctrl+u", *"The capital of France is"])
        app.half.reach_list()
        found["the temperature"] = await timed(app, ["plus", "minus"] * (count // 2))
        found["choosing"] = await timed(app, ["down", "up"] * (count // 2))
        found["appending"] = await timed(app, ["enter"] * count)
        found["taking back"] = await timed(app, ["backspace"] * count)
        found["sampling"] = await timed(app, ["s"] * count)
        app.action_half(WORDS)
        await timed(app, "love")
        app.half.reach_list()
        found["walking on"] = await timed(app, ["down", "enter"] * (count // 2))
        found["a metric"] = await timed(app, ["m"] * count)
    return found


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 40
    with opened() as app:
        for name, times in asyncio.run(measure(app, count)).items():
            worst = sorted(times)[int(0.95 * (len(times) - 1))]
            print(f"{name:28} median {statistics.median(times):6.0f} ms   95th {worst:6.0f} ms   {len(times)} keys")
