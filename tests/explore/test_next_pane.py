"""The first half of the screen, played by its keys."""

import re

import numpy as np
import pytest
from textual import events
from textual.widgets import Input

from llmlab.explore.widgets import PickList, Slider


def figures(text):
    """Token and P of each row on the screen."""
    return re.findall(r"^\s*(\d+) (\S+)\s+(\d\.\d+(?:e-\d+)?) ", text, re.MULTILINE)


def test_a_text_that_is_typed_is_read_and_what_may_follow_stands_on_the_screen(stage):
    async def scene(here):
        assert "no text yet" in here.text
        await here.press(*"the cat")
        assert here.play.text == "the cat"
        logprobs = here.play.model.next([here.play.model.encode("the cat")])[0].astype(np.float64)
        order = np.argsort(-logprobs, kind="stable")
        rows = figures(here.text)
        assert len(rows) == here.play.listed > 5
        assert [float(p) for _, _, p in rows] == pytest.approx(np.exp(logprobs[order[: len(rows)]]), rel=6e-3)
        entropy = -(np.exp(logprobs) * logprobs).sum()
        bits, choices = re.search(r"entropy ([\d.]+) bits = ([\d.]+) equal", here.text).groups()
        assert float(bits) == pytest.approx(entropy / np.log(2), abs=6e-3)
        assert float(choices) == pytest.approx(np.exp(entropy), abs=6e-2)

    stage(scene)


def test_the_temperature_slides_by_keys_and_by_the_slider(stage):
    async def scene(here):
        cold = figures(here.text)
        await here.press("plus", "plus")
        assert here.play.temperature == 1.2
        assert "T 1.2" in here.text
        await here.press("minus")
        assert here.play.temperature == 1.1
        here.app.query_one(Slider).focus()
        await here.press("end")
        assert here.play.temperature == 3
        assert float(figures(here.text)[0][2]) < float(cold[0][2])
        await here.press("home")
        assert "T 0: only the likeliest is left" in here.text
        assert float(figures(here.text)[0][2]) == 1
        await here.press("right", "right", "left")
        assert here.play.temperature == 0.1

    stage(scene, text="the cat")


def test_a_token_is_chosen_appended_and_taken_back_and_the_branches_are_walked(stage):
    async def scene(here):
        line = here.app.query_one("#text", Input)
        await here.press("down", "down", "enter")
        third = here.play.tokens
        assert len(third) == len(here.play.model.encode("the cat")) + 1
        assert line.value.startswith("the cat")
        await here.press("backspace", "enter")
        first = here.play.tokens
        assert first.ids[:-1] == third.ids[:-1]
        assert first != third
        assert "└" in here.text
        for key, expected in (("left_square_bracket", third), ("right_square_bracket", first), ("left", first[:-1])):
            await here.press(key)
            assert here.play.tokens == expected
        await here.press("right")
        assert here.play.tokens == first
        await here.press("backspace", "backspace")
        assert "no token was appended" in here.app.said
        assert line.value == "the cat"

    stage(scene, text="the cat")


def test_keys_pressed_before_the_model_has_answered_are_not_lost(stage):
    async def scene(here):
        await here.press("enter", "enter", "enter", "s")
        assert here.play.branches.at.depth == 4
        assert here.play.is_read

    stage(scene, text="the cat")


def test_it_goes_on_by_itself_until_any_key_which_does_nothing_else(stage):
    async def scene(here):
        await here.pilot.press("g")
        await here.until(lambda: here.play.branches.at.depth >= 2)
        assert "any key stops" in here.app.said
        await here.press("q")
        grown = here.play.branches.at.depth
        assert "stopped after" in here.app.said
        assert here.app.is_running
        await here.pilot.pause(0.4)
        assert here.play.branches.at.depth == grown
        await here.press("q")

    assert stage(scene, text="the cat") == 0


def test_going_on_ends_where_the_text_does(stage, monkeypatch):
    async def scene(here):
        monkeypatch.setattr(here.play.model, "is_end", lambda token: True)
        await here.press("g")
        assert "ends the text" in here.app.said
        await here.press("enter", "s")
        assert "ends the text" in here.app.said
        assert here.play.branches.at.depth == 0

    stage(scene, text="the cat")


def test_molecules_jump_until_they_are_stopped(stage):
    async def scene(here):
        await here.until(lambda: here.play.jumps.drawn >= 2)
        assert "●" in here.text
        await here.press("space")
        drawn = here.play.jumps.drawn
        await here.pilot.pause(0.5)
        assert here.play.jumps.drawn == drawn
        await here.press("space")
        await here.until(lambda: here.play.jumps.drawn > drawn)

    stage(scene, text="the cat")


def test_the_other_model_answers_and_the_first_one_again(stage, lm_folder, monkeypatch):
    monkeypatch.setattr("llmlab.explore.desk.INSTRUCT", str(lm_folder))

    async def scene(here):
        first = here.play.side.name
        await here.press("b")
        assert here.play.side.name == str(lm_folder)
        assert here.play.is_read
        assert here.play.text == "the cat"
        await here.press("b")
        assert here.play.side.name == first

    stage(scene, text="the cat")


def test_a_model_that_is_not_there_is_one_line_and_the_game_goes_on(stage, monkeypatch):
    monkeypatch.setattr("llmlab.explore.desk.INSTRUCT", "nobody-has-this")

    async def scene(here):
        await here.press("b")
        assert "nobody-has-this" in here.app.said
        await here.press("enter")
        assert here.play.branches.at.depth == 1

    stage(scene, text="the cat")


def test_a_text_that_is_too_long_is_one_line_and_a_shorter_one_is_read(stage):
    async def scene(here):
        line = here.app.query_one("#text", Input)
        line.value = "the cat " * 300
        await here.settle()
        assert "reads at most 256" in here.app.said
        line.value = "the"
        await here.settle()
        assert here.play.is_read
        assert figures(here.text)

    stage(scene, text="the cat")


def test_the_mouse_chooses_appends_and_slides(stage):
    async def scene(here):
        await here.pilot.click("#nexts", offset=(4, 3))
        assert here.play.chosen == 2
        await here.pilot.click("#nexts", offset=(4, 2), times=2)
        await here.settle()
        assert here.play.branches.at.depth == 1
        await here.pilot.click(Slider, offset=(7, 0))
        await here.settle()
        assert here.play.temperature == 0
        await here.pilot.click("#tab-words")
        assert here.app.half.id == "words"

    stage(scene, text="the cat")


def test_what_is_typed_with_a_backslash_is_a_line_end(stage):
    async def scene(here):
        await here.press(*"a", "backslash", *"n", *"b")
        assert here.play.text == "a\nb"
        await here.press("down", "enter")
        assert here.app.query_one("#text", Input).value.startswith("a\\nb")
        assert isinstance(here.app.focused, PickList)

    stage(scene)


def test_what_would_steer_a_terminal_or_be_markup_stands_as_it_is(stage):
    async def scene(here):
        assert "[red]a[/]<1B>[31m<E2>" in here.text
        assert not {"\x1b", "\u202e"} & set(here.text)
        assert here.play.text == "[red]a[/]\x1b[31m\u202e"

    stage(scene, text="[red]a[/]\x1b[31m\u202e")


def test_the_chosen_row_stands_out_at_once(stage):
    def reversed_row(here):
        """The lines whose left end is reversed: at their right the tree has a mark of its own."""
        lefts = [next(iter(strip)).style for strip in here.app.screen._compositor.render_strips()]
        return [number for number, style in enumerate(lefts) if number and style is not None and style.reverse]

    async def scene(here):
        here.app._next.jumping = False
        (first,) = reversed_row(here)
        for key, place in (("down", 1), ("down", 2), ("up", 1)):
            await here.press(key)
            assert reversed_row(here) == [first + place]

    stage(scene, text="the cat")


def test_keys_that_come_in_one_burst_with_enter_are_no_letters(stage):
    """A slow line hands over what was typed in the last second at once."""

    async def scene(here):
        for key in ("enter", "down", "s", "x"):
            here.app.post_message(events.Key(key, key if len(key) == 1 else None))
        await here.until(lambda: here.play.branches.at.depth == 1)
        assert "x" not in here.app.query_one("#text", Input).value.removeprefix("the cat")
        assert isinstance(here.app.focused, PickList)

    async def typed(here):
        await here.press(*"the cat")
        await scene(here)

    stage(typed)
