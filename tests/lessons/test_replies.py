"""What a learner types is read as they mean it: a number, words, records; what is none of them is told in a line."""

import json

import pytest

from llmlab.errors import MisuseError
from llmlab.lessons.replies import Reply

COMMAS = ["0,45", "12,34", "1,2345"]  # of a decimal, or of nobody knows what
HUGE = ["1e300", "-1e100", "1e999", "9" * 5000]
ODD = ["[" * 5000, '{"a": NaN}', '{"a": 1e999}', '{"a": Infinity}']
MISUSE = {  # how an answer is read, answers that are none, what is said
    "number": (["", "high", "0.4 0.5", "0.4 or 0.5", "0.4, 0.5", "2-3", "1.2.3", *COMMAS, *HUGE], "one number"),
    "words": (["", " ", "，、;\n"], "the answer is empty"),
    "records": (
        ["", "0.45", "[1, 2]", "null", '{"a": 1}\n2', '{"a": 1', "token,probability\ncat,0.5", *ODD],
        "as records",
    ),
}


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0.45", 0.45),
        (" -1.5\n", -1.5),
        ("+.5", 0.5),
        ("1.", 1),
        ("45%", 0.45),
        ("45 %", 0.45),
        ("12.5％", 0.125),
        ("1,234.5", 1234.5),
        ("1.64e-14", 1.64e-14),
        ("-2E3", -2000),
        ("P = 0.45", 0.45),
        ("约 45%", 0.45),
        ("2 bits", 2),
        ("３", 3),
        ("100 percent of %", 100),  # a sign that stands beside no number is none
    ],
)
def test_a_number_is_read_whatever_stands_around_it(text, number):
    assert Reply(text).number == pytest.approx(number, rel=1e-12)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("love", ["love"]),
        ("loves, loving;loved", ["loves", "loving", "loved"]),
        ("国王、男人，女人；王后", ["国王", "男人", "女人", "王后"]),
        ("小明 小红\n小陈\n", ["小明", "小红", "小陈"]),
        (", a ,", ["a"]),
        ("don't well-known", ["don't", "well-known"]),
    ],
)
def test_words_stand_between_spaces_and_commas_of_either_language(text, words):
    assert list(Reply(text).words) == words


RECORD = {"token": "好", "probability": 0.45, "rank": None}


@pytest.mark.parametrize(
    ("text", "records"),
    [
        (json.dumps(RECORD), [RECORD]),
        (json.dumps({"prompts": [RECORD]}, indent=2), [{"prompts": [RECORD]}]),  # --format json: one document
        (f"{json.dumps(RECORD)}\n{json.dumps({'token': 'x'})}\n", [RECORD, {"token": "x"}]),  # jsonl
        (f"{json.dumps(RECORD)}\n\n", [RECORD]),
    ],
)
def test_records_are_what_a_command_wrote(text, records):
    assert Reply(text).records == records


@pytest.mark.parametrize(
    ("kind", "text", "said"), [(kind, text, said) for kind, (texts, said) in MISUSE.items() for text in texts]
)
def test_what_cannot_be_meant_is_misuse_with_an_example(kind, text, said):
    with pytest.raises(MisuseError) as caught:
        getattr(Reply(text), kind)
    assert said in caught.value.message
    assert caught.value.hint
