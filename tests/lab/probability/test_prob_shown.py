"""How a ledger is shown: tables, strips and sentences of probabilities that are powers of two."""

import math
from dataclasses import replace

import numpy as np
import pytest

from llmlab.backends.base import Tokens
from llmlab.lab.probability.prob import Ledger, Row
from llmlab.lab.probability.scored import Scored
from llmlab.lab.provenance import Provenance
from llmlab.view import Column

QUARTER, HALF, EIGHTH = math.log(1 / 4), math.log(1 / 2), math.log(1 / 8)
OTHERS = ((b" A", HALF), (b"a", EIGHTH))
ORIGIN = Provenance({"bos": "<s>"}, "of a test")
THE = Row(b" The", (5,), "", QUARTER, QUARTER, 2, math.log(8), others=OTHERS)
END = Row(b"\n", (6,), " The", HALF, EIGHTH, 1, math.log(2))
UNKNOWN = Row(b"", (7,), "", math.nan, math.nan, None, None)  # without BOS, and of a server that tells no more
GIVEN, TOKEN = Column("given", tail=12), Column("token", wide=True)
COLUMNS = {
    name: Column(name, number=True, means=means)
    for name, means in {
        "P": "probability after what is given",
        "log P": "its natural logarithm",
        "bits": "surprisal, -log2 P",
        "corrected": "with the space after the word instead of the one before it",
        "rank": "place in the vocabulary by probability",
        "entropy": "bits, of what might have come",
        "product": "of this row and those above",
        "sum": "of this row and those above",
    }.items()
}


def made(*rows, by="token", origin=ORIGIN):
    tokens = Tokens(tuple(i for row in rows for i in row.ids), tuple(row.piece for row in rows))
    text = b"".join(tokens.pieces).decode(errors="replace")
    return Ledger(Scored(text, tokens, np.array([row.logprob for row in rows])), rows, by, origin)


@pytest.mark.parametrize(
    ("unit", "numbers", "rows"),
    [
        (
            None,
            ["P", "log P", "bits", "rank", "entropy", "product"],
            [["0.2500", "-1.386", "2.00", 2, "3.00", "0.2500"], ["0.5000", "-0.693", "1.00", 1, "1.00", "0.1250"]],
        ),
        (
            "prob",
            ["P", "rank", "entropy", "product"],
            [["0.2500", 2, "3.00", "0.2500"], ["0.5000", 1, "1.00", "0.1250"]],
        ),
        (
            "nats",
            ["log P", "rank", "entropy", "sum"],
            [["-1.386", 2, "3.00", "-1.386"], ["-0.693", 1, "1.00", "-2.079"]],
        ),
        ("bits", ["bits", "rank", "entropy", "sum"], [["2.000", 2, "3.00", "2.000"], ["1.000", 1, "1.00", "3.000"]]),
    ],
)
def test_a_row_tells_its_figures_in_the_unit_asked_for(unit, numbers, rows):
    (view,) = made(THE, END).views(unit=unit)
    assert view.title == "P( The↵)"
    assert view.columns == (GIVEN, TOKEN, *(COLUMNS[name] for name in numbers))
    assert view.rows == [["<s>", "␣The", *rows[0]], ["␣The", "↵", *rows[1]]]
    assert view.notes == ("log P = -2.079 nats   P = 0.1250   perplexity = 2.83", "of a test")  # 8 ** (1 / 2)
    assert view.conclusion == "one text in 8.00 is this one; a token is as uncertain as 2.83 equal choices"


def test_what_might_have_come_instead_stands_in_the_last_column():
    (view,) = made(THE, END).views(others=True)
    assert view.columns[-1] == Column("others", wide=True, means="the likeliest beside it, and their P")
    assert [row[-1] for row in view.rows] == ["␣A 0.5000  a 0.1250", ""]


@pytest.mark.parametrize(
    ("unit", "line"),
    [
        (None, "p = 0.5000 × 0.2500 = 0.1250"),
        ("nats", "log p = -0.693 + -1.386 = -2.079"),
        ("bits", "-log2 p = 1.000 + 2.000 = 3.000"),
    ],
)
def test_the_formula_stands_above_its_figures(unit, line):
    (view,) = made(THE, END).views(unit=unit, formula=True)
    assert view.notes[:2] == ("p( The↵) = p(↵|␣The) × p(␣The)", line)


def test_a_strip_tells_what_the_table_tells_and_what_its_shades_say():
    joiner = replace(END, piece="\u200d".encode())
    found = made(THE, joiner)
    (strip,), (view,) = found.views(strip=True), found.views()
    assert strip.parts == [(" The", pytest.approx(2 / 16)), ("\u200d", pytest.approx(1 / 16))]
    assert strip.legend == [
        ("2 bits", 1 / 8),
        ("4 bits", 1 / 4),
        ("8 bits", 1 / 2),
        ("12 bits", 3 / 4),
        ("16 or more", 1),
    ]
    assert (strip.title, strip.notes, strip.conclusion) == (view.title, view.notes, view.conclusion)


def test_the_least_likely_are_all_of_the_full_shade():
    rows = [replace(END, logprob=bits * -math.log(2)) for bits in (15, 16, 17, 400)]
    (strip,) = made(*rows).views(strip=True)
    assert [shade for _, shade in strip.parts] == pytest.approx([15 / 16, 1, 1, 1])


@pytest.mark.parametrize(("unit", "values"), [(None, 1 / 8), ("prob", 1 / 8), ("nats", EIGHTH), ("bits", 3)])
def test_the_value_is_the_total_in_the_unit_asked_for(unit, values):
    (value,) = made(THE, END).values(unit)
    assert float(value) == pytest.approx(values)


def test_what_is_not_known_is_a_dash_and_nothing_is_said_to_stand_before_it_without_bos():
    (view,) = made(UNKNOWN, replace(END, total=HALF), origin=Provenance({"bos": None}, "")).views()
    assert view.rows[0] == ["", "", "-", "-", "-", "-", "-", "-"]
    assert view.rows[1][0] == "␣The"


@pytest.mark.parametrize(
    ("by", "pieces", "conclusion"),
    [
        ("token", [b"T", b"h"], 'one of the texts that begin with "Th" in 2.00 is this one; a token is'),
        ("word", [b"The"], 'one of the texts that begin with "The" in 2.00 is this one; a token is'),
        ("character", [b"T", b"h"], 'one of the texts that begin with "Th" in 2.00 begins like this; a character is'),
        ("token", [b"\xe4"], 'one of the texts that begin with "\ufffd" in 2.00 is this one; a token is'),
    ],
)
def test_a_beginning_without_a_probability_is_given(by, pieces, conclusion):
    rows = [*(replace(UNKNOWN, piece=piece) for piece in pieces), replace(END, total=HALF)]
    (view,) = made(*rows, by=by).views()
    assert view.conclusion == f"{conclusion} as uncertain as 2.00 equal choices"


CORRECTED = replace(THE, rank=None, entropy=None, corrected=HALF, others=())


@pytest.mark.parametrize(
    ("unit", "cells", "total"),
    [
        (None, "-0.693", "(nats)"),
        ("prob", "0.5000", "(prob)"),
        ("nats", "-0.693", "(nats)"),
        ("bits", "1.000", "(bits)"),
    ],
)
def test_a_corrected_word_tells_so_in_the_unit_asked_for(unit, cells, total):
    (view,) = made(CORRECTED, by="word").views(unit=unit)
    assert view.columns[1] == Column("word", wide=True)
    assert view.columns[-2:] == (COLUMNS["corrected"], COLUMNS["sum" if unit in ("nats", "bits") else "product"])
    assert view.rows[0][-2] == cells
    said = "the space after a word, not the one before it, belongs to it; in all"
    assert view.notes[1] == f"corrected {total}: {said} {cells}"


def test_what_words_are_corrected_to_is_added_and_nothing_is_said_of_it_unasked():
    rows = (replace(CORRECTED, corrected=0.0), CORRECTED, replace(CORRECTED, corrected=QUARTER))
    (view,) = made(*rows, by="word").views()
    assert view.notes[1].endswith("in all -2.079")
    (plain,) = made(THE, END, by="word").views()
    assert plain.columns == (
        GIVEN,
        Column("word", wide=True),
        *(COLUMNS[name] for name in ("P", "log P", "bits", "product")),
    )
    assert len(plain.notes) == 2


def test_a_picture_is_titled_as_the_table_is():
    found = made(THE, END)
    assert found.chart()["title"]["text"] == [found.views()[0].title]


@pytest.mark.parametrize(("by", "perplexity"), [("character", math.sqrt(8)), ("token", 8), ("word", 8)])
def test_perplexity_is_by_character_where_the_rows_are_and_else_by_token(by, perplexity):
    one_token = Scored("The", Tokens((1,), (b"The",)), np.array([EIGHTH]))
    rows = (replace(UNKNOWN, piece=b"T"), replace(THE, piece=b"h"), replace(END, piece=b"e"))
    assert replace(made(*rows, by=by), scored=one_token).perplexity == pytest.approx(perplexity)


def test_without_any_probability_there_is_no_perplexity():
    assert math.isnan(made(UNKNOWN, by="character").perplexity)


FIRST = {
    "position": 0,
    "before": "",
    "logprob_nats": QUARTER,
    "probability": pytest.approx(1 / 4),
    "surprisal_bits": pytest.approx(2),
    "total_logprob_nats": QUARTER,
}
OF_TOKEN = {"token": " The", "token_ids": [5], "rank": 2, "entropy_bits": pytest.approx(3)}
ORIGIN_TOLD = {"text": " The\n", "windows": 1, "bos": "<s>"}


@pytest.mark.parametrize(
    ("by", "own"),
    [("token", OF_TOKEN), ("word", {"word": " The", "token_ids": [5]}), ("character", {"character": " The"})],
)
def test_a_record_tells_all_of_its_row(by, own):
    first, second = made(THE, END, by=by).records()
    assert first == FIRST | own | ORIGIN_TOLD
    assert (second["position"], second["before"], second["total_logprob_nats"]) == (1, " The", EIGHTH)
    listed = replace(made(THE, END, by=by), listed=True).records()[0]["alternatives"]
    assert listed == [{"token": " A", "probability": 1 / 2}, {"token": "a", "probability": pytest.approx(1 / 8)}]


def test_a_document_tells_once_what_all_rows_have_in_common():
    found = replace(made(THE, END), covered={"contexts": 7})
    document = found.document()
    (text,) = document.pop("texts")
    assert document == {"bos": "<s>"}
    assert text.pop("ledger")[0] == FIRST | OF_TOKEN
    assert text == {"rank": 1, **found.scored.summary(), "contexts": 7, "log_ratio_to_next_nats": None, "by": "token"}


def test_what_stands_before_a_factor_is_all_before_it():
    (view,) = made(THE, replace(THE, piece=b" cat"), END).views(formula=True)
    assert view.notes[0] == "p( The cat↵) = p(↵|␣The␣cat) × p(␣cat|␣The) × p(␣The)"
