"""The pictures of pairs and of choose FILE: right answers by group, with Wilson's intervals."""

import math

import pytest
import vega

from llmlab.lab.probability.pairs import Pair, judge
from llmlab.lab.probability.quiz import Item, answer

Z = 1.959963984540054


def wilson(right, trials):
    """https://en.wikipedia.org/wiki/Binomial_proportion_confidence_interval#Wilson_score_interval, solved as p +- z."""
    p, n = right / trials, trials
    centre = (right + Z * Z / 2) / (n + Z * Z)
    half = Z / (n + Z * Z) * math.sqrt(right * (n - right) / n + Z * Z / 4)
    assert 0 <= p <= 1
    return max(centre - half, 0.0), min(centre + half, 1.0)


def several(groups):
    return [Pair(f"The cat {i}", f"cat The {i}", f"{groups[i % len(groups)]}") for i in range(2 * len(groups))]


@pytest.mark.parametrize("groups", [["a", "语法", "<script>"], [f"g{i:02}" for i in range(60)]])
def test_the_groups_of_pairs_are_those_of_the_document_with_their_intervals(lm, groups):
    found = judge(lm, several(groups))
    rows = vega.rows(vega.check(found), "share")
    expected = found.document()["groups"]
    if len(expected) > 60:
        expected = [*expected[:59], expected[-1]]
    vega.same_as_records(rows, expected)
    for row in rows:
        assert (row["low"], row["high"]) == pytest.approx(wilson(row["right"], row["trials"]))
    said = vega.drawn(found)
    assert {"all", "pairs whose good sentence is the likelier", f"{rows[-1]['share']:.1%} of {len(groups) * 2}"} <= set(
        said
    )
    assert ("the first 59 of 60 groups, and all" in said) == (len(groups) == 60)


def test_a_line_of_each_group_reaches_from_its_low_to_its_high_end(lm):
    chart = judge(lm, several(["a", "b"])).chart()
    (rule,) = [part for part in vega.parts(chart) if part.get("mark", {}).get("type") == "rule"]
    assert (rule["encoding"]["x"]["field"], rule["encoding"]["x2"]["field"]) == ("low", "high")
    assert rule["encoding"]["x"]["scale"]["domain"] == [0, 1]


def test_the_three_scores_of_a_quiz_stand_below_each_other_in_each_group(lm):
    items = [Item("The", "cat", others=("zzz", "a mat sat"), group=group) for group in ("a", "b", "a")]
    found = answer(lm, items)
    rows = vega.rows(vega.check(found, "dark"), "share")
    vega.same_as_records(rows, found.document()["groups"])
    assert [row["rank"] for row in rows] == [0, 0, 0, 1, 1, 1, 2, 2, 2]
    assert [row["by"] for row in rows[:3]] == ["sum", "per_character", "per_token"]
    said = vega.drawn(found)
    assert {"the sum", "mean a character", "mean a token", "a", "b", "all"} <= set(said)
    assert said.count("all") == 1
