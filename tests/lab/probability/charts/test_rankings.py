"""The pictures of compare, orders, cloze and choose: data are the records', and hostile texts stay texts."""

import pytest
import vega

from llmlab.lab.probability.choose import choose
from llmlab.lab.probability.cloze import cloze
from llmlab.lab.probability.compare import difference
from llmlab.lab.probability.orders import orders

HOSTILE = "<script>x</script> 'a' \\ datum.x\n\u202eevil"


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(
    ("a", "b"),
    [("The cat sat", "The mat sat here"), ("今天天气很好", "今天很好天气"), (HOSTILE, "a"), ("a " * 90, "b " * 90)],
)
def test_the_places_of_compare_are_its_records(lm, a, b, theme):
    found = difference(lm, a, b)
    chart = vega.check(found, theme)
    rows = vega.rows(chart, "difference_nats")
    vega.same_as_records(rows, found.records()[:60])
    assert [row["likelier"] for row in rows] == [
        "A" if one["difference_nats"] >= 0 else "B" for one in found.records()[:60]
    ]


def test_compare_shades_both_texts_and_names_the_difference(lm):
    found = difference(lm, "The cat sat", "The mat sat")
    said = vega.drawn(found)
    assert {"A:", "B:", "log P(A) - log P(B) (nats)", "likelier in"} <= set(said)
    runs = vega.rows(found.chart(), "run")
    texts = "".join(run["run"] for run in runs).replace("A:", "").replace("B:", "|")
    assert texts == "Thecatsat|Themat" + "sat"
    shaded = [run["surprisal_bits"] for run in runs if run["run"] not in ("A:", "B:")]
    records = found.records()
    assert shaded[0] == pytest.approx(-records[0]["logprob_a_nats"] * 1.442695, abs=1e-4)


def test_many_places_of_compare_are_cut_and_that_is_said(lm):
    found = difference(lm, "a b " * 40, "a b " * 39 + "a c")
    assert len(found.parts) > 60
    assert f"the first 60 of {len(found.parts)} places" in vega.drawn(found)


@pytest.mark.parametrize("sentence", ["The cat sat.", "我|喜欢|看|电影。", "a <b> 'c' \"d\" datum.x"])
def test_the_orders_are_the_records_and_the_original_has_a_colour(lm, sentence):
    found = orders(lm, sentence)
    rows = vega.rows(vega.check(found), "original")
    expected = found.records()
    if found.place > 60:
        expected = [*expected[:59], expected[found.place - 1]]
    vega.same_as_records(rows, expected[:60])
    assert sum(row["original"] for row in rows) == 1
    assert f"the original, number {found.place:,}, has another colour" in vega.drawn(found)


def test_an_original_that_is_rare_is_drawn_all_the_same(lm):
    for sentence in ("sat The on cat mat.", "on mat sat cat The.", "mat on The sat cat.", "cat mat on sat The."):
        found = orders(lm, sentence)
        if found.place > 60:
            break
    assert found.place > 60
    rows = vega.rows(found.chart(), "original")
    assert [row["rank"] for row in rows] == [*range(1, 60), found.place]
    assert "the first 59 of 120 orders, and the original" in vega.drawn(found)


@pytest.mark.parametrize(
    "words", [("cat", "mat", "dog"), ("天气", "好"), (HOSTILE, "a"), tuple(f"w{i}" for i in range(70))]
)
def test_the_fillings_are_the_records_and_their_parts_sum_to_them(lm, words):
    found = cloze(lm, "The [?] sat.", words)
    rows = vega.rows(vega.check(found, "dark"), "left_logprob_nats")
    vega.same_as_records(rows, found.records()[:30])
    for row in rows:
        parts = row["left_logprob_nats"] + row["words_logprob_nats"] + row["right_logprob_nats"]
        assert parts == pytest.approx(row["logprob_nats"])
        assert row["after_nats"] + row["left_logprob_nats"] == pytest.approx(row["logprob_nats"])
    assert f"what stands before them has log P = {rows[0]['left_logprob_nats']:.3f} nats in all" in vega.drawn(found)
    assert ("the first 30 of 70 fillings" in vega.drawn(found)) == (len(words) == 70)


def test_the_parts_of_a_filling_stand_one_after_the_other(lm):
    found = cloze(lm, "The [?] sat.", ("cat", "mat"))
    said = vega.drawn(found)
    assert {"the word, given what stands before", "what follows, given both"} <= set(said)
    (stacked,) = [part for part in vega.parts(found.chart()) if "fold" in (part.get("transform") or [{}])[0]]
    fields = stacked["transform"][0]["fold"]
    assert fields == ["words_logprob_nats", "right_logprob_nats"]


def test_word_classes_are_summed_above_their_fillings(lm):
    kinds = {"cat": "noun", "mat": "noun", "sat": "verb"}
    found = cloze(lm, "The [?] sat.", tuple(kinds), kinds=kinds)
    chart = vega.check(found)
    classes = found.document()["classes"]
    vega.same_as_records(vega.rows(chart, "likeliest"), classes)
    vega.same_as_records(vega.rows(chart, "left_logprob_nats"), found.records())
    assert {f"{one['class']}s" for one in classes} <= set(vega.drawn(found))
    assert "share of these classes" in vega.drawn(found)


@pytest.mark.parametrize(
    "offered", [(" cat", " mat"), ("天气", "好"), (HOSTILE, "a"), tuple(f" w{i}" for i in range(70))]
)
def test_the_choices_are_the_records(lm, offered):
    found = choose(lm, "The", offered)
    rows = vega.rows(vega.check(found), "choice")
    vega.same_as_records(rows, found.records()[:60])
    said = vega.drawn(found)
    best = found.records()[0]
    assert f"{best['share'] * 100:.1f}%, log P = {best['logprob_nats']:.2f}" in said
    assert ("the first 60 of 70 choices" in said) == (len(offered) == 70)


def test_hostile_texts_are_shown_harmless(lm):
    for found in (
        difference(lm, HOSTILE, "a"),
        cloze(lm, "The [?] sat.", (HOSTILE, "a")),
        choose(lm, HOSTILE, ("a", HOSTILE)),
    ):
        said = "".join(vega.drawn(found))
        assert not {"\n", "\u202e"} & set(said)
        assert "<202E>evil" in said
