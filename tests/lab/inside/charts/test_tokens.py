"""The pictures of tokens: each text once in pieces of two shades, and a bar of tokens a character for each."""

import pytest
import vega

from llmlab.lab.inside.charts.tokens import BARS, FEW, MOST, READ
from llmlab.lab.inside.tokens import cut, cuts
from llmlab.lab.text import raw

ENGLISH, CHINESE = "The cat sat on the mat, and the dog likes old movies.", "今天天气很好，我们去看电影。"
HOSTILE = "<script>alert(1)</script> 'a' \"b\" \\n ${x} datum.x\n\u202eevil\u2066 & é"


def runs_of(chart):
    return vega.rows(chart, "run")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("text", [ENGLISH, CHINESE, HOSTILE])
def test_every_token_stands_there_once_in_turn_of_two_shades(lm, text, theme):
    found = cut(lm, text)
    chart = vega.check(found, theme)
    runs = {run["position"]: run for run in runs_of(chart)}
    vega.same_as_records(list(runs.values()), found.records())
    assert [run["turn"] for run in runs.values()] == [place % 2 for place in range(len(found.tokens))]
    (rect,) = [part for part in vega.parts(chart) if "fillOpacity" in part.get("encoding", {})]
    one, other = rect["encoding"]["fillOpacity"]["scale"]["range"]
    assert 0 < one < other
    whole = "".join(raw(piece) for piece in lm.encode(text).pieces)
    drawn = "".join(run["run"] for run in runs_of(found.chart()))
    assert text == HOSTILE or drawn.replace(" ", "") == whole.replace(" ", "")


def test_a_hostile_text_stays_text(lm):
    said = "".join(vega.drawn(cuts([lm], [HOSTILE, "a"])))
    assert not {"\n", "\u202e", "\u2066"} & set(said)
    assert "↵" in said


def test_of_a_very_long_text_the_beginning_is_drawn_and_that_is_said(lm):
    found = cut(lm, "the cat " * MOST)
    assert {run["position"] for run in runs_of(vega.check(found))} == set(range(MOST))
    assert f"the first {MOST} of {len(found.tokens):,} tokens" in vega.drawn(found)
    assert not any("--format" in said for said in vega.drawn(found))


@pytest.mark.parametrize("count", [3, BARS, BARS + 10])
def test_a_bar_is_the_tokens_a_character_of_its_record(lm, count):
    found = cuts([lm], [f"{(ENGLISH, CHINESE)[place % 2]} {place}" for place in range(count)])
    bars = vega.rows(vega.check(found), "rank")
    vega.same_as_records(bars, found.records()[:BARS])
    for bar in bars:
        assert bar["tokens_per_character"] == pytest.approx(len(lm.encode(bar["text"])) / len(bar["text"]))
    said = vega.drawn(found)
    assert "tokens a character" in said
    assert (f"the first {BARS} of {count} bars" in said) == (count > BARS)
    assert (f"the pieces of the first {READ} of {count}" in said) == (count > READ)


def test_tokenizers_stand_below_each_other_with_their_names(lm, llama):
    said = vega.drawn(cuts([lm, llama], [CHINESE]))
    assert said.count(f"tiny: {len(lm.encode(CHINESE))} tokens") == 2
    long = vega.drawn(cuts([lm], [ENGLISH * 9, "a"]))
    assert any(line.endswith(f"the first {FEW}") for line in long)
    both = vega.drawn(cuts([lm, llama], ["a", "b"]))
    assert {"a (tiny)", "b (tiny)"} <= set(both)
