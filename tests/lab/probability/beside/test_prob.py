"""prob and compare of several models against plain torch, and against each model alone."""

import math

import pytest

from llmlab.lab.probability.beside.compare import differences
from llmlab.lab.probability.beside.prob import probabilities
from llmlab.lab.probability.prob import ledger

TEXT = "The cat sat on the mat."


@pytest.mark.parametrize("text", [TEXT, "今天天气很好", "👩‍👩‍👧 a"])
def test_bits_a_character_add_up_to_the_total_of_each_model_alone(lm, llama, of_other_tokens, total, text):
    found = probabilities([lm, llama, of_other_tokens], [text])
    for model, row in zip((lm, llama, of_other_tokens), found.records(), strict=True):
        bits = row["bits_per_character"] * len(text)
        assert bits == pytest.approx(-ledger(model, text).total / math.log(2), rel=1e-6)
        assert (row["context"], row["characters"]) == ("", len(text))
    for row in found.records()[:2]:
        assert row["logprob_nats"] == pytest.approx(total(text), abs=1e-3)


def test_models_that_do_not_share_bos_are_compared_after_the_first_token(lm, lm_without_bos, after):
    found = probabilities([lm, lm_without_bos], [TEXT])
    first = lm.encode(TEXT)[:1].text
    for model, row in zip((lm, lm_without_bos), found.records(), strict=True):
        assert row["context"] == first
        assert row["logprob_nats"] == pytest.approx(after(model, TEXT, 1), abs=1e-3)
        assert row["bits_per_character"] == pytest.approx(
            -after(model, TEXT, 1) / math.log(2) / (len(TEXT) - len(first)), abs=1e-3
        )
        assert row["perplexity"] == pytest.approx(math.exp(-after(model, TEXT, 1) / row["tokens"]), rel=1e-3)
    assert f'compared after "{first}"' in found.views()[0].notes[0]


def test_which_model_finds_the_text_likelier_is_said_with_the_bits_a_character(lm, of_other_tokens):
    found = probabilities([lm, of_other_tokens], [TEXT])
    (least, best), (more, other) = sorted(
        (-ledger(model, TEXT).total / math.log(2) / len(TEXT), model.info.name) for model in (lm, of_other_tokens)
    )
    said = f"{best} finds the text likelier, by {more - least:.3f} bits a character before {other}."
    assert found.views()[0].conclusion == said


def test_each_model_ranks_the_texts_as_it_does_alone(lm, lm_without_bos):
    texts = [TEXT, "mat the on sat cat The.", "今天天气很好"]
    (view,) = probabilities([lm, lm_without_bos], texts).views()
    for column, model in ((2, lm), (4, lm_without_bos)):
        totals = [ledger(model, text).total for text in texts]
        assert [row[column] for row in view.rows] == [1 + sum(other > one for other in totals) for one in totals]


def test_the_difference_of_two_texts_is_that_of_each_model_alone(lm, lm_without_bos, after):
    a, b = "The cat sat", "The sat cat"
    found = differences([lm, lm_without_bos], a, b)
    expected = [after(model, a, 1) - after(model, b, 1) for model in (lm, lm_without_bos)]
    assert found.differences == pytest.approx(expected, abs=1e-3)
    for row, one in zip(found.records(), expected, strict=True):
        assert row["difference_bits"] == pytest.approx(one / math.log(2), abs=1e-3)
        assert row["context_a"] == row["context_b"] == "The"


def test_texts_that_begin_otherwise_have_no_difference_where_a_model_has_no_bos(lm, lm_without_bos):
    found = differences([lm, lm_without_bos], "The cat sat", "A cat sat")
    assert [row["difference_nats"] for row in found.records()] == [None, None]
    (view,) = found.views()
    assert view.conclusion == ""
    assert "A and B begin otherwise, and a model without BOS has no P of a beginning: no difference" in view.notes
    assert [row[3:] for row in view.rows] == [["-", "-"]] * 2


def test_a_text_of_one_token_has_nothing_to_compare_without_bos(lm, lm_without_bos):
    found = probabilities([lm, lm_without_bos], ["The"])
    assert [row["bits_per_character"] for row in found.records()] == [None, None]
    assert found.views()[0].conclusion == ""
    assert found.views()[0].notes[0].startswith("nothing to compare")
