"""The pictures of space eval: the shares of right answers with their intervals."""

import numpy as np
import pytest
import vega
from lab_spaces import make
from lab_vectors import HOSTILE, TEST, check_harmless
from scipy import stats

from llmlab.lab.vectors import evaluate
from llmlab.lab.vectors.charts.evaluate import NAMED
from llmlab.lab.vectors.judgements import ANALOGIES, WordPair
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


def judged(folder, count, words=None):
    words = words or [f"{'词' if row % 2 else 'w'}{row}" for row in range(40)]
    rng = np.random.default_rng(count)
    space = make(folder, rng.normal(size=(len(words), 5)), list(words))
    pairs = [(a, b) for a in range(len(words)) for b in range(a)][:count]
    people = np.round(rng.uniform(0, 10, len(pairs)), 1)
    return evaluate.similarity(
        space, [WordPair(words[a], words[b], s) for (a, b), s in zip(pairs, people, strict=True)]
    )


@pytest.mark.parametrize("count", [3, 60, 400])
def test_people_s_scores_and_cosines_are_a_point_a_pair(tmp_path, count):
    found = judged(tmp_path, count)
    spec = vega.check(found, "dark")
    rows = vega.rows(spec, "cosine")
    vega.same_as_records(rows, found.document()["judged"])
    people, cosines = [row["score"] for row in rows], [row["cosine"] for row in rows]
    assert f"Spearman's correlation {stats.spearmanr(people, cosines).statistic:z.4f}" in " ".join(vega.drawn(found))
    (left, right), (low, high) = (spec["vconcat"][0]["layer"][0]["encoding"][axis]["scale"]["domain"] for axis in "xy")
    assert all(left < row["score"] < right and low < row["cosine"] < high for row in rows)


def test_pairs_with_a_label_are_those_that_people_order_otherwise(tmp_path):
    rows = vega.rows(vega.check(judged(tmp_path, 400)), "cosine")
    apart = np.abs(stats.rankdata([row["score"] for row in rows]) - stats.rankdata([row["cosine"] for row in rows]))
    named = [distance for row, distance in zip(rows, apart, strict=True) if "label_x" in row]
    assert 10 < len(named) <= NAMED
    assert min(named) >= np.sort(apart)[-NAMED]


def test_scores_that_are_all_alike_still_have_a_picture(tmp_path):
    space = make(tmp_path, np.eye(3))
    found = evaluate.similarity(space, [WordPair("w0", "w1", 5), WordPair("w0", "w2", 5)])
    assert len(vega.rows(vega.check(found), "cosine")) == 2
    assert "no order to compare" in " ".join(vega.drawn(found))


def test_hostile_pairs_are_drawn_as_text(tmp_path):
    words = [word for word in HOSTILE if "\n" not in word]
    found = judged(tmp_path, 3, words)
    check_harmless(found, [", ".join(pair) for pair in ((words[1], words[0]), (words[2], words[0]))])
