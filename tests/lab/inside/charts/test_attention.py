"""The picture of attention: a cell a record, the tokens above their columns."""

import pytest
import vega

from llmlab.lab.inside.attention import attention
from llmlab.lab.inside.charts.attention import MOST
from llmlab.lab.prompt import read


def found(lm, text, layer=None):
    return attention(lm, read(lm, text, raw=True), layer)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("layer", [None, 1])
@pytest.mark.parametrize("text", ["The cat sat", "今天天气很好", "<script>'a' ${x} datum.x\n\u202eevil"])
def test_the_cells_are_the_records_and_each_token_stands_above(lm, text, layer, theme):
    result = found(lm, text, layer)
    vega.same_as_records(vega.rows(vega.check(result, theme), "weight"), result.records())
    drawn = vega.drawn(result, theme)
    assert all(name in drawn for name in result.shown)
    assert any("not an explanation" in line for line in drawn)


def test_of_a_long_text_the_first_token_and_the_last_are_drawn(lm):
    result = found(lm, "the cat and the dog " * 15)
    rows = vega.rows(vega.check(result), "weight")
    count = len(result.pieces)
    assert count > MOST
    assert sorted({row["position"] for row in rows}) == [0, *range(count - MOST + 1, count)]
    kept = [one for one in result.records() if one["position"] in {row["position"] for row in rows}]
    vega.same_as_records(rows, kept)
    assert f"the first token and the last {MOST - 1} are drawn; {count - MOST:,} between them are not" in vega.drawn(
        result
    )
