"""The screen on the models that the wheels carry."""

import asyncio
import io
import json
import shlex
import time

import numpy as np
import pytest

from llmlab.cli import main
from llmlab.cli.world import World
from llmlab.explore.desk import INSTRUCT, Desk, Voice
from llmlab.explore.play import Play
from llmlab.explore.screen import Explorer
from llmlab.explore.walk import Walk
from llmlab.models.library import Library
from llmlab.spaces.shelf import Shelf

pytestmark = pytest.mark.models


def played(scene, ear, **given):
    """Play on the user's own models and spaces."""
    world = World()
    voice = Voice(ear)
    shelf = Shelf(Library(world.config, voice))
    desk = Desk(shelf, voice, world.config.model, Walk(world.config.space), seed=1, **given)
    app = Explorer(desk, Play(desk.model, shelf.library.causal_lm(), 1))

    async def settled(pilot, *keys):
        await pilot.press(*keys)
        end = time.monotonic() + 60
        while any(worker.is_running for worker in app.workers) and time.monotonic() < end:
            await pilot.pause(0.02)
        await pilot.pause()

    async def play():
        async with app.run_test(size=(80, 24)) as pilot:
            await settled(pilot)
            await scene(app, lambda *keys: settled(pilot, *keys))

    asyncio.run(play())


def recorded(command):
    """The records of a copied command."""
    out = io.StringIO()
    name, *arguments = shlex.split(command)
    assert name == "llmlab"
    assert main(World([*arguments, "--format", "jsonl"], stdout=out)) == 0
    return [json.loads(line) for line in out.getvalue().splitlines()]


@pytest.mark.parametrize("text", ["The capital of France is", "今天天气很"])
def test_the_next_token_is_what_the_copied_command_shows(ear, text):
    async def scene(app, press):
        await press("down", "enter", "plus", "plus", "c")
        assert app.clipboard
        shown = app._next.play.heated
        records = recorded(app.clipboard)
        assert [one["token_id"] for one in records] == list(shown.ids)
        assert [one["probability"] for one in records] == pytest.approx(np.exp(shown.logprobs), abs=2e-5)
        assert records[0]["entropy_bits"] == pytest.approx(shown.entropy / np.log(2), abs=1e-3)

    played(scene, ear, text=text)


def test_base_and_instruct_answer_the_same_text(ear):
    async def scene(app, press):
        base = app._next.play.heated.pieces
        await press("b")
        assert app._next.play.side.name == INSTRUCT
        assert app._next.play.text == "The capital of France is"
        assert app._next.play.heated.pieces[0] == b" Paris" != base[0]

    played(scene, ear, text="The capital of France is")


@pytest.mark.parametrize(("word", "space"), [("love", "minilm"), ("爱", "bilingual")])
def test_the_neighbours_are_what_the_copied_command_shows(ear, word, space):
    async def scene(app, press):
        await press("down", "c")
        assert app.half.walk.space == space
        records = recorded(app.clipboard)
        found = app.half.around.found.neighbors
        assert [(one["word"], one["score"]) for one in records] == [(one.word, one.score) for one in found]

    played(scene, ear, word=word)
