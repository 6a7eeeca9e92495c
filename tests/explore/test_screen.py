"""The screen as a whole: its halves, what it copies, how it fits, how it is left."""

import asyncio
import shlex
from threading import Event, Thread

import pytest
from rich.cells import cell_len

from llmlab.errors import LabError
from llmlab.explore.widgets import Line, PickList

SIZES = [(80, 24), (120, 40), (40, 12), (200, 60), (12, 4)]


async def nothing(here):
    pass


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    "given", [{}, {"text": "今天天气 the cat \U0001f600"}, {"word": "猫"}], ids=["bare", "text", "word"]
)
def test_every_size_has_a_screen_whose_lines_are_as_wide_as_it(stage, size, given):
    async def scene(here):
        await here.press("down", "x", "ctrl+t", "down", "enter", "ctrl+t")
        lines = here.text.split("\n")
        assert len(lines) == size[1]
        assert {cell_len(line) for line in lines} == {size[0]}

    stage(scene, size=size, **given)


def test_a_screen_of_80_by_24_has_all_rows_and_all_keys(stage):
    async def scene(here):
        assert "all others" in here.text
        assert "tried" in here.text
        assert "q quit" in here.text
        assert "2 words" in here.text

    stage(scene, text="the cat")


def test_without_colours_the_text_is_shaded_by_blocks(stage, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")

    async def scene(here):
        assert "▄" in here.text or "█" in here.text.split("\n")[3]
        strips = here.app.screen._compositor.render_strips()
        colours = {segment.style.bgcolor for strip in strips for segment in strip if segment.style}
        assert all(one is None or one.is_default for one in colours), colours

    stage(scene, text="the cat")


def test_the_halves_are_changed_by_keys_and_keep_what_they_show(stage):
    async def scene(here):
        await here.press("enter", "2")
        assert here.app.half.id == "words"
        assert isinstance(here.app.focused, Line)  # nothing to choose from yet
        await here.press(*"cat", "enter", "1")
        assert here.app.half.id == "next"
        assert here.play.branches.at.depth == 1
        assert isinstance(here.app.focused, PickList)
        await here.press("ctrl+t")
        assert here.app.half.walk.word == "cat"

    stage(scene, text="the cat")


def test_single_keys_are_letters_where_one_types(stage):
    async def scene(here):
        await here.press(*"spcqg12bx +-=")
        assert here.play.text == "spcqg12bx +-="
        assert here.app.is_running

    stage(scene)


def test_the_command_is_copied_and_shown(stage):
    async def scene(here):
        await here.press("plus", "c")
        line = here.app.clipboard
        assert here.app.said == f"copied: {line}"
        assert shlex.split(line)[:5] == ["llmlab", "next", "the cat", "--by", "token"]
        assert shlex.split(line)[-4:] == ["-t", "1.1", "--model", here.play.side.name]
        await here.press("2", *"cat", "down", "c")
        assert here.app.clipboard == "llmlab neighbors cat --space animals --metric cosine -k 17"
        await here.press("x", "down", "x", "c")
        assert here.app.clipboard == "llmlab why '猫' dog --space animals --metric cosine"

    stage(scene, text="the cat")


@pytest.mark.parametrize("key", ["c", "p"])
def test_before_anything_is_shown_there_is_nothing_to_copy_or_save(stage, tmp_path, key):
    async def scene(here):
        await here.press("down", key)
        assert here.app.said == "nothing to show yet"
        await here.press("ctrl+t", "down", key)
        assert here.app.said == "nothing to show yet"

    stage(scene)
    assert not list(tmp_path.glob("llmlab-*"))


@pytest.mark.parametrize(("key", "code"), [("ctrl+c", 130), ("ctrl+q", 0), ("q", 0)])
def test_it_is_left_by_keys(stage, key, code):
    async def scene(here):
        await here.press("down", key)
        assert not here.app.is_running

    assert stage(scene, text="the cat") == code


def test_what_opens_says_on_the_screen_how_far_it_is(stage):
    async def scene(here):
        def long():
            with here.app.desk.voice.progress("building") as update:
                update(1, 4)
                return here.app.said

        assert await here.app.compute(long) == "building 25%"

    stage(scene)


def test_what_goes_wrong_is_one_line(stage):
    def wrong():
        raise LabError("it is\nbroken\x1b[31m", "mend it")

    def worse():
        raise ZeroDivisionError("of ours")

    async def scene(here):
        assert await here.app.compute(wrong) is None
        assert here.app.said == "it is broken<1B>[31m; mend it"
        assert await here.app.compute(worse) is None
        assert "this is a bug" in here.app.said

    stage(scene)


def test_only_the_newest_text_is_waited_for(stage, monkeypatch):
    """While one text is read, others are typed: all but the last are left out."""
    read, free = [], Event()

    async def scene(here):
        reader = here.play.side.reader
        own = reader.read
        monkeypatch.setattr(reader, "read", lambda tokens: read.append(tokens.text) or own(tokens))
        busy = asyncio.create_task(here.app.lane.do(free.wait))
        for key in "the cat":
            await here.pilot.press("space" if key == " " else key)
        assert here.play.text == "the cat"
        assert not here.play.is_read
        free.set()
        assert await busy
        await here.settle()
        assert here.play.is_read
        assert read == ["the cat"]

    stage(scene)


def test_long_work_that_fails_leaves_nothing_behind_on_its_line(stage):
    async def scene(here):
        with pytest.raises(ZeroDivisionError):
            fail(here.app)
        assert here.app.said == ""

    def fail(app):
        with app.progress("building"):
            assert app.said == "building ..."
            raise ZeroDivisionError

    stage(scene)


def test_what_computes_on_while_the_screen_is_left_may_still_speak(stage):
    left, told = [], Event()

    async def scene(here):
        left.append(here.app)
        await here.press("down", "q")
        here.app.say("in its own thread")
        Thread(target=speak).start()
        await asyncio.to_thread(told.wait, 5)

    def speak():
        left[0].say("in another")
        told.set()

    assert stage(scene, text="the cat") == 0
    assert told.is_set()
    told.clear()
    later = Thread(target=speak)  # the loop is closed
    later.start()
    later.join()
    assert told.is_set()
