"""The second half of the screen, played by its keys."""

import json
import re

import pytest
from textual.widgets import Input

from llmlab.explore import walk
from llmlab.explore.widgets import PickList


def rows(text):
    """Word and score of each row on the screen."""
    return re.findall(r"^\s*\d+ (\S+)\s+(-?\d+\.\d{4})", text, re.MULTILINE)


def test_a_word_that_is_typed_has_its_neighbours_a_map_and_the_share_of_it(stage, shelf):
    async def scene(here):
        await here.press("2", *"cat")
        found = walk.around(shelf, here.app.half.walk)
        assert rows(here.text) == [(one.word, f"{one.score:.4f}") for one in found.found.neighbors]
        assert "cosine = a·b / (|a| |b|), higher is nearer" in here.text
        assert f"{sum(found.shares):.0%} of the variance" in " ".join(here.text.split())
        assert "◆" in here.text

    stage(scene, text="x", size=(120, 40))


def test_a_word_is_walked_to_and_back(stage):
    async def scene(here):
        first = rows(here.text)[1][0]
        await here.press("down", "enter")
        assert here.app.half.walk.path == ("cat", first)
        assert f"cat › {first}" in here.text
        assert here.app.query_one("#word", Input).value == first
        await here.press("enter", "backspace", "backspace")
        assert here.app.half.walk.path == ("cat",)
        await here.press("backspace")
        assert "began here" in here.app.said

    stage(scene, word="cat")


def test_metric_and_space_are_changed_by_keys(stage, shelf):
    async def scene(here):
        await here.press("down")
        for metric in ("l2", "l1", "dot", "cosine"):
            await here.press("m")
            assert here.app.half.walk.metric == metric
            assert f" · {metric} =" in here.text
        await here.press("n")
        assert "no other space" in here.app.said

    stage(scene, word="cat")


def test_another_space_is_asked_for_the_same_word(stage, shelf, tmp_path):
    from llmlab.spaces.reading import Reading

    path = tmp_path / "two.csv"
    path.write_text("word,a,b\ncat,1,2\nbus,2,1\n", encoding="utf-8")
    shelf.from_file(Reading.of(str(path)), "two")

    async def scene(here):
        await here.press("down", "n")
        assert here.app.half.walk.space == "two"
        assert rows(here.text) == [("bus", "0.8000")]

    stage(scene, word="cat")


def test_two_words_are_marked_and_what_makes_them_near_is_shown(stage):
    async def scene(here):
        await here.press("down", "x")
        first = here.app.half.word
        assert f"{first} is marked" in here.app.said
        await here.press("x")
        assert "no longer" in here.app.said
        await here.press("x", "down", "x")
        assert here.app.half.why.pair.labels == (first, here.app.half.word)
        assert "legs" in here.text
        await here.press("backspace")
        assert here.app.half.why is None
        assert here.app.half.walk.path == ("cat",)

    stage(scene, word="cat", size=(120, 40))


def test_a_word_that_is_not_there_is_one_line(stage):
    async def scene(here):
        await here.press("ctrl+t", *"catt")
        assert "catt is not in the vocabulary" in here.app.said
        assert rows(here.text) == []
        await here.press("enter")
        assert "has no word 'catt'; close spellings: cat" in here.app.said
        await here.press("down", "enter", "x")
        assert here.app.said == "no word yet"

    stage(scene)


def test_a_sum_of_words_is_asked_with_enter(stage):
    async def scene(here):
        await here.press("ctrl+t", *"car - bus + cat", "enter")
        assert rows(here.text)
        assert here.app.half.around.words[:4] == ("car - bus + cat", "car", "bus", "cat")

    stage(scene)


@pytest.mark.parametrize("why", [False, True])
def test_the_picture_is_saved_under_a_name_that_is_free(stage, tmp_path, monkeypatch, why):
    monkeypatch.setattr("llmlab.render.plot.find_spec", lambda name: None)  # no library draws: Vega-Lite itself
    verb = "why" if why else "neighbors"

    async def scene(here):
        await here.press("down", *(["x", "down", "x"] if why else []))
        for name in (f"llmlab-{verb}.vl.json", f"llmlab-{verb}-2.vl.json"):
            await here.press("p")
            assert here.app.said.endswith(name)
            spec = json.loads((tmp_path / name).read_text(encoding="utf-8"))
            assert spec["$schema"].startswith("https://vega.github.io/schema/vega-lite")

    stage(scene, word="cat")


def test_a_row_pointed_at_in_a_longer_list_is_the_last_of_a_shorter_one(stage):
    async def scene(here):
        count = len(here.app.half.around.found.neighbors)
        here.app.half.point(PickList.Pointed(count + 3, False))
        assert here.app.half.word == here.app.half.around.found.neighbors[-1].word
        here.app.half.around = None
        here.app.half.point(PickList.Pointed(count - 1, True))
        assert here.app.half.chosen == 0

    stage(scene, word="cat")
