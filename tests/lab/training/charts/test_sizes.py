"""The picture of train ngram --sizes: curves of what the records say."""

import pytest
import vega

from llmlab.lab.training.charts.sizes import MOST
from llmlab.lab.training.sizes import train_sizes

HOSTILE = '<img src=x onerror=alert(1)>","signal":"datum'
LINES = [f"word{place % 7} 今天{place} likes word{place % 11}" for place in range(120)]


def of(groups, sizes=(10, 30, 80)):
    """Sizes whose every second pair is right."""
    marks = [(group, (place + turn) % 2 == 0) for place, group in enumerate(groups) for turn in range(3)]
    return train_sizes(LINES, list(sizes), (lambda _: marks) if groups else None, "grown", "a <text>")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_points_are_those_of_the_records(theme):
    found = of(["agreement", "量词", HOSTILE])
    chart, records = vega.check(found, theme), found.records()
    vega.same_as_records(vega.rows(chart, "bits_per_character"), [one for one in records if one["group"] == "all"])
    shares = vega.rows(chart, "share")
    vega.same_as_records(shares[:3], [one for one in records if one["group"] == "all"])
    for row in shares:
        (own,) = [one for one in records if (one["sentences"], one["group"]) == (row["sentences"], row["shown"])]
        assert (row["share"], row["share_low"], row["share_high"]) == (own["share"], own["low"], own["high"])
    texts = vega.drawn(found, theme)
    assert {"agreement", "量词", HOSTILE, "bits a character", "pairs right", "10", "30", "80"} <= set(texts)


def test_without_pairs_there_is_one_curve():
    chart = vega.check(of([]))
    assert not vega.rows(chart, "share")
    assert len(vega.rows(chart, "bits_per_character")) == 3


def test_one_size_is_a_point():
    assert len(vega.rows(vega.check(of(["a"], [50])), "bits_per_character")) == 1


def test_of_many_groups_the_first_have_a_panel_and_it_is_said():
    found = of([f"group {place}" for place in range(30)])
    shown = {row["shown"] for row in vega.rows(vega.check(found), "share")} - {"all"}
    assert shown == {f"group {place}" for place in range(MOST)}
    assert any(f"the first {MOST} of 30 groups of pairs" in line for line in vega.drawn(found))
