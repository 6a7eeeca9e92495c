"""The picture of why: a bar a dimension, and one of all others, which together are the score."""

import json
import re

import numpy as np
import pytest
import vega
import vl_convert
from lab_vectors import HOSTILE, check_harmless, embeddings

from llmlab.lab.vectors.charts.why import MOST
from llmlab.lab.vectors.why import explain
from llmlab.render import plot


@pytest.mark.parametrize("metric", ["cosine", "l2", "l1", "dot"])
@pytest.mark.parametrize("dimension", [3, MOST + 1, MOST + 2, 384])
def test_the_bars_are_the_records_and_sum_to_the_score(metric, dimension):
    found = explain(embeddings(["a", "b"], dimension).by(metric))
    spec = vega.check(found)
    rows = vega.rows(spec, "part")
    own = vega.rows(spec, "dimension")
    vega.same_as_records(own, found.records()[: len(own)])
    a, b = found.pair.vectors.astype(np.float64)
    whole = {
        "cosine": a @ b / np.sqrt(a @ a * (b @ b)),
        "l2": (a - b) @ (a - b),
        "l1": abs(a - b).sum(),
        "dot": a @ b,
    }
    assert sum(row["part"] for row in rows) == pytest.approx(whole[metric])
    assert len(rows) == min(dimension, MOST + 1)
    if dimension > MOST + 1:
        assert (rows[-1]["shown"], rows[-1]["rest"]) == (f"the other {dimension - MOST} dimensions", True)
    assert {f"{row['part']:+z.4f}" for row in rows} <= set(vega.drawn(found))


def test_what_a_table_says_itself_is_told_beside_the_standardised_numbers():
    pair = embeddings(
        ["小明", "小陈"], 2, dimensions=("身高", "性别=男"), raw=np.array([[175, 1], [168, 0]], np.float32)
    )
    spec = vega.check(explain(pair))
    raws = {row["dimension"]: (row["raw_a"], row["raw_b"]) for row in vega.rows(spec, "raw_a")}
    assert raws == {"身高": (175, 168), "性别=男": (1, 0)}
    titles = [one["title"] for one in spec["vconcat"][0]["layer"][0]["encoding"]["tooltip"]]
    assert titles == ["dimension", "value of the first", "of the second", "z of the first", "z of the second", "part"]
    assert {"身高", "性别=男"} <= set(vega.drawn(explain(pair)))


def test_hostile_names_of_columns_are_drawn_as_text():
    pair = embeddings(["<b>", "datum.x"], len(HOSTILE), dimensions=HOSTILE)
    spec = check_harmless(explain(pair))
    assert {row["dimension"] for row in vega.rows(spec, "dimension")} == set(HOSTILE)


@pytest.mark.parametrize("words", [("a\\", "b"), ('a\\"', "b"), ("part", "rank"), ("same", "same"), ("datum.x", "'q'")])
def test_words_are_never_part_of_an_expression(words):
    found, plain = (explain(embeddings(pair), []) for pair in (words, ("one", "other")))
    signals, expected = (expressions(vega.check(result)) for result in (found, plain))
    assert signals == expected
    assert len(signals) > 3


def expressions(spec):
    """Whatever Vega evaluates of a picture."""
    compiled = json.dumps(vl_convert.vegalite_to_vega(spec, vl_version=plot.VEGA_LITE))
    return sorted(re.findall(r'"(?:signal|test|expr|update)": "((?:[^"\\]|\\.)*)"', compiled))
