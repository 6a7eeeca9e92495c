"""The picture of tree: every box is a record, stands inside its parent's rows, and its bar is its probability."""

import math
from itertools import pairwise

import pytest
import vega

from llmlab.lab.prompt import read
from llmlab.lab.temperature.drawn import Plan
from llmlab.lab.temperature.tree import grow


def grown(lm, depth=3, branch=3, temperature=1.0, text="The cat", **more):
    return grow(lm, read(lm, text, raw=True), depth, branch, Plan((temperature,), seed=None, **more))


@pytest.mark.parametrize(("depth", "branch"), [(1, 1), (3, 3), (2, 8), (1, 60), (9, 1)])
def test_boxes_are_the_records(lm, depth, branch):
    found = grown(lm, depth, branch)
    vega.same_as_records(vega.rows(vega.check(found), "path_probability"), found.records())


def test_a_bar_is_as_long_as_its_token_is_likely(lm):
    for row in vega.rows(grown(lm, temperature=0.7).chart(), "reach"):
        assert (row["reach"] - row["left"]) / (row["right"] - row["left"]) == pytest.approx(row["probability"])
        assert row["left"] == row["depth"] - 1


def test_a_path_is_as_likely_as_its_tokens_together(lm):
    found = grown(lm)
    rows = dict(zip([node.place for node in found.nodes], vega.rows(found.chart(), "reach"), strict=True))
    for place, row in rows.items():
        own = [rows[place[:level]]["probability"] for level in range(1, len(place) + 1)]
        assert row["path_probability"] == pytest.approx(math.prod(own))


def test_children_share_the_rows_of_their_parent_and_no_two_boxes_meet(lm):
    found = grown(lm, 3, 3)
    rows = dict(zip([node.place for node in found.nodes], vega.rows(found.chart(), "reach"), strict=True))
    for place, row in rows.items():
        if place[:-1] in rows:
            assert rows[place[:-1]]["top"] <= row["top"] < row["bottom"] <= rows[place[:-1]]["bottom"]
    for depth in (1, 2, 3):
        level = [row for row in rows.values() if row["depth"] == depth]
        assert all(above["bottom"] < below["top"] for above, below in pairwise(level))
    assert [round(row["top"]) for row in level] == list(range(27))


def test_likelier_siblings_stand_above(lm):
    found = grown(lm)
    rows = dict(zip([node.place for node in found.nodes], vega.rows(found.chart(), "reach"), strict=True))
    for place, row in rows.items():
        after = rows.get((*place[:-1], place[-1] + 1))
        assert after is None or (after["probability"] <= row["probability"] and after["top"] > row["bottom"])


def test_every_token_of_the_usual_tree_has_its_label_and_its_figure(lm):
    found = grown(lm)
    drawn, rows = vega.drawn(found), vega.rows(found.chart(), "reach")
    assert len(rows) == 39
    assert {row["shown"] for row in rows} | {row["figure"] for row in rows} <= set(drawn)
    assert {"token 1", "token 2", "token 3"} <= set(drawn)


def test_a_tree_of_many_paths_stays_a_picture_and_names_what_has_room(lm):
    found = grown(lm, 9, 2)
    (boxes,) = [part for part in vega.parts(vega.check(found, "dark")) if "layer" in part]
    assert boxes["height"] <= 2200
    shown = {row["depth"] for row in vega.rows(found.chart(), "reach") if row["paths"] * boxes["height"] / 512 >= 14}
    assert shown == {1, 2, 3, 4, 5, 6, 7}
    assert len(vega.drawn(found)) < 2 * 2**8 + 20


def test_a_hostile_prompt_stays_text(lm):
    assert "</script><b> <202E> ..." in vega.drawn(grown(lm, text="</script><b> \u202e"))
