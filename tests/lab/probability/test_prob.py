"""The ledger by token, word and character, against plain torch."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmlab.backends.base import Tokens
from llmlab.errors import MisuseError
from llmlab.lab.ledger import Look, ledger
from llmlab.lab.words import grouped, language
from llmlab.view import Strip

TEXTS = ["He likes movies.", "今天天气很好", " two  spaces ", "I ❤️ NY 👩‍👩‍👧", "a\n\nb <s> c"]


@pytest.mark.parametrize("text", TEXTS)
def test_rank_and_entropy_are_those_of_torchs_distribution(lm, plain, text):
    ids = lm.encode(text).ids
    rows = plain(ids)
    for i, record in enumerate(ledger(lm, text, Look()).records()):
        assert record["logprob_nats"] == pytest.approx(rows[i][ids[i]], abs=1e-4)
        assert record["surprisal_bits"] == pytest.approx(-rows[i][ids[i]] / math.log(2), abs=2e-4)
        assert record["rank"] == pytest.approx(1 + (rows[i] > rows[i][ids[i]]).sum(), abs=1)
        assert record["entropy_bits"] == pytest.approx(-(np.exp(rows[i]) * rows[i]).sum() / math.log(2), abs=1e-3)


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("by", ["word", "char"])
def test_words_and_characters_sum_to_the_text_and_split_none(lm, total, text, by):
    found = ledger(lm, text, Look(by))
    assert sum(row.logprob for row in found.rows) == pytest.approx(total(text), abs=1e-3)
    assert found.rows[-1].total == pytest.approx(total(text), abs=1e-3)
    assert "".join(row.piece.decode() for row in found.rows) == text  # every group is whole UTF-8


def test_words_are_those_between_spaces(lm):
    found = ledger(lm, "He likes movies.", Look("word"))
    assert [row.piece.decode() for row in found.rows] == ["He", " likes", " movies."]
    assert [row.before for row in found.rows] == ["", "He", "He likes"]


@given(st.text("a 天👩\n", min_size=1, max_size=10), st.sampled_from(["token", "word", "char"]), st.data())
def test_groups_follow_one_another_and_cover_every_token(text, by, data):
    raw = text.encode()
    cuts = sorted(data.draw(st.sets(st.integers(1, len(raw)), max_size=6)) | {len(raw)})
    pieces = tuple(raw[a:b] for a, b in zip([0, *cuts], cuts, strict=False))
    groups = grouped(Tokens(tuple(range(len(pieces))), pieces), by)
    assert [token for group in groups for token in group] == list(range(len(pieces)))
    if by != "token":
        assert all(b"".join(pieces[i] for i in group).decode() for group in groups)


def boundary_mass(lm, row):
    """P(the next token begins with white space or ends the text), by one row of plain torch."""
    starts = [lm.piece(token).decode(errors="ignore")[:1].isspace() or token == 1 for token in range(len(row))]
    return np.exp(row)[starts].sum()


@pytest.mark.parametrize("text", ["He likes movies.", "The cat sat on  the mat", "cat", "a\u3000b", "He 电影 it."])
def test_a_corrected_word_holds_the_boundary_after_it_and_not_the_one_before(lm, plain, text):
    tokens = lm.encode(text)
    rows = plain(tokens.ids)
    found = ledger(lm, text, Look("word"), correct=True)
    place = 0
    for number, row in enumerate(found.rows):
        span = range(place, place + len(row.ids))
        expected = sum(rows[i][tokens.ids[i]] for i in span) + math.log(boundary_mass(lm, rows[span.stop]))
        if number:
            expected -= math.log(boundary_mass(lm, rows[span.start]))
        assert row.corrected == pytest.approx(expected, abs=1e-3)
        place = span.stop
    # The factors telescope: what is left is the text and the boundary after it.
    whole = found.scored.total + math.log(boundary_mass(lm, rows[-1]))
    assert sum(row.corrected for row in found.rows) == pytest.approx(whole, abs=1e-3)
    assert [row["corrected_logprob_nats"] for row in found.records()] == [row.corrected for row in found.rows]


def test_characters_are_what_unicode_counts_as_one(lm):
    found = ledger(lm, "👨‍👩‍👧é天", Look("char"))
    assert found.rows[0].piece.decode().startswith("👨‍👩‍👧")


@pytest.mark.parametrize(("text", "by"), [("今天天气很好", "word"), ("The cat", "token"), ("The cat", "char")])
def test_the_correction_is_of_words_between_spaces(lm, text, by):
    with pytest.raises(MisuseError, match="the word correction is"):
        ledger(lm, text, Look(by), correct=True)


@pytest.mark.parametrize(
    ("unit", "sign", "value"),
    [
        ("prob", "×", math.exp),
        ("nats", "+", float),
        ("bits", "+", lambda log: -log * 1.442695),
    ],
)
def test_the_formula_combines_what_the_ledger_lists_in_its_unit(lm, unit, sign, value):
    found = ledger(lm, "The cat sat", Look(unit=unit, formula=True))
    symbols, numbers = found.views()[0].notes[:2]
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
    (view,) = ledger(lm, "The cat", Look(unit=unit)).views()
    assert [column.name for column in view.columns] == columns
    assert all(len(row) == len(columns) for row in view.rows)


def test_a_strip_is_the_text_itself_shaded_by_surprisal(lm, plain):
    text = "The cat sat"
    ids = lm.encode(text).ids
    expected = -plain(ids)[np.arange(len(ids)), list(ids)] / math.log(2) / 16
    (strip,) = ledger(lm, text, Look(strip=True)).views()
    assert isinstance(strip, Strip)
    assert "".join(part for part, _ in strip.parts) == text
    np.testing.assert_allclose([shade for _, shade in strip.parts], np.minimum(expected, 1), atol=1e-4)


def test_without_bos_the_first_token_is_unshaded_and_said_to_be_unknown(lm_without_bos):
    (strip,) = ledger(lm_without_bos, "The cat", Look(strip=True)).views()
    assert strip.parts[0][1] == 0
    assert "no BOS: a text's first token has no probability" in strip.notes[-1]


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        *[("爱", "zh"), ("ひ", "ja"), ("カ", "ja"), ("사랑", "ko"), ("любовь", "ru"), ("حب", "ar"), ("αγάπη", "el")],
        *[("אהבה", "he"), ("प्यार", "hi"), ("รัก", "th"), ("a爱", "zh")],
        *[("love", ""), ("café", ""), ("42", ""), ("🎉", "")],
    ],
)
def test_a_word_belongs_to_the_language_of_its_script(word, expected):
    assert language(word) == expected
