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
