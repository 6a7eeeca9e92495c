"""--plot of every verb of the probability lab: the picture is written, and the table stands on stdout as ever."""

import json

import pytest

PAIRS = b'{"sentence_good": "The cat sat", "sentence_bad": "sat cat The", "UID": "u"}'
QUESTIONS = '{"context": "今天", "choices": [" 天气", "好"], "answer": 0, "group": "g"}'.encode()
LINES = [
    ("prob 'The cat'", b"", "surprisal_bits"),
    ("prob 'The cat' --by word", b"", "surprisal_bits"),
    ("prob 'The cat' --by character", b"", "surprisal_bits"),
    ("prob 'The cat' 今天", b"", "logprob_nats"),
    ("compare 'The cat' 'The mat'", b"", "difference_nats"),
    ("orders 'The cat sat.'", b"", "original"),
    ("cloze 'The [?] sat' -c cat -c mat", b"", "words_logprob_nats"),
    ("choose The -c ' cat' -c ' mat'", b"", "share"),
    ("choose -", QUESTIONS, "low"),
    ("choose - --template 'Q: {prompt}\\nA:'", QUESTIONS, "worst_draw"),
    ("pairs -", PAIRS, "high"),
    ("perplexity -", b"the cat\n", "smoothed_bits"),
    ("calibration - --bins 2", b"the cat\n", "mean_probability"),
    ("guess --seed 1 --length 4", b"x\n\n\n", "tries"),
]


@pytest.mark.parametrize(("line", "stdin", "field"), LINES)
def test_the_picture_is_written_beside_the_table(lab, tmp_path, line, stdin, field):
    plain, done = lab(f"{line} LM", stdin), lab(f"{line} LM --plot {tmp_path}/x.vl.json", stdin)
    assert (done.code, done.out) == (0, plain.out)
    found = json.loads((tmp_path / "x.vl.json").read_text("utf-8"))
    rows = [row for row in _rows(found) if field in row]
    assert rows
    assert found["config"]["background"] == "#ffffff"


def _rows(chart):
    yield from chart.get("data", {}).get("values", ())
    for below in ("vconcat", "layer"):
        for part in chart.get(below, ()):
            yield from _rows(part)


def test_the_others_of_a_token_are_told_under_the_pointer_and_not_in_the_table(lab, tmp_path):
    done = lab(f"prob 'The cat' LM --plot {tmp_path}/x.vl.json")
    rows = [row for row in _rows(json.loads((tmp_path / "x.vl.json").read_text("utf-8"))) if "others" in row]
    assert {len(row["others"].split("  ")) for row in rows} == {5}
    assert "others" not in done.out
