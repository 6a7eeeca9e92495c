"""The reliability diagram and the decades: what is drawn is what the records say."""

import pytest
import vega

from llmlab.lab.probability.calibration import calibration

TEXT = "the cat sat on the mat. 今天天气很好。" * 9


@pytest.fixture(scope="module", params=[3, 60])
def found(request, lm):
    return calibration(lm, "<script>.txt", [TEXT], bins=request.param)


def test_points_and_lines_are_the_bins_and_the_diagonal_goes_from_corner_to_corner(found):
    chart = vega.check(found, "dark")
    bins = [one for one in found.records() if one["of"] == "likeliest"]
    points = vega.rows(chart, "mean_probability", "low")
    vega.same_as_records(points[: len(bins)], bins)
    assert points[len(bins) :] == points[: len(bins)]  # the lines, and the points on them
    ends = [row for row in vega.rows(chart, "mean_probability", "share") if len(row) == 2]
    assert ends == [{"mean_probability": end, "share": end} for end in (0, 1)]
    (rule,) = [part for part in vega.parts(chart) if part.get("mark", {}) and part["mark"].get("type") == "rule"]
    assert (rule["encoding"]["y"]["field"], rule["encoding"]["y2"]["field"]) == ("low", "high")


def test_two_bars_a_decade_are_what_was_expected_and_what_was_seen(found):
    rows = vega.rows(vega.check(found), "counted")
    decades = [one for one in found.records() if one["of"] == "all"]
    assert [row["count"] for row in rows] == [one[kind] for one in decades for kind in ("expected", "seen")]
    said = set(vega.drawn(found))
    assert {"0.1 to 1", "1e-4 to 0.001", "below 1e-7", "seen", "expected: the sum of P", "0.1", "100"} <= said
    assert "<script>.txt: the likeliest token" in said
    assert found.views()[0].conclusion in " ".join(vega.drawn(found))
