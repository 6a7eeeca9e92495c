"""Tokens grouped to words and characters, and the correction of words, against plain torch."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmlab.backends.base import Tokens
from llmlab.errors import MisuseError
from llmlab.lab.probability.prob import ledger
from llmlab.lab.probability.words import grouped


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
    found = ledger(lm, text, "word", correct=True)
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
    found = ledger(lm, "👨‍👩‍👧é天", "char")
    assert found.rows[0].piece.decode().startswith("👨‍👩‍👧")


@pytest.mark.parametrize(
    ("text", "by", "said", "hint"),
    [
        ("今天天气很好", "word", "the word correction is about the spaces between words", "this text has none"),
        ("The cat", "token", "the word correction is of words", "use it with --by word"),
        ("The cat", "character", "the word correction is of words", "use it with --by word"),
    ],
)
def test_the_correction_is_of_words_between_spaces(lm, text, by, said, hint):
    with pytest.raises(MisuseError) as refused:
        ledger(lm, text, by, correct=True)
    assert (str(refused.value), refused.value.hint) == (said, hint)
