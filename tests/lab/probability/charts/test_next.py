"""The pictures of next: their data are the records', and what stands above each T is the distribution's own."""

import json

import numpy as np
import pytest
from pictures import only, rows, tables, texts

from llmlab.backends.sampling import Settings
from llmlab.lab.probability.next import next_tokens
from llmlab.lab.probability.next_text import next_text
from llmlab.lab.prompt import read

FIELDS = ("temperature", "rank", "probability", "cumulative_probability")
HEATS = (0.0, 0.5, 1.0, 1.5, 2.0)


def tokens(lm, text="The cat", k=5, heats=(1.0,), **filters):
    return next_tokens(lm, read(lm, text, raw=True), k, heats, Settings(**filters))


@pytest.mark.parametrize("heats", [(1.0,), (0.5, 1.0), HEATS])
@pytest.mark.parametrize("k", [3, 60])
def test_each_temperature_is_a_panel_of_the_records(lm, k, heats):
    found = tokens(lm, k=k, heats=heats)
    panels = list(tables(found.chart()))
    assert [len(panel) for panel in panels] == [k] * len(heats)
    assert only(rows(found.chart()), "token", *FIELDS) == only(found.records(), "token", *FIELDS)


@pytest.mark.parametrize("by", ["character", "word"])
def test_characters_and_words_are_drawn_as_their_records_are(lm, spellings, by):
    found = next_text(lm, spellings, read(lm, "The", raw=True), by, 6, (0.5, 1.0, 2.0))
    assert only(rows(found.chart()), by, *FIELDS) == only(found.records(), by, *FIELDS)
    assert f"P(next {by} | text)" in str(found.chart())


def test_each_panel_states_its_temperature_and_the_entropy_of_the_whole_distribution(lm, plain):
    said = texts(tokens(lm, heats=(0.5, 1.0, 2.0)).chart())
    row = plain(lm.encode("The cat").ids)[-1]  # [V]
    for t in (0.5, 1.0, 2.0):
        p = np.exp(row / t) / np.exp(row / t).sum()
        bits = -(p * np.log2(p)).sum()
        at = said.index(f"T = {t:g}")
        assert said[at + 1].startswith("entropy ")
        assert float(said[at + 1].split()[1]) == pytest.approx(bits, abs=0.006)
        assert float(said[at + 2].removeprefix("exp(H) ").replace(",", "")) == pytest.approx(2**bits, rel=2e-3)


def test_what_filters_keep_is_said_where_they_or_several_temperatures_are_asked_for(lm, plain):
    p = np.exp(plain(lm.encode("The cat").ids)[-1])
    falling = np.sort(p)[::-1]
    (line,) = [one for one in texts(tokens(lm, top_k=7).chart()) if "top-k" in one]
    assert f"top-k 7: 7 ({falling[:7].sum():.2f})" in line
    assert "top-p" not in line
    several = texts(tokens(lm, heats=(1.0, 2.0)).chart())
    assert f"top-k 50: 50 ({falling[:50].sum():.2f})" in several
    assert not [one for one in texts(tokens(lm).chart()) if "top-" in one]


def test_panels_share_one_scale_and_no_line_of_them_is_wider_than_a_picture(lm):
    lines = tokens(lm, heats=HEATS).chart()["vconcat"][:-1]
    panels = [panel for line in lines for panel in line["hconcat"]]
    assert len({str(panel["layer"][0]["encoding"]["x"]["scale"]["domain"]) for panel in panels}) == 1
    assert [len(line["hconcat"]) for line in lines] == [3, 2]
    assert all(sum(panel["width"] for panel in line["hconcat"]) <= 640 for line in lines)


def test_a_hostile_text_stays_text(lm):
    text = "<script>alert(1)</script> datum.x \u202e' + \""
    chart = tokens(lm, text).chart()
    assert "<script>alert(1)</script> datum.x <202E>" in " ".join(texts(chart))
    assert '"expr"' not in json.dumps(chart)
