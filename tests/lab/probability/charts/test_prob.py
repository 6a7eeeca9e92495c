"""The pictures of prob: the text shaded, its parts as bars, several texts ranked; data are the records'."""

import itertools
import math

import pytest
import vega

from llmlab.lab.probability.by_character import spelt
from llmlab.lab.probability.charts.prob import LABELLED, MOST
from llmlab.lab.probability.prob import ledger, with_others
from llmlab.lab.probability.ranking import ranking
from llmlab.lab.shaded import FULL, WIDTH, width
from llmlab.lab.text import raw, show

ENGLISH = "The cat sat on the mat, and the dog likes old movies."
HOSTILE = "<script>alert(1)</script> 'a' \"b\" \\n ${x} datum.x\n\u202eevil\u2066 & é"
SHORT = ["T", "今天天气", "<b> \u202e", "The cat"]
TEXTS = ["T", ENGLISH, "今天天气很好，我们去看电影。", HOSTILE, " two  spaces "]


def bars_of(chart):
    """The rows of the bars, which have no place on a line."""
    return [row for row in vega.rows(chart, "position") if "run" not in row]


def runs_of(chart):
    return vega.rows(chart, "run")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("text", TEXTS)
def test_the_data_of_each_bar_are_those_of_its_record(lm, text, theme):
    found = with_others(lm, ledger(lm, text), 3)
    bars = bars_of(vega.check(found, theme))
    vega.same_as_records(bars, found.records())
    assert [row["alternatives"] for row in bars] == [record["alternatives"] for record in found.records()]
    for row, record in zip(bars, found.records(), strict=True):
        assert row["surprisal_bits"] == pytest.approx(-math.log2(math.exp(record["logprob_nats"])))
        assert row["others"].count("  ") >= 2


@pytest.mark.parametrize("by", ["word", "character"])
def test_words_and_characters_are_drawn_without_others(lm, spellings, by):
    found = ledger(lm, ENGLISH, by) if by == "word" else spelt(lm, spellings, "The cat")
    bars = bars_of(vega.check(found))
    vega.same_as_records(bars, found.records())
    assert "others" not in bars[0]
    assert f"surprisal (bits a {by})" in vega.drawn(found)


@pytest.mark.parametrize("text", TEXTS[:3])
def test_the_text_stands_above_in_lines_with_every_letter_once(lm, text):
    runs = runs_of(ledger(lm, text).chart())
    whole = "".join(raw(piece) for piece in lm.encode(text).pieces)  # bytes of half a character as <E4>
    assert "".join(run["run"] for run in runs).replace(" ", "") == whole.replace(" ", "")
    lines = {run["line"]: [one for one in runs if one["line"] == run["line"]] for run in runs}
    assert list(lines) == list(range(len(lines)))
    for line in lines.values():
        assert line[0]["left"] == 0
        assert line[-1]["right"] <= WIDTH
        assert all(one["right"] == other["left"] for one, other in itertools.pairwise(line))
        assert all(run["letters"] + width(run["run"]) <= run["right"] for run in line)


def test_a_long_text_has_as_many_lines_as_it_takes_and_breaks_between_words(lm):
    runs = runs_of(ledger(lm, ENGLISH * 5).chart())
    lines = {run["line"] for run in runs}
    assert len(lines) > 2
    ends = [max((run for run in runs if run["line"] == line), key=lambda run: run["right"]) for line in lines]
    spaced = "".join(run["shown"] if run["letters"] - run["left"] > 3 else run["run"] for run in runs)
    assert "movies.The" in spaced.replace(" The", "The")
    assert all(run["right"] > WIDTH / 2 for run in ends[:-1])


def test_a_shade_is_of_the_bits_and_full_at_sixteen(lm):
    (rect,) = [part for part in vega.parts(ledger(lm, ENGLISH).chart()) if "fillOpacity" in part.get("encoding", {})]
    assert rect["encoding"]["fillOpacity"]["field"] == "surprisal_bits"
    assert rect["encoding"]["fillOpacity"]["scale"]["domain"] == [0, FULL] == [0, 16]
    assert any("up to 16 bits, one in 65,536" in said for said in vega.drawn(ledger(lm, ENGLISH)))


def test_parts_stand_below_their_bars_while_they_can_be_read(lm):
    short, long = ledger(lm, "The cat"), ledger(lm, ENGLISH * 3)
    assert len(long.rows) > LABELLED
    assert {show(row.piece) for row in short.rows} <= set(vega.drawn(short))
    assert any("␣" in said for said in vega.drawn(short))
    assert "token (from 0)" in vega.drawn(long)
    assert not any("␣" in said for said in vega.drawn(long))


def test_of_a_very_long_text_the_beginning_is_drawn_and_that_is_said(lm):
    found = ledger(lm, "the cat " * 900)
    assert len(found.rows) > MOST
    bars = bars_of(found.chart())
    vega.same_as_records(bars, found.records()[:MOST])
    assert f"the first {MOST} of {len(found.rows):,} tokens" in vega.drawn(found)


def test_without_bos_the_first_token_is_unshaded(lm_without_bos):
    found = ledger(lm_without_bos, "The cat")
    vega.check(found)
    assert runs_of(found.chart())[0]["surprisal_bits"] is None


def test_a_hostile_text_stays_text(lm):
    said = "".join(vega.drawn(ledger(lm, HOSTILE)))
    assert not {"\n", "\u202e", "\u2066"} & set(said)
    assert "<202E>" in said
    assert "<script>alert(1)</script>" in said


@pytest.mark.parametrize("count", [3, 60, 70])
def test_texts_are_ranked_as_their_records_are(lm, count):
    texts = [f"{SHORT[place % len(SHORT)]} {place}" for place in range(count)]
    found = ranking(lm, texts)
    rows = vega.rows(vega.check(found), "rank")
    vega.same_as_records(rows, found.records()[:60])
    said = vega.drawn(found)
    assert {"log P (nats)", "0"} <= set(said)
    assert ("the first 60 of 70 texts" in said) == (count == 70)
    record = found.records()[0]
    bits = -record["logprob_nats"] / math.log(2) / record["tokens"]
    assert f"{record['logprob_nats']:.2f}, {bits:.1f} bits a token" in said


def test_a_text_without_a_probability_has_no_bar_and_says_so(lm_without_bos):
    found = ranking(lm_without_bos, ["The cat", "T"])
    vega.check(found)
    assert "T (no probability)" in vega.drawn(found)


def test_fewer_of_long_texts_are_drawn_and_a_long_title_is_its_beginning(lm):
    found = ranking(lm, [f"{ENGLISH} {place}" for place in range(40)])
    rows = vega.rows(vega.check(found), "rank")
    vega.same_as_records(rows, found.records()[:30])
    assert "the first 30 of 40 texts" in vega.drawn(found)
    text = ledger(lm, ENGLISH * 9)
    title = text.chart()["title"]["text"]
    assert len(title) == 1
    assert title[0].startswith("P(The cat sat")
    assert title[0].endswith(" …")
