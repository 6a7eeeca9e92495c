"""The pictures of next: their data are the records', and what stands above each T is the distribution's own."""

import numpy as np
import pytest
import vega

from llmlab.backends.settings import Settings
from llmlab.lab.probability.next import next_tokens
from llmlab.lab.probability.next_text import next_text
from llmlab.lab.prompt import read

HEATS = (0.0, 0.5, 1.0, 1.5, 2.0)


def tokens(lm, text="The cat", k=5, heats=(1.0,), **filters):
    return next_tokens(lm, read(lm, text, raw=True), k, heats, Settings(**filters))


@pytest.mark.parametrize("heats", [(1.0,), (0.5, 1.0), HEATS])
@pytest.mark.parametrize("k", [3, 60])
def test_each_temperature_is_a_panel_of_the_records(lm, k, heats):
    found = tokens(lm, k=k, heats=heats)
    chart = vega.check(found)
    vega.same_as_records(vega.rows(chart, "probability"), found.records())
    panels = [one for one in vega.parts(chart) if len(one.get("data", {}).get("values", ())) == k]
    assert len(panels) == len(heats)


@pytest.mark.parametrize("by", ["character", "word"])
def test_characters_and_words_are_drawn_as_their_records_are(lm, spellings, by):
    found = next_text(lm, spellings, read(lm, "The", raw=True), by, 6, (0.5, 1.0, 2.0))
    vega.same_as_records(vega.rows(vega.check(found, "dark"), by), found.records())
    assert f"P(next {by} | text)" in vega.drawn(found)


def test_each_panel_states_its_temperature_and_the_entropy_of_the_whole_distribution(lm, plain):
    said = vega.drawn(tokens(lm, heats=(0.5, 1.0, 2.0)))
    row = plain(lm.encode("The cat").ids)[-1]  # [V]
    for t in (0.5, 1.0, 2.0):
        p = np.exp(row / t) / np.exp(row / t).sum()
        bits = -(p * np.log2(p)).sum()
        at = said.index(f"T = {t:g}")
        _, figure, unit = said[at + 1].split()
        assert (float(figure), unit) == (pytest.approx(bits, abs=0.006), "bits")
        assert float(said[at + 2].removeprefix("exp(H) ").replace(",", "")) == pytest.approx(2**bits, rel=2e-3)


def test_what_filters_keep_is_said_where_they_or_several_temperatures_are_asked_for(lm, plain):
    falling = np.sort(np.exp(plain(lm.encode("The cat").ids)[-1]))[::-1]
    one, none = ([said for said in vega.drawn(found) if "top-" in said] for found in (tokens(lm, top_k=7), tokens(lm)))
    assert f"top-k 7: 7 ({falling[:7].sum():.2f})" in one[0]
    assert "top-p 0" not in "".join(one)
    assert none == []
    assert f"top-k 50: 50 ({falling[:50].sum():.2f})" in vega.drawn(tokens(lm, heats=(1.0, 2.0)))


def test_panels_share_one_scale_and_no_line_of_them_is_wider_than_a_picture(lm):
    lines = [one["hconcat"] for one in vega.parts(tokens(lm, heats=HEATS).chart()) if "hconcat" in one]
    assert len({str(panel["layer"][0]["encoding"]["x"]["scale"]["domain"]) for line in lines for panel in line}) == 1
    assert [len(line) for line in lines] == [3, 2]
    assert all(sum(panel["width"] for panel in line) <= 640 for line in lines)


def test_a_hostile_text_stays_text(lm):
    found = tokens(lm, "<script>alert(1)</script> datum.x \u202e' + \"")
    vega.check(found)
    assert "<script>alert(1)</script> datum.x <202E>' + \" ..." in vega.drawn(found)
