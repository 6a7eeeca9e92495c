"""Every record of prob and generate is what configs/records.schema.json says, and reads back as it was."""

import csv
import io
import json

import pytest
from jsonschema import Draft202012Validator

from llmlab.config import packaged

SCHEMA = json.loads((packaged() / "records.schema.json").read_text(encoding="utf-8"))
PAIRS = b"""{"sentence_good": "The cat sat", "sentence_bad": "sat cat", "UID": "u"}
{"sentence_good": "a", "sentence_bad": "b"}
"""
QUESTIONS = '{"context": "今天", "choices": [" 天气", "好"], "answer": 0, "group": "g"}'.encode()
DRAW = ["The", "--seed", "1", "--max-tokens", "3"]
ASKED = [
    ("generate.samples", [*DRAW, "-t", "0,1.5", "-n", "2", "--stop", "\\n"], b""),
    ("generate.samples", [*DRAW, "--expect", "cat", "--same-noise", "--top-k", "4"], b""),
    ("generate.trace", [*DRAW, "--trace", "--min-p", "0.1"], b""),
    ("generate.distribution", ["The", "--distribution", "-t", "0,1,1e9"], b""),
    ("generate.distribution", ["The", "--distribution", "--top-k", "3"], b""),
    ("generate.tree", ["The", "--tree", "2", "-t", "0.5"], b""),
    ("generate.tree", ["The", "--tree", "1", "--top-k", "2", "--min-p", "0.01"], b""),
    ("generate.samples", [*DRAW, "-n", "2", "--repetition-penalty", "1.3"], b""),
    ("prob.ledger", ["The cat 👩‍👩‍👧 <s>"], b""),
    ("prob.ledger", ["The cat 今天", "--by", "char"], b""),
    ("prob.ledger", ["The cat", "--by", "word", "--word-correction"], b""),
    ("prob.ranking", ["a", 'b "x", y', "今天\t\n"], b""),
    ("prob.diff", ["--diff", "The cat", "The mat sat"], b""),
    ("prob.next", ["The", "--next", "5", "--at", "0"], b""),
    ("prob.choice", ["--context", "The", "--choice", " cat", "--choice", "re"], b""),
    ("prob.question", ["--choices", "-"], QUESTIONS),
    ("prob.cloze", ["--cloze", "The [?] sat", "--candidate", "cat", "--candidate", "mat"], b""),
    ("prob.orders", ["--orders", "The cat sat."], b""),
    ("prob.pairs", ["--pairs", "-"], PAIRS),
    ("prob.file", ["--file", "-"], "今天\nThe cat sat\n".encode()),
]


@pytest.fixture(params=["torch", "llama.cpp", "torch without BOS"])
def model(request, lm_folder, gguf_file, lm_folder_without_bos):
    folder = {"torch": lm_folder, "llama.cpp": gguf_file, "torch without BOS": lm_folder_without_bos}[request.param]
    return ["--model", str(folder)]


def test_the_schema_is_one():
    Draft202012Validator.check_schema(SCHEMA)
    assert {kind for kind, _, _ in ASKED} == {name for name in SCHEMA["$defs"] if "." in name}


@pytest.mark.parametrize(
    ("kind", "arguments", "stdin"), ASKED, ids=lambda value: value if isinstance(value, str) else ""
)
def test_every_record_is_what_the_schema_says_in_every_format(run, model, kind, arguments, stdin):
    command = kind.partition(".")[0]
    found = {
        form: run(command, *arguments, *model, "-f", form, stdin=stdin) for form in ("json", "jsonl", "csv", "tsv")
    }
    assert {done.code for done in found.values()} == {0}, found["json"].err
    records = [json.loads(line) for line in found["jsonl"].out.splitlines()]
    assert records
    validator = Draft202012Validator({"$ref": f"#/$defs/{kind}", "$defs": SCHEMA["$defs"]})
    for record in records:
        validator.validate(record)
        Draft202012Validator(SCHEMA).validate(record)
        # Floats are written so that they read back as they were.
        assert json.loads(json.dumps(record)) == record
    for form, delimiter in (("csv", ","), ("tsv", "\t")):
        rows = list(csv.DictReader(io.StringIO(found[form].out), delimiter=delimiter))
        for row, record in zip(rows, records, strict=True):
            assert list(row) == list(record)
            floats = {name for name, value in record.items() if isinstance(value, float)}
            assert {name: float(row[name]) for name in floats} == {name: record[name] for name in floats}
    document = json.loads(found["json"].out)
    own = document if kind == "prob.file" else next(value for value in document.values() if _is_list_of(value, records))
    if kind != "prob.file":
        assert all({**record, **part} == record for part, record in zip(own, records, strict=True))
    assert document["model"] == records[0]["model"]


def _is_list_of(value, records):
    return isinstance(value, list) and len(value) == len(records) and set(value[0]) <= set(records[0])


@pytest.mark.parametrize(
    "wrong", [{"logprob_nats": 0.5}, {"engine": "abacus"}, {"probability": 2}, {"extra": 1}, {"rank": 0}]
)
def test_the_schema_refuses_what_is_wrong(run, lm_folder, wrong):
    line = run("prob", "The", "--model", str(lm_folder), "-f", "jsonl").out.splitlines()[0]
    validator = Draft202012Validator({"$ref": "#/$defs/prob.ledger", "$defs": SCHEMA["$defs"]})
    record = json.loads(line)
    assert validator.is_valid(record)
    assert not validator.is_valid({**record, **wrong})
