"""The pictures of generate: data equal the document's, intervals and entropies those of independent formulas."""

from collections import Counter

import numpy as np
import pytest
import vega
from scipy import optimize, stats

from llmlab.lab.prompt import read
from llmlab.lab.temperature.drawn import Plan, Sample
from llmlab.lab.temperature.expected import Expected
from llmlab.lab.temperature.generate import sample
from llmlab.lab.temperature.samples import summarise

HEATS = (0.0, 0.7, 2.0)
NOTHING = Expected()
HOLDS_E = Expected(patterns=("e",))


def asked(lm, heats=HEATS, samples=20, expected=NOTHING, **more):
    plan, prompt = Plan(heats, samples, max_tokens=2, seed=3, **more), read(lm, "The cat", raw=True)
    return summarise(lm, prompt, plan, sample(lm, prompt, plan, plan.places), expected)


def wilson(right, trials):
    """Where the score test of a share is at 95 %: (p - s)^2 = z^2 s (1 - s) / n, solved for s."""
    p, z = right / trials, stats.norm.ppf(0.975)

    def miss(s):
        return (p - s) ** 2 - z**2 * s * (1 - s) / trials

    low = optimize.brentq(miss, 1e-12, p - 1e-9) if right else 0.0
    high = optimize.brentq(miss, p + 1e-9, 1 - 1e-12) if right < trials else 1.0
    return low, high


def test_measures_against_temperature_are_the_documents(lm):
    found = asked(lm)
    chart, measures = vega.check(found), found.document()["temperatures"]
    panels = [one["data"]["values"] for one in vega.parts(chart) if len(one.get("data", {}).get("values", ())) == 3]
    assert len(panels) == 3
    for panel in panels:
        vega.same_as_records(panel, measures)
    assert [one["distinct_answers"] for one in measures] == [len({one.text for one in found.of(t)}) for t in HEATS]
    firsts = {(one["temperature"], one["token"]): one for one in found.document()["first_tokens"]}
    drawn = vega.rows(chart, "seen")
    assert len(drawn) == 15
    vega.same_as_records(drawn, [firsts[one["temperature"], one["token"]] for one in drawn])


def test_the_entropy_of_the_first_token_is_that_of_softmax_z_over_t(lm, plain):
    row = plain(lm.encode("The cat").ids)[-1]
    for one in asked(lm).document()["temperatures"]:
        t = one["temperature"]
        p = np.exp((row - row.max()) / t) if t else (row == row.max()) * 1.0
        p = p[p > 0] / p.sum()
        assert one["first_entropy_bits"] == pytest.approx(-(p * np.log2(p)).sum(), abs=2e-3)


def test_the_entropy_of_the_first_token_is_after_filters(lm, plain):
    p = np.sort(np.exp(plain(lm.encode("The cat").ids)[-1]))[-3:]
    p /= p.sum()
    (one,) = asked(lm, heats=(1.0,), top_k=3).document()["temperatures"]
    assert one["first_entropy_bits"] == pytest.approx(-(p * np.log2(p)).sum(), abs=2e-3)


def test_shares_have_their_wilson_intervals(lm):
    found = asked(lm, expected=HOLDS_E)
    chart = vega.check(found)
    right = vega.rows(chart, "right_share")
    for one in right:
        hits = sum("e" in said.text for said in found.of(one["temperature"]))
        assert one["right_share"] == hits / 20
        assert (one["right_low"], one["right_high"]) == pytest.approx(wilson(hits, 20), abs=1e-6)
    for one in vega.rows(chart, "seen"):
        hits = sum(said.ids[0] == one["token"] for said in found.of(one["temperature"]))
        assert one["seen"] == hits / 20
        assert (one["low"], one["high"]) == pytest.approx(wilson(hits, 20), abs=1e-6)
    assert {0, 1} < {one["right_share"] for one in right} | {0, 1}


def test_every_measure_has_the_same_axis_of_temperature(lm):
    *panels, _ = asked(lm, expected=HOLDS_E).chart()["vconcat"]
    axes = [(panel.get("encoding") or panel["layer"][0]["encoding"])["x"] for panel in panels]
    assert len(axes) == 5
    assert {str(axis["scale"]) for axis in axes} == {str(axes[0]["scale"])}
    assert [axis["axis"]["values"] for axis in axes] == [list(HEATS)] * 5
    assert [axis["title"] for axis in axes] == [None] * 4 + ["temperature T"]


def test_what_t_0_rules_out_is_listed_by_its_probability_at_t_1(lm, plain):
    row = plain(lm.encode("The cat").ids)[-1]
    cold = [one for one in asked(lm).firsts if one.temperature == 0]
    assert [one.token for one in cold] == np.argsort(-row, kind="stable")[:5].tolist()
    assert [one.probability for one in cold] == [1, 0, 0, 0, 0]


def test_at_one_temperature_the_answers_are_ranked_by_how_often_they_came(lm):
    found = asked(lm, heats=(0.7,), samples=30, expected=HOLDS_E)
    answers = vega.rows(vega.check(found, "dark"), "times")
    counts = Counter((one.text, one.finish) for one in found.samples)
    assert {(one["text"], one["finish"]): one["times"] for one in answers} == counts
    assert [one["times"] for one in answers] == sorted(counts.values(), reverse=True)
    assert all((one["judged"] == "right") == ("e" in one["text"]) for one in answers)
    assert "T = 0.7" in vega.drawn(found)


def test_no_more_answers_are_drawn_than_can_be_read_and_the_rest_is_said(lm):
    plan, prompt = Plan((1.0,), 75), read(lm, "The cat", raw=True)
    some = [Sample(1.0, number, f"a{number}", (5,), -1.0, "end") for number in range(75)]
    found = summarise(lm, prompt, plan, some)
    assert len(vega.rows(found.chart(), "times")) == 40
    drawn = vega.drawn(found)
    assert "35 more answers are not drawn" in drawn
    axis = drawn[drawn.index("times, of 75 samples") - 2 : drawn.index("times, of 75 samples")]
    assert axis == ["0", "1"]  # a count has no halves


@pytest.mark.parametrize("heats", [(1.0,), (0.5, 1.0, 2.0)])
def test_one_sample_a_temperature_is_drawn_by_its_surprisal(lm, heats):
    found = asked(lm, heats, samples=1)
    drawn = vega.rows(vega.check(found), "temperature")
    vega.same_as_records(drawn, found.document()["temperatures"])
    bits = [-sample.logprob / np.log(2) / len(sample.ids) for sample in found.samples]
    assert [row["surprisal_bits_per_token"] for row in drawn] == pytest.approx(bits)


@pytest.mark.parametrize("heats", [(1.0,), (0.5, 1.0)])
def test_hostile_answers_and_prompts_stay_text(lm, heats):
    text = "<img src=x onerror=alert(1)> \u202e' datum.x"
    plan, prompt = Plan(heats, 2), read(lm, text, raw=True)
    some = [Sample(t, number, f"\x1b[31m{text}", (5,), -1.0, "end") for t in heats for number in range(2)]
    found = summarise(lm, prompt, plan, some)
    rows = vega.rows(vega.check(found), "temperature") if len(heats) > 1 else vega.rows(vega.check(found), "times")
    assert "<img src=x onerror=alert(1)> <202E>' datum.x" in vega.drawn(found)
    assert "\x1b" not in "".join(str(row.get("shown")) + str(row.get("commonest")) for row in rows)
