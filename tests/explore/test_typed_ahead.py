"""Keys that come before the model has answered: done in their turn, and forgotten where they make no sense."""

import asyncio
from threading import Event

import pytest


class Held:
    """The model kept from answering: what is pressed until `free` comes before its answer."""

    def __init__(self, here):
        self._here, self._free = here, Event()
        self._busy = asyncio.create_task(here.app.lane.do(self._free.wait))

    async def free(self):
        self._free.set()
        await self._busy
        await self._here.settle()


def test_what_was_asked_before_the_end_of_the_text_is_not_done_after_it(stage, monkeypatch):
    async def scene(here):
        held = Held(here)
        await here.pilot.press("enter", "enter", "enter")  # the first at once, two after it
        assert here.play.branches.at.depth == 1
        with monkeypatch.context() as patch:
            patch.setattr(here.play.model, "is_end", lambda token: True)
            await held.free()
        assert "ends the text" in here.app.said
        await here.press("enter")
        assert here.play.branches.at.depth == 2

    stage(scene, text="the cat")


def test_choosing_before_the_model_has_answered_is_choosing_of_its_answer(stage):
    async def scene(here):
        await here.press("enter", "down", "enter")
        second = here.play.tokens
        await here.press("backspace", "backspace", "enter", "down", "enter")
        assert here.play.tokens == second
        await here.press("backspace", "backspace")
        held = Held(here)
        await here.pilot.press("enter", "down", "enter")
        await held.free()
        assert here.play.tokens == second

    stage(scene, text="the cat")


@pytest.mark.parametrize("key", ["b", "g"])
def test_another_model_and_going_on_forget_what_was_asked_before(stage, lm_folder, monkeypatch, key):
    monkeypatch.setattr("llmlab.explore.desk.INSTRUCT", str(lm_folder))

    async def scene(here):
        held = Held(here)
        await here.pilot.press("enter", "enter", "enter", key)
        assert not here.app._next._then
        await held.free()
        here.app._next.stop()

    stage(scene, text="the cat")


def test_a_text_is_read_where_the_other_model_is_not_there(stage, monkeypatch):
    """Asking for the model puts an end to the reading that was going on."""
    monkeypatch.setattr("llmlab.explore.desk.INSTRUCT", "nobody-has-this")

    async def scene(here):
        held = Held(here)
        await here.pilot.press("enter", "b")
        assert not here.play.is_read
        await held.free()
        assert "nobody-has-this" in here.app.said
        assert here.play.is_read

    stage(scene, text="the cat")


def test_after_a_picture_a_token_is_appended_with_either_model(stage, lm_folder, monkeypatch):
    """The picture asks the model about the same text in between."""
    monkeypatch.setattr("llmlab.explore.desk.INSTRUCT", str(lm_folder))

    async def scene(here):
        for name in (here.play.side.name, str(lm_folder)):
            assert here.play.side.name == name
            await here.press("enter", "p")
            assert "the picture is" in here.app.said
            await here.press("enter")
            assert here.play.is_read
            assert here.play.branches.at.depth == 2
            await here.press("b")

    stage(scene, text="the cat")
