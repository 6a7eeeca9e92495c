"""What stands beside the screen: the lane, the names of pictures, the desk, the line to the terminal."""

import asyncio
from threading import Event
from types import SimpleNamespace

import pytest

from llmlab.errors import MisuseError
from llmlab.explore.desk import INSTRUCT, Desk, Voice
from llmlab.explore.lane import Lane
from llmlab.explore.pictures import free, saved
from llmlab.explore.walk import Walk, at_home


def test_a_lane_answers_one_question_after_the_other_and_hands_on_what_is_raised():
    async def scene():
        lane, seen = Lane(), []
        answers = await asyncio.gather(*(lane.do(lambda n=n: seen.append(n) or n) for n in range(5)))
        assert answers == seen == [0, 1, 2, 3, 4]
        with pytest.raises(MisuseError, match="no"):
            await lane.do(refuse)
        assert await lane.do(lambda: 1) == 1

    def refuse():
        raise MisuseError("no")

    asyncio.run(scene())


def test_a_question_that_nobody_waits_for_any_more_is_left_out():
    async def scene():
        lane, free, seen = Lane(), Event(), []
        busy = asyncio.create_task(lane.do(free.wait))
        late = asyncio.create_task(lane.do(lambda: seen.append("late")))
        await asyncio.sleep(0)
        late.cancel()
        await asyncio.sleep(0)
        free.set()
        await busy
        await lane.do(lambda: seen.append("last"))
        assert seen == ["last"]

    asyncio.run(scene())


def test_a_picture_overwrites_nothing(tmp_path):
    for name in ("llmlab-next.png", "llmlab-next-2.png", "llmlab-next-3.png"):
        path = free(tmp_path, "llmlab-next", ".png")
        assert path.name == name
        path.touch()
    assert free(tmp_path, "llmlab-next", ".vl.json").name == "llmlab-next.vl.json"


@pytest.fixture
def desk(shelf):
    return lambda model: Desk(shelf, Voice(shelf.reporter), model, Walk("minilm"), 0, engine=("--engine", "torch"))


def test_a_base_model_is_compared_with_the_instruct_model_and_that_with_it(desk):
    assert desk("gemma-3-270m").other("gemma-3-270m") == INSTRUCT
    assert desk("mine").other(INSTRUCT) == "mine"
    assert desk(INSTRUCT).other(INSTRUCT) == "gemma-3-270m"


def test_the_settings_own_model_is_not_named_in_a_command(desk):
    assert desk("gemma-3-270m").options("gemma-3-270m") == ("--engine", "torch")
    assert desk("gemma-3-270m").options("mine") == ("--model", "mine", "--engine", "torch")


def test_a_word_goes_to_the_space_of_its_language_unless_one_was_chosen(config):
    assert at_home(Walk("minilm", path=("爱",)), config).space == "bilingual"
    assert at_home(Walk("bilingual", path=("love",)), config).space == "minilm"
    assert at_home(Walk("minilm", path=("爱",), chosen=True), config).space == "minilm"


def test_the_voice_speaks_where_it_is_turned_to(ear):
    first, second = [], SimpleNamespace(say=lambda message: ear.say(f"screen: {message}"))
    voice = Voice(SimpleNamespace(say=first.append))
    voice.say("one")
    voice.to = second
    voice.say("two")
    assert (first, ear.heard) == (["one"], ["screen: two"])


@pytest.mark.parametrize("missing", ["vl_convert", "PIL", "fontTools"])
def test_a_picture_is_its_data_where_any_of_what_draws_it_is_not_there(tmp_path, monkeypatch, missing):
    monkeypatch.setattr("llmlab.render.plot.find_spec", lambda name: None if name == missing else name)
    path = saved(SimpleNamespace(chart=lambda: {"mark": "bar"}), "next", tmp_path)
    assert path.name == "llmlab-next.vl.json"
    assert '"bar"' in path.read_text(encoding="utf-8")
