"""The picture of layers: a line of the records for each tracked token, and a bar for each layer's likeliest."""

import math

import pytest
import vega

from llmlab.lab.inside.layers import layers
from llmlab.lab.prompt import read


def found(lm, text, tracked=()):
    return layers(lm, read(lm, text, raw=True), 3, tracked)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("tracked", [(), (7,), (7, 300, 40)])
def test_the_lines_are_the_records(lm, tracked, theme):
    result = found(lm, "The cat", tracked)
    chart = vega.check(result, theme)
    vega.same_as_records(vega.rows(chart, "probability"), result.records())


def test_a_bar_a_layer_is_its_likeliest_token(lm):
    result = found(lm, "今天天气")
    bars = vega.rows(vega.check(result), "likelihood")
    assert [bar["layer"] for bar in bars] == [0, 1, 2]
    assert [bar["likelihood"] for bar in bars] == [math.exp(layer.likeliest[0][1]) for layer in result.layers]
    said = vega.drawn(result)
    assert any("projection" in text for text in said)
    assert "P of each layer's likeliest token" in said
