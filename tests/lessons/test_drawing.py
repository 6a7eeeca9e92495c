"""The picture of a slide is as large as it gets, and its charts keep their labels."""

import re

import pytest

from llmlab.lessons.drawing import HEIGHT, WIDTH, drawing
from llmlab.render import plot
from llmlab.view import Column, View

LINE = {"mark": "line", "width": 600, "height": 110, "data": {"values": [{"a": 1, "b": 1}, {"a": 2, "b": 3}]}}


def chart(**axis):
    x = {"field": "a", "type": "quantitative", "title": None, "axis": {"values": [1, 2], **axis}}
    return {**LINE, "encoding": {"x": x, "y": {"field": "b", "type": "quantitative", "axis": None}}}


class Charts:
    """A result of so many charts below each other, of which the last alone has labels."""

    def __init__(self, count):
        self.charts = [chart(labels=False, ticks=False) for _ in range(count - 1)] + [chart()]

    def views(self):
        return [View("what is asked ...", (Column("a"),), (), (), "what is found")]

    def chart(self):
        return {"title": "what is found", "vconcat": self.charts}


def size(svg):
    width, height = map(float, re.search(r'width="([\d.]+)" height="([\d.]+)"', svg).groups())
    return width, height


@pytest.mark.parametrize(("count", "columns"), [(1, 1), (2, 1), (4, 2), (6, 2)])
def test_charts_stand_in_two_columns_where_that_is_larger(count, columns):
    width, height = size(drawing(Charts(count)).svg)
    assert (width > 1200) == (columns == 2)
    assert (width < 700) == (columns == 1)
    below = size(plot.svg({**plot.specification(Charts(count)), "title": ""}))
    assert min(WIDTH / width, HEIGHT / height) >= min(WIDTH / below[0], HEIGHT / below[1])


def test_each_chart_has_its_labels_where_none_stands_below_it():
    svg = drawing(Charts(4)).svg
    assert len(re.findall(r">2(\.0)?</text>", svg)) == 4


def test_the_title_is_told_and_not_drawn():
    drawn = drawing(Charts(1))
    assert drawn.said == "what is asked ... — what is found"
    assert "what is found" not in drawn.svg
