"""The pictures of space eval: the shares of right answers with their intervals."""

import pytest
import vega
from lab_vectors import HOSTILE, TEST, check_harmless
from scipy import stats

from llmlab.lab.vectors.judgements import ANALOGIES
from llmlab.lab.vectors.sections import Section, SectionScores


def scores(*sections):
    return SectionScores(TEST, ANALOGIES, sections)


@pytest.mark.parametrize("count", [1, 3, 60])
def test_a_bar_a_section_and_one_of_all_with_wilson_s_intervals(count):
    found = scores(*(Section(f"s{place}", 30, 20, place % 21) for place in range(count)))
    spec = vega.check(found)
    rows = vega.rows(spec, "section")
    vega.same_as_records(rows, found.records())
    for row in rows:
        low, high = stats.binomtest(row["right"], row["known"]).proportion_ci(method="wilson")
        assert (row["low"], row["high"]) == pytest.approx((low, high))
    assert [row["section"] for row in rows if row["whole"]] == ["total"]
    assert {"right / known", "100%", f"{found.total.right} of {20 * count:,}"} <= set(vega.drawn(found))


def test_a_section_of_which_nothing_is_known_has_no_bar():
    found = scores(Section("known", 4, 3, 1), Section("unknown", 9, 0, 0))
    assert [row["section"] for row in vega.rows(vega.check(found), "section")] == ["known", "total"]


def test_hostile_names_of_sections_are_drawn_as_text():
    check_harmless(scores(*(Section(name, 4, 3, 1) for name in HOSTILE)))
