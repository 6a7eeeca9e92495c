"""The chain rule and the ranking, against a forward pass of plain torch."""

import math
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from llmlab.errors import MisuseError
from llmlab.lab import ledger, probability

TEXT = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12)
MANY = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def total(plain, lm, text):
    """log P of a text in nats, by plain torch."""
    ids = lm.encode(text).ids
    return plain(ids[:-1])[np.arange(len(ids)), list(ids)].sum()


def test_the_probability_of_a_text_is_the_product_of_its_tokens(lm, plain, texts):
    for scored in probability.score(lm, texts[::3]):
        expected = total(plain, lm, scored.text)
        assert scored.total == pytest.approx(expected, abs=1e-3)
        assert scored.perplexity == pytest.approx(math.exp(-expected / len(scored.tokens)), rel=1e-3)
        found, exact = scored.summary(), Decimal(expected).exp()
        written = Decimal(found["probability_mantissa"]).scaleb(found["probability_exponent"])
        assert float(written / exact) == pytest.approx(1, abs=2e-3)


@MANY
@given(TEXT)
def test_each_factor_is_what_the_model_says_comes_next(lm, text):
    found = ledger.ledger(lm, text, ledger.Look())
    tokens = found.scored.tokens
    contexts = [lm.encode("")] + [type(tokens)(tokens.ids[:i], tokens.pieces[:i]) for i in range(1, len(tokens))]
    expected = lm.next(contexts)[np.arange(len(tokens)), list(tokens.ids)]
    np.testing.assert_allclose(found.scored.logprobs, expected, atol=1e-4)


@MANY
@given(TEXT)
def test_the_rows_of_the_ledger_sum_to_its_total(lm, text):
    document = ledger.ledger(lm, text, ledger.Look()).document()
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
    found = ledger.ledger(lm, "The cat\n", ledger.Look())
    (view,) = found.views()
    assert view.title == "P(The cat↵)"
    assert len(view.rows) == len(found.scored.tokens)
    assert view.rows[-1][1].endswith("↵")
    assert f"perplexity = {found.scored.perplexity:.2f}" in view.notes[0]
    assert "tiny r1, torch, float32, after <s>" in view.notes[1]


def test_the_likeliest_text_comes_first_with_its_ratio_to_the_next(lm, plain, texts):
    asked = texts[:20]
    records = probability.ranking(lm, asked).records()
    expected = sorted(((total(plain, lm, text), text) for text in asked), reverse=True)
    assert [row["text"] for row in records] == [text for _, text in expected]
    assert [row["rank"] for row in records] == list(range(1, 21))
    for row, (mine, _), (other, _) in zip(records, expected, expected[1:], strict=False):
        assert row["log_ratio_to_next_nats"] == pytest.approx(mine - other, abs=2e-3)
        assert row["logprob_per_token_nats"] == pytest.approx(mine / len(lm.encode(row["text"])), abs=1e-3)
        assert row["logprob_per_character_nats"] == pytest.approx(mine / len(row["text"]), abs=1e-3)
    assert records[-1]["log_ratio_to_next_nats"] is None


@pytest.mark.parametrize("unit", ["prob", "nats", "bits"])
def test_a_ranking_in_one_unit_shows_that_unit(lm, unit):
    (view,) = probability.ranking(lm, ["The cat", "cat The"], unit=unit).views()
    shown = {"prob": "P", "nats": "log P", "bits": "bits"}
    assert [column.name for column in view.columns] == ["#", "text", shown[unit], "/token", "/char", "x next"]
    best = probability.score(lm, [view.rows[0][1]])[0]
    convert = {"prob": math.exp, "nats": float, "bits": lambda log: -log / math.log(2)}[unit]
    values = [convert(best.total), convert(best.per_token), convert(best.per_character)]
    assert [float(cell) for cell in view.rows[0][2:5]] == pytest.approx(values, rel=2e-2)


def test_equal_texts_stay_in_the_order_given(lm):
    found = probability.ranking(lm, ["b", "a", "b"]).texts
    assert [one.text for one in found] in (["b", "b", "a"], ["a", "b", "b"])


def test_without_bos_the_first_token_is_null_and_not_certain(lm_without_bos):
    document = ledger.ledger(lm_without_bos, "The cat", ledger.Look()).document()
    first, *rest = document["ledger"]
    assert (first["logprob_nats"], first["probability"], first["total_logprob_nats"]) == (None, None, None)
    assert document["logprob_nats"] == pytest.approx(sum(row["logprob_nats"] for row in rest))
    assert document["perplexity"] == pytest.approx(math.exp(-document["logprob_nats"] / len(rest)))
    assert document["bos"] is None


def test_without_bos_a_single_token_has_no_probability_and_ranks_last(lm_without_bos):
    document = ledger.ledger(lm_without_bos, "a", ledger.Look()).document()
    for known in ("logprob_nats", "probability", "probability_mantissa", "probability_exponent", "perplexity"):
        assert document[known] is None
    ranking = probability.ranking(lm_without_bos, ["a", "The cat sat", "b"])
    assert [one.text for one in ranking.texts] == ["The cat sat", "a", "b"]
    assert [row["log_ratio_to_next_nats"] for row in ranking.records()] == [None, None, None]
    assert [row[3:] for row in ranking.views()[0].rows[1:]] == [["-", "-", "-", ""], ["-", "-", "-", ""]]


def test_an_empty_text_has_no_probability(lm):
    with pytest.raises(MisuseError, match="the text is empty"):
        probability.ranking(lm, ["a", ""])
