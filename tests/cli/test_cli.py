"""The command line as a whole: what is no verb, exit codes, settings, formats, and pipes."""

import csv
import fcntl
import io
import json
import os
import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("--version", ["llmlab 0."]),
        ("--help", ["prob", "generate", "embed", "neighbors", "models", "llmlab neighbors love"]),
        ("", ["Usage: llmlab"]),
        ("prob --help", ["--by", "The probability of a text, token by token"]),
    ],
)
def test_a_command_prints_what_was_asked(tells, line, expected):
    tells(line, b"", expected)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("nonsense", "no verb is called 'nonsense'; see `llmlab --help`"),
        ("prob b\udcffad", r"the argument 'b\udcffad' is not UTF-8"),
        ("--config /no/file.toml models list", "cannot read /no/file.toml: No such file"),
    ],
    ids=ascii,
)
def test_misuse_is_one_line_on_stderr(refuses, line, expected):
    refuses(line, b"", expected)


def test_a_traceback_is_shown_only_when_asked_for(lab):
    done = lab("--debug prob ''")
    assert done.code == 2
    assert "Traceback" in done.err
    assert done.err.endswith("llmlab: the text is empty; give at least one character\n")


def test_a_panic_of_a_library_in_rust_is_one_line(lab, monkeypatch):
    panic = type("PanicException", (BaseException,), {"__module__": "pyo3_runtime"})

    def panics(*asked):
        raise panic("index out of bounds")

    monkeypatch.setattr("llmlab.models.library.Library.causal_lm", panics)
    done = lab("prob The MODEL")
    assert (done.code, done.out, done.err) == (1, "", "llmlab: a library gives up: index out of bounds\n")


@pytest.mark.parametrize(
    ("variable", "value", "expected"),
    [
        ("LLMLAB_ENGINE", "abacus", "LLMLAB_ENGINE"),
        ("LLMLAB_GENERATE_TOP_K", "-1", "LLMLAB_GENERATE_TOP_K"),
        ("LLMLAB_PROB_NEXT", "3", "LLMLAB_PROB_NEXT names no setting"),  # a verb of its own by now
    ],
)
def test_a_setting_from_the_environment_is_named_when_it_is_wrong(refuses, environ, variable, value, expected):
    environ[variable] = value
    refuses("models list", b"", expected)


def test_a_setting_from_the_environment_holds(lab, environ):
    environ["LLMLAB_GENERATE_SAMPLES"] = "3"
    (found,) = json.loads(lab("generate The --max-tokens 1 -f json GGUF").out)["prompts"]
    assert len(found["samples"]) == 3


RECORDS = [
    ("prob 'The cat sat' MODEL", "texts.0.ledger"),
    ("prob a 'b \"x\", y' 今天 MODEL", "texts"),
    ("next a -k 4 MODEL", "next"),
    ("generate The -t 0,1 -n 2 --max-tokens 4 --seed 3 --top-k 5 MODEL", "prompts.0.samples"),
    ("embed cat dog car ENCODER", "embeddings"),
    ("embed 'The cat' --tokens ENCODER", "embeddings"),
    ("why cat dog ENCODER", "dimensions"),
    ("odd cat dog car ENCODER", "words"),
    ("models show FOLDER", "tensors"),
    ("models list", "models"),
]


@pytest.mark.parametrize(("line", "key"), RECORDS)
def test_every_format_tells_the_same_records(lab, lm_folder, line, key):
    line = line.replace("FOLDER", str(lm_folder))
    found = {form: lab(f"{line} --format {form}") for form in ("json", "jsonl", "csv", "tsv")}
    assert {done.code for done in found.values()} == {0}
    own_rows = json.loads(found["json"].out)
    for step in key.split("."):
        own_rows = own_rows[int(step) if step.isdecimal() else step]
    lines = [json.loads(one) for one in found["jsonl"].out.splitlines()]
    assert len(lines) == len(own_rows) > 1
    for own, record in zip(own_rows, lines, strict=True):
        shared = {name: value for name, value in own.items() if name not in ("by", "ledger")}  # of prob of many
        assert record == {**record, **shared}  # the document states once what the lines repeat
    for form, delimiter in (("csv", ","), ("tsv", "\t")):
        rows = list(csv.DictReader(io.StringIO(found[form].out), delimiter=delimiter))
        assert len(found[form].out.splitlines()) == len(rows) + 1 == len(lines) + 1
        for row, record in zip(rows, lines, strict=True):
            own = {name: value for name, value in record.items() if name != "vector"}
            axes = [f"vector.{number}" for number in range(len(record.get("vector", ())))]
            assert sorted(row) == sorted([*own, *axes])
            assert [float(row[axis]) for axis in axes] == record.get("vector", [])
            assert_same_values(row, own)


def assert_same_values(row, record):
    """The cells of a row read back as the values of a record."""
    for name, value in record.items():
        if isinstance(value, float):
            assert float(row[name]) == value
        elif isinstance(value, list):
            assert json.loads(row[name]) == value
        elif isinstance(value, str):
            assert row[name] == value


@pytest.mark.parametrize("form", ["table", "jsonl"])
@pytest.mark.parametrize("lines", [0, 1])
def test_a_reader_that_closes_early_gets_no_complaint(gguf_file, tmp_path, form, lines):
    """`| head -n`: the pipe holds less than the command writes; it ends with 0 and a quiet stderr."""
    environment = os.environ | {"LLMLAB_CACHE": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
    command = [sys.executable, "-m", "llmlab", "next", "a", "-k", "600", "--model", str(gguf_file), "-f", form]
    read, write = os.pipe()
    fcntl.fcntl(write, fcntl.F_SETPIPE_SZ, 4096)
    writer = subprocess.Popen(command, stdout=write, stderr=subprocess.PIPE, env=environment)
    os.close(write)
    with os.fdopen(read, "rb") as reader:
        for _ in range(lines):
            assert reader.readline()
    assert (writer.communicate(timeout=120)[1], writer.returncode) == (b"", 0)
