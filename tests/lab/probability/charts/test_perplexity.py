"""The picture of perplexity: bits along the text, their moving mean, and that memory stays bounded."""

import math

import numpy as np
import pytest
import vega

from llmlab.lab.probability.perplexity import measure
from llmlab.lab.probability.prob import ledger
from llmlab.lab.probability.profile import Profiler

TEXT = "the cat sat on the mat. 今天天气很好。"


def of(lm, text, **cut):
    return measure(lm, "<script>.txt", [text], len(text.encode()), **cut)


def profiled(values, most):
    profiler = Profiler(most)
    for start in range(0, len(values), 7):
        profiler.add(np.array(values[start : start + 7]))
    return profiler.profile()


@pytest.mark.parametrize("text", [TEXT, "T", TEXT * 12])
def test_the_points_are_the_tokens_of_prob_and_the_rule_is_the_record(lm, text):
    found = of(lm, text, window=256)
    chart = vega.check(found)
    points = vega.rows(chart, "surprisal_bits")
    assert [row["surprisal_bits"] for row in points] == pytest.approx(
        [row["surprisal_bits"] for row in ledger(lm, text).records()], abs=1e-4
    )
    whole, *_ = vega.rows(chart, "bits_per_token")  # of the rule, and of its figure
    assert whole["bits_per_token"] == found.records()[0]["bits_per_token"]
    assert np.mean([row["surprisal_bits"] for row in points]) == pytest.approx(whole["bits_per_token"])
    assert f"all: {whole['bits_per_token']:.2f}" in vega.drawn(found)


def test_the_line_is_the_mean_of_the_tokens_around_each_and_its_width_is_said(lm):
    found = of(lm, TEXT * 12)
    rows = vega.rows(found.chart(), "smoothed_bits")
    bits = np.array([row["surprisal_bits"] for row in rows])
    window = found.profile.window
    assert window % 2 == 1
    assert window > 3
    for place in (0, 1, len(bits) // 2, len(bits) - 1):
        around = bits[max(place - window // 2, 0) : place + window // 2 + 1]
        assert rows[place]["smoothed_bits"] == pytest.approx(around.mean())
    said = "".join(vega.drawn(found))
    assert f"the line is the moving mean of {window} tokens" in said
    assert "surprisal (bits a token)" in said
    assert "<script>.txt" in said


@pytest.mark.parametrize("count", [1, 8, 9, 17, 100, 257])
@pytest.mark.parametrize("most", [8, 9])
def test_bins_of_a_long_text_are_the_exact_means_of_their_tokens(count, most):
    values = np.random.default_rng(count).normal(-3, 1, count)
    values[0] = math.nan  # without BOS
    found = profiled(values, most)
    assert len(found.sums) <= most
    assert found.width == 2 ** max(math.ceil(math.log2(count / most)), 0)
    bins = [values[start : start + found.width] for start in range(0, count, found.width)]
    assert found.known == tuple(int((~np.isnan(one)).sum()) for one in bins)
    np.testing.assert_allclose(found.sums, [np.nansum(one) for one in bins], rtol=1e-12)
    assert sum(found.sums) == pytest.approx(np.nansum(values))
    for mean, one in zip(found.means, bins, strict=True):
        known = one[~np.isnan(one)]
        assert mean == pytest.approx(known.mean()) if len(known) else math.isnan(mean)


def test_the_bins_of_a_long_file_come_to_the_record_s_figure(lm, monkeypatch):
    monkeypatch.setattr("llmlab.lab.probability.profile.MOST", 32)
    monkeypatch.setattr(Profiler.__init__, "__defaults__", (32,))
    found = of(lm, TEXT * 20)
    assert found.profile.width > 1
    rows = vega.rows(vega.check(found), "surprisal_bits")
    mean = sum(row["surprisal_bits"] * row["tokens"] for row in rows) / sum(row["tokens"] for row in rows)
    assert mean == pytest.approx(found.records()[0]["bits_per_token"])
    assert rows[-1]["last"] == found.tokens - 1
    assert any(f"a point is the mean of {found.profile.width} tokens" in said for said in vega.drawn(found))


def test_without_bos_the_first_token_has_no_point(lm_without_bos):
    found = of(lm_without_bos, "the cat")
    assert vega.rows(vega.check(found), "surprisal_bits")[0]["surprisal_bits"] is None
    vega.check(of(lm_without_bos, "T"))
