"""Records for programs: what is read back is what was written."""

import csv
import io
import json
import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmlab.render import records
from llmlab.view import Vector

TEXT = st.text(st.characters(codec="utf-8"))
FLOAT = st.floats(allow_nan=False, allow_infinity=False)
ROW = st.fixed_dictionaries({"text": TEXT, "score": FLOAT, "count": st.integers(), "vector": st.lists(FLOAT)})
STEERING = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


@given(st.lists(ROW))
def test_json_and_jsonl_give_everything_back(rows):
    document, lines = records.to_json({"rows": rows}), records.to_jsonl(rows)
    assert json.loads(document) == {"rows": rows}
    assert lines.count("\n") == len(rows)
    assert [json.loads(line) for line in lines.split("\n")[:-1]] == rows
    assert not STEERING.search(document + lines)


@given(st.lists(ROW, min_size=1))
def test_csv_and_tsv_give_numbers_back_exactly_and_steer_no_terminal(rows):
    for write, delimiter in ((records.to_csv, ","), (records.to_tsv, "\t")):
        written = write(rows)
        found = list(csv.DictReader(io.StringIO(written, newline=""), delimiter=delimiter))
        assert [(float(row["score"]), int(row["count"])) for row in found] == [(r["score"], r["count"]) for r in rows]
        assert [json.loads(row["vector"]) for row in found] == [row["vector"] for row in rows]
        assert not STEERING.search(written)
        for row, wanted in zip(found, rows, strict=True):
            if not re.search(r"[\x00-\x1f\x7f-\x9f]", wanted["text"]):
                assert row["text"] == wanted["text"]


@given(st.lists(ROW, min_size=1))
def test_tsv_has_one_record_a_line(rows):
    assert records.to_tsv(rows).count("\n") == len(rows) + 1


@pytest.mark.parametrize(
    ("text", "as_csv", "as_tsv"),
    [
        ("a\nb", '"a\nb"', "a\\nb"),
        ("a\tb", "a\tb", "a\\tb"),
        ('say "hi", 爱', '"say ""hi"", 爱"', '"say ""hi"", 爱"'),
        ("\x1b[31m", "\\x1b[31m", "\\x1b[31m"),
        ("\x9b", "\\x9b", "\\x9b"),
        ("[red]", "[red]", "[red]"),
        (None, '""', '""'),
    ],
)
def test_text_is_data(text, as_csv, as_tsv):
    assert records.to_csv([{"t": text}]) == f"t\n{as_csv}\n"
    assert records.to_tsv([{"t": text}]) == f"t\n{as_tsv}\n"


def test_chinese_stays_readable_and_nothing_is_nothing():
    assert "爱" in records.to_json({"word": "爱"})
    assert (records.to_jsonl([]), records.to_csv([]), records.to_tsv([])) == ("", "", "")


@pytest.mark.parametrize("number", [math.nan, math.inf])
def test_json_has_no_word_for_what_is_no_number(number):
    with pytest.raises(ValueError, match="not JSON compliant"):
        records.to_json({"x": number})


def test_the_header_of_a_table_names_what_any_record_has_in_the_order_it_is_met():
    rows = [{"rank": 1, "word": "a"}, {"rank": 2, "zipf": 3.5, "word": "b"}, {"also": "x, y", "rank": 3}]
    assert records.to_csv(rows) == 'rank,word,zipf,also\n1,a,,\n2,b,3.5,\n3,,,"x, y"\n'
    assert records.to_tsv(rows) == "rank\tword\tzipf\talso\n1\ta\t\t\n2\tb\t3.5\t\n3\t\t\tx, y\n"


@pytest.mark.parametrize(
    ("name", "as_csv", "as_tsv"),
    [
        ("\x1b]52;c;aGk=\x07", "\\x1b]52;c;aGk=\\x07", "\\x1b]52;c;aGk=\\x07"),
        ("a\u202eb\u200f", "a\\u202eb\\u200f", "a\\u202eb\\u200f"),
        ("a\nb", '"a\nb"', "a\\nb"),
        ("a\tb", "a\tb", "a\\tb"),
    ],
)
def test_the_name_of_a_column_is_data_too(name, as_csv, as_tsv):
    assert records.to_csv([{name: 1}]) == f"{as_csv}\n1\n"
    assert records.to_tsv([{name: 1}]) == f"{as_tsv}\n1\n"


NAMES = st.text("ab", min_size=1, max_size=2)


@given(st.lists(st.dictionaries(NAMES, st.integers(), min_size=1), min_size=1))
def test_records_of_different_keys_lose_nothing_in_a_table(rows):
    for write, delimiter in ((records.to_csv, ","), (records.to_tsv, "\t")):
        found = list(csv.DictReader(io.StringIO(write(rows), newline=""), delimiter=delimiter))
        assert [{key: int(value) for key, value in row.items() if value} for row in found] == rows


VALUES = st.recursive(
    st.none() | st.booleans() | FLOAT | TEXT, lambda one: st.lists(one) | st.dictionaries(TEXT, one), max_leaves=5
)


@given(st.lists(VALUES))
def test_a_list_in_a_table_is_json_whatever_it_holds(value):
    for write, delimiter in ((records.to_csv, ","), (records.to_tsv, "\t")):
        written = write([{"t": value}])
        assert not STEERING.search(written.replace("\t", ""))
        _, (cell,) = csv.reader(io.StringIO(written, newline=""), delimiter=delimiter)
        assert json.loads(cell) == value


def test_a_vector_has_a_column_for_each_dimension_and_an_object_for_each_key():
    rows = [{"text": "a", "vector": Vector([1.5, -2], ["x", "x=y"]), "values": {"x": 3, "text": 4}, "ids": [1, 2]}]
    expected = 'text,vector.x,vector.x=y,values.x,values.text,ids\na,1.5,-2,3,4,"[1, 2]"\n'
    assert records.to_csv(rows) == expected
    assert records.to_tsv(rows) == expected.replace('"', "").replace(",", "\t").replace("[1\t ", "[1, ")
    assert json.loads(records.to_jsonl(rows)) == {**rows[0], "vector": [1.5, -2]}


@pytest.mark.parametrize("form", ["csv", "tsv"])
def test_the_mark_of_spreadsheets_stands_once_before_everything(form):
    batches = [[{"t": "爱"}], [{"t": "b"}]]
    assert list(records.streamed(batches, form, bom=True)) == ["\ufeff", "t\n爱\n", "b\n"]


FORMULA = re.compile(r"[=+\-@＝＋－＠\t\r\n]")
CELLS = st.one_of(TEXT, st.text("=+-@\t\r\n'＝a1,\"", max_size=4), st.floats(allow_nan=False), st.integers(), st.none())


@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_the_rows_of_a_long_text_come_in_pieces_since_each_holds_the_whole_text(form):
    rows = [{"text": "a" * records.PIECE, "position": n} for n in range(3)] + [
        {"text": "b", "position": n} for n in (3, 4)
    ]
    pieces = list(records.streamed([rows], form))
    assert [piece.count("\n") for piece in pieces] == [1 + (form == "csv"), 1, 1, 2]


@pytest.mark.parametrize(("form", "delimiter"), [("csv", ","), ("tsv", "\t")])
@given(rows=st.lists(st.dictionaries(st.one_of(NAMES, st.just("=name")), CELLS, min_size=1), min_size=1, max_size=4))
def test_no_text_is_a_formula_to_a_spreadsheet_where_that_is_asked_for(form, delimiter, rows):
    plain, safe = (
        list(
            csv.reader(io.StringIO("".join(records.streamed([rows], form, safe=safe)), newline=""), delimiter=delimiter)
        )
        for safe in (False, True)
    )
    names = list(dict.fromkeys(name for row in rows for name in row))
    values = [names, *([row.get(name) for name in names] for row in rows)]
    for before, after, own in zip(plain, safe, values, strict=True):
        for text, cell, value in zip(before, after, own, strict=True):
            guarded = isinstance(value, str) and FORMULA.match(text) is not None
            assert cell == ("'" + text if guarded else text)


@pytest.mark.parametrize(("value", "line"), [("a b ", "a b \n"), ("a\nb\tc", "a\\nb\\tc\n"), ("\x1b[m", "\\x1b[m\n")])
def test_a_value_is_one_line_whatever_it_holds(value, line):
    assert records.to_lines([value, ""]) == f"{line}\n"


@pytest.mark.parametrize("write", [records.to_csv, records.to_tsv])
def test_the_text_in_a_list_keeps_its_control_and_bidirectional_characters_as_escapes(write):
    value = ["\x1b[31m", "\x9b", "a\u202eb", 'say "hi"', "a\nb\tc", "爱"]
    written = write([{"t": value}])
    assert not set("\x1b\x9b\u202e") & set(written)
    assert json.loads(next(csv.DictReader(io.StringIO(written, newline=""), delimiter="\t"))["t"]) == value


@pytest.mark.parametrize(
    "write", [records.to_json, lambda row: records.to_jsonl([row]), lambda row: records.to_csv([row])]
)
def test_bidirectional_characters_turn_no_line(write):
    assert "\u202e" not in write({"t": "a\u202eb"})
    assert r"a\u202eb" in write({"t": "a\u202eb"})


def test_every_beginning_of_a_record_is_known_as_one_and_no_other_text_is():
    row = {"prompt": 'a "b\\c" ]\u2028 今天\x7f', "chat": None, "seed": 3, "top_p": 1.0, "same": False, "also": True}
    row |= {"stop": ["]", '\n"x'], "token_ids": [1, 2], "logprob_nats": -1.5e-07, "finish": "stop"}
    line = records.to_jsonl([row]).encode().removesuffix(b"\n")
    assert [end for end in range(1, len(line)) if not records.begins(line[:end], list(row))] == []
    others = [b"{", b'{"prompt": ', b'{"prompt": "x", "ch']
    assert all(records.begins(other, list(row)) for other in others)
    strange = [
        line,
        b"notes",
        b"\xff",
        b'{"my": ',
        b'{"prompt": x',
        b'{"prompt": "x", "mine": ',
        b'{"prompt": "x"}',
        b"[",
    ]
    assert [other for other in strange if records.begins(other, list(row))] == []
