"""The ledger by token, word and character, against plain torch."""

import math

import numpy as np
import pytest
import tiny
from hypothesis import given
from hypothesis import strategies as st

from llmlab.backends.base import Tokens
from llmlab.backends.huggingface import HuggingFaceLM
from llmlab.lab import ledger
from llmlab.lab.words import grouped

TEXTS = ["He likes movies.", "今天天气很好", " two  spaces ", "I ❤️ NY 👩‍👩‍👧", "a\n\nb <s> c"]


@pytest.fixture(scope="module")
def model(lm_folder):
    return HuggingFaceLM(lm_folder, "tiny")


@pytest.mark.parametrize("text", TEXTS)
def test_rank_and_entropy_are_those_of_torchs_distribution(model, lm_folder, text):
    ids = model._bos + model.encode(text).ids
    rows = tiny.plain_torch(lm_folder)(ids)
    for i, record in enumerate(ledger.ledger(model, text).records()):
        assert record["logprob_nats"] == pytest.approx(rows[i][ids[i + 1]], abs=1e-4)
        assert record["rank"] == pytest.approx(1 + (rows[i] > rows[i][ids[i + 1]]).sum(), abs=1)
        assert record["entropy_bits"] == pytest.approx(-(np.exp(rows[i]) * rows[i]).sum() / math.log(2), abs=1e-3)


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("unit", ["word", "char"])
def test_words_and_characters_sum_to_the_text_and_split_none(model, text, unit):
    by_token, found = ledger.ledger(model, text), ledger.ledger(model, text, unit=unit)
    assert sum(row.logprob for row in found.rows) == pytest.approx(by_token.scored.total, abs=1e-9)
    assert "".join(row.piece.decode() for row in found.rows) == text  # every group is whole UTF-8


def test_words_are_those_between_spaces(model):
    assert [row.piece.decode() for row in ledger.ledger(model, "He likes movies.", unit="word").rows] == [
        "He",
        " likes",
        " movies.",
    ]


@given(st.text("a 天👩\n", min_size=1, max_size=10), st.sampled_from(["token", "word", "char"]), st.data())
def test_groups_follow_one_another_and_cover_every_token(text, unit, data):
    raw = text.encode()
    cuts = sorted(data.draw(st.sets(st.integers(1, len(raw)), max_size=6)) | {len(raw)})
    pieces = tuple(raw[a:b] for a, b in zip([0, *cuts], cuts, strict=False))
    groups = grouped(Tokens(tuple(range(len(pieces))), pieces), unit)
    assert [token for group in groups for token in group] == list(range(len(pieces)))
    if unit != "token":
        assert all(b"".join(pieces[i] for i in group).decode() for group in groups)


def test_the_formula_multiplies_what_the_ledger_lists(model):
    found = ledger.ledger(model, "今天天气很好", formula=True)
    symbols, numbers = found.views()[0].notes[:2]
    assert symbols.startswith("p(今天天气很好) = p(")
    assert symbols.count("×") == numbers.count("×") == len(found.rows) - 1
