"""The ledger by token, word and character, against plain torch."""

import math

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from llmlab.lab.probability.prob import ledger, ledgers, with_others
from llmlab.view import Strip

TEXTS = ["He likes movies.", "今天天气很好", " two  spaces ", "I ❤️ NY 👩‍👩‍👧", "a\n\nb <s> c"]
TEXT = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12)
MANY = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@MANY
@given(TEXT)
def test_each_factor_is_what_the_model_says_comes_next(lm, text):
    found = ledger(lm, text)
    tokens = found.scored.tokens
    contexts = [lm.encode("")] + [type(tokens)(tokens.ids[:i], tokens.pieces[:i]) for i in range(1, len(tokens))]
    expected = lm.next(contexts)[np.arange(len(tokens)), list(tokens.ids)]
    np.testing.assert_allclose(found.scored.logprobs, expected, atol=1e-4)


@MANY
@given(TEXT)
def test_the_rows_of_the_ledger_sum_to_its_total(lm, text):
    (document,) = ledger(lm, text).document()["texts"]
    rows = document["ledger"]
    running = 0.0
    for row in rows:
        running += row["logprob_nats"]
        assert row["total_logprob_nats"] == pytest.approx(running, abs=1e-9)
        assert row["probability"] == pytest.approx(math.exp(row["logprob_nats"]))
        assert row["surprisal_bits"] == pytest.approx(-math.log2(math.exp(row["logprob_nats"])))
    assert document["logprob_nats"] == pytest.approx(running, abs=1e-9)
    assert "".join(row["token"] for row in rows) == text or any("<" in row["token"] for row in rows)


def test_the_ledger_shows_each_token_with_its_place_in_the_product(lm):
    found = ledger(lm, "The cat\n")
    (view,) = found.views()
    assert view.title == "P(The cat↵)"
    assert len(view.rows) == len(found.scored.tokens)
    assert view.rows[-1][1].endswith("↵")
    assert f"perplexity = {found.scored.perplexity:.2f}" in view.notes[0]
    assert "tiny r1, torch, float32, after <s>" in view.notes[1]


def test_without_bos_the_first_token_is_null_and_not_certain(lm_without_bos):
    whole = ledger(lm_without_bos, "The cat").document()
    (document,) = whole["texts"]
    first, *rest = document["ledger"]
    assert (first["logprob_nats"], first["probability"], first["total_logprob_nats"]) == (None, None, None)
    assert document["logprob_nats"] == pytest.approx(sum(row["logprob_nats"] for row in rest))
    assert document["perplexity"] == pytest.approx(math.exp(-document["logprob_nats"] / len(rest)))
    assert whole["bos"] is None


@pytest.mark.parametrize("text", TEXTS)
def test_rank_and_entropy_are_those_of_torchs_distribution(lm, plain, text):
    ids = lm.encode(text).ids
    rows = plain(ids)
    for i, record in enumerate(ledger(lm, text).records()):
        assert record["logprob_nats"] == pytest.approx(rows[i][ids[i]], abs=1e-4)
        assert record["surprisal_bits"] == pytest.approx(-rows[i][ids[i]] / math.log(2), abs=2e-4)
        assert record["rank"] == pytest.approx(1 + (rows[i] > rows[i][ids[i]]).sum(), abs=1)
        assert record["entropy_bits"] == pytest.approx(-(np.exp(rows[i]) * rows[i]).sum() / math.log(2), abs=1e-3)


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("by", ["word", "char"])
def test_words_and_characters_sum_to_the_text_and_split_none(lm, total, text, by):
    found = ledger(lm, text, by)
    assert sum(row.logprob for row in found.rows) == pytest.approx(total(text), abs=1e-3)
    assert found.rows[-1].total == pytest.approx(total(text), abs=1e-3)
    assert "".join(row.piece.decode() for row in found.rows) == text  # every group is whole UTF-8


def test_words_are_those_between_spaces(lm):
    found = ledger(lm, "He likes movies.", "word")
    assert [row.piece.decode() for row in found.rows] == ["He", " likes", " movies."]
    assert [row.before for row in found.rows] == ["", "He", "He likes"]


@pytest.mark.parametrize(
    ("unit", "sign", "value"),
    [
        ("prob", "×", math.exp),
        ("nats", "+", float),
        ("bits", "+", lambda log: -log * 1.442695),
    ],
)
def test_the_formula_combines_what_the_ledger_lists_in_its_unit(lm, unit, sign, value):
    found = ledger(lm, "The cat sat")
    symbols, numbers = found.views(unit=unit, formula=True)[0].notes[:2]
    assert symbols.startswith("p(The cat sat) = p(")
    assert symbols.count("×") == numbers.count(f" {sign} ") == len(found.rows) - 1
    parts = [float(part) for part in numbers.split(" = ")[1].split(f" {sign} ")]
    assert parts == pytest.approx([value(row.logprob) for row in reversed(found.rows)], rel=1e-2)
    assert float(numbers.split(" = ")[2]) == pytest.approx(value(found.scored.total), rel=1e-2)


@pytest.mark.parametrize(
    ("unit", "columns"),
    [
        (None, ["given", "token", "P", "log P", "bits", "rank", "entropy", "product"]),
        ("prob", ["given", "token", "P", "rank", "entropy", "product"]),
        ("nats", ["given", "token", "log P", "rank", "entropy", "sum"]),
        ("bits", ["given", "token", "bits", "rank", "entropy", "sum"]),
    ],
)
def test_a_unit_leaves_the_columns_of_that_unit(lm, unit, columns):
    (view,) = ledger(lm, "The cat").views(unit=unit)
    assert [column.name for column in view.columns] == columns
    assert all(len(row) == len(columns) for row in view.rows)


def test_a_strip_is_the_text_itself_shaded_by_surprisal(lm, plain):
    text = "The cat sat"
    ids = lm.encode(text).ids
    expected = -plain(ids)[np.arange(len(ids)), list(ids)] / math.log(2) / 16
    (strip,) = ledger(lm, text).views(strip=True)
    assert isinstance(strip, Strip)
    assert "".join(part for part, _ in strip.parts) == text
    np.testing.assert_allclose([shade for _, shade in strip.parts], np.minimum(expected, 1), atol=1e-4)


def test_without_bos_the_first_token_is_unshaded_and_said_to_be_unknown(lm_without_bos):
    (strip,) = ledger(lm_without_bos, "The cat").views(strip=True)
    assert strip.parts[0][1] == 0
    assert "no BOS: a text's first token has no probability" in strip.notes[-1]


def test_control_tokens_are_read_as_such_where_they_are_allowed_and_as_text_where_not(lm):
    text = "<s>a</s>"
    assert ledger(lm, text, allow_special=True).scored.tokens == lm.encode("a</s>", allow_special=True)
    as_text = ledger(lm, text)
    assert as_text.scored.tokens == lm.encode(text)
    assert ledgers(lm, [text])[0].records() == as_text.records()


def test_what_was_read_is_told_while_it_lasts(lm):
    heard = []
    found = ledger(lm, "The cat sat", progress=lambda *of: heard.append(of))
    assert heard[-1][0] == heard[-1][1]
    heard.clear()
    with_others(lm, found, 3, progress=lambda *of: heard.append(of))
    assert heard[-1] == (len(found.rows), len(found.rows))
