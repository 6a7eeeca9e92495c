"""Which text is likelier, against a forward pass of plain torch."""

import math
import re

import pytest

from llmlab.errors import MisuseError
from llmlab.lab.probability.prob import ledger
from llmlab.lab.probability.ranking import ranking
from llmlab.lab.probability.scored import score


def test_the_likeliest_text_comes_first_with_its_ratio_to_the_next(lm, total, texts):
    asked = texts[:20]
    records = ranking(lm, asked).records()
    expected = sorted(((total(text), text) for text in asked), reverse=True)
    assert [row["text"] for row in records] == [text for _, text in expected]
    assert [row["rank"] for row in records] == list(range(1, 21))
    for row, (mine, _), (other, _) in zip(records, expected, expected[1:], strict=False):
        assert row["log_ratio_to_next_nats"] == pytest.approx(mine - other, abs=2e-3)
        assert row["logprob_per_token_nats"] == pytest.approx(mine / len(lm.encode(row["text"])), abs=1e-3)
        assert row["logprob_per_character_nats"] == pytest.approx(mine / len(row["text"]), abs=1e-3)
    assert records[-1]["log_ratio_to_next_nats"] is None


@pytest.mark.parametrize("unit", ["prob", "nats", "bits"])
def test_a_ranking_in_one_unit_shows_that_unit(lm, unit):
    (view,) = ranking(lm, ["The cat", "cat The"]).views(unit=unit, per_token=True)
    shown = {"prob": "P", "nats": "log P", "bits": "bits"}
    assert [column.name for column in view.columns] == ["#", "text", shown[unit], "/token", "/char", "x next"]
    best = score(lm, [view.rows[0][1]])[0]
    convert = {"prob": math.exp, "nats": float, "bits": lambda log: -log / math.log(2)}[unit]
    values = [convert(best.total), convert(best.per_token), convert(best.per_character)]
    assert [float(cell) for cell in view.rows[0][2:5]] == pytest.approx(values, rel=2e-2)


def test_the_document_of_one_text_is_that_of_it_among_many(lm, texts):
    asked = texts[:5]
    many = ranking(lm, asked).document()
    for text in asked:
        alone = ledger(lm, text).document()
        assert {**alone, "texts": 0} == {**many, "texts": 0}
        (own,) = alone["texts"]
        among = next(one for one in many["texts"] if one["text"] == text)
        assert list(own) == list(among)
        assert own["logprob_nats"] == pytest.approx(among["logprob_nats"], abs=1e-4)
        assert [row["rank"] for row in own["ledger"]] == [row["rank"] for row in among["ledger"]]


@pytest.mark.parametrize("unit", [None, "prob", "nats", "bits"])
def test_the_values_stand_in_the_order_given_with_all_their_digits(lm, total, texts, unit):
    asked = texts[:5]
    convert = {"nats": float, "bits": lambda log: -log / math.log(2)}.get(unit, math.exp)
    found = [float(value) for value in ranking(lm, asked).values(unit)]
    assert found == pytest.approx([convert(total(text)) for text in asked], rel=2e-3)


def test_equal_texts_stay_in_the_order_given(lm):
    found = ranking(lm, ["b", "a", "b"]).texts
    assert [one.text for one in found] in (["b", "b", "a"], ["a", "b", "b"])


def test_without_bos_a_single_token_has_no_probability_and_ranks_last(lm_without_bos):
    (document,) = ledger(lm_without_bos, "a").document()["texts"]
    for known in ("logprob_nats", "probability", "probability_mantissa", "probability_exponent", "perplexity"):
        assert document[known] is None
    found = ranking(lm_without_bos, ["a", "The cat sat", "b"])
    assert [one.text for one in found.texts] == ["The cat sat", "a", "b"]
    assert [row["log_ratio_to_next_nats"] for row in found.records()] == [None, None, None]
    assert [row[3:] for row in found.views()[0].rows[1:]] == [["-", ""], ["-", ""]]
    assert found.views()[0].conclusion == ""  # nobody knows how much likelier


def test_of_two_texts_it_is_said_how_much_likelier_one_is_and_that_longer_ones_are_rarer(lm, total):
    (view,) = ranking(lm, ["The cat sat on the mat", "cat"]).views()
    likely, rare = sorted(["The cat sat on the mat", "cat"], key=total, reverse=True)
    times = re.fullmatch(rf'"{likely}" is (\S+) times likelier than "{rare}"\.', view.conclusion)[1]
    assert float(times.replace(",", "")) == pytest.approx(math.exp(total(likely) - total(rare)), rel=1e-2)
    counts = sorted(len(lm.encode(text)) for text in (likely, rare))
    assert view.notes[0] == f"the texts have {counts[0]} and {counts[1]} tokens: a longer text is rarer on the whole"
    assert [column.name for column in view.columns] == ["#", "text", "log P", "P", "x next"]  # no means, which mislead


def test_of_many_texts_the_likeliest_and_the_next_are_named(lm, total):
    texts = ["The cat", "a", "今天天气", "a"]
    (view,) = ranking(lm, texts).views()
    best = sorted(texts, key=total, reverse=True)
    assert view.conclusion.startswith(f'"{best[0]}" is the likeliest of 4 texts, ')
    assert view.conclusion.endswith(f'the next, "{best[1]}".')


def test_texts_of_one_length_are_not_said_to_differ_in_it(lm):
    (view,) = ranking(lm, ["a", "b"]).views()
    assert len(view.notes) == 1


def test_an_empty_text_has_no_probability(lm):
    with pytest.raises(MisuseError, match="the text is empty"):
        ranking(lm, ["a", ""])
