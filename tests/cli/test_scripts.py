"""What scripts rely on: one shape of json, one value a line, the mark of spreadsheets."""

import csv
import io
import json
import math

import numpy as np
import pytest

SPACE = "king,4,1,3\nqueen,4,-1,3\nman,4,1,0\nparis,-5,1,0\n"
CHOICES = '{"context": "The", "choices": [" cat", " sat"], "answer": 0}\n'
CHOICES += '{"context": "a", "choices": ["b", "c"], "answer": 1}\n'
PAIRS = '{"sentence_good": "The cat sat", "sentence_bad": "sat cat"}\n{"sentence_good": "b", "sentence_bad": "a b c"}\n'


@pytest.fixture
def models(models, tmp_path):
    """A small table as a space."""
    (tmp_path / "space.csv").write_text(f"word,x,y,z\n{SPACE}", encoding="utf-8")
    return {**models, "SPACE": ["--space", str(tmp_path / "space.csv")]}


@pytest.fixture
def document(lab):
    return lambda line, stdin=b"": json.loads(lab(f"{line} -f json", stdin).out)


# json: one shape for one and many


def shape(node):
    """The keys of a document, and of what its lists hold, whatever stands there."""
    if isinstance(node, dict):
        return {name: shape(value) for name, value in node.items()}
    if isinstance(node, list):
        return sorted({json.dumps(shape(one)) for one in node})
    return "a value"


@pytest.mark.parametrize(
    ("one", "many"),
    [
        ("prob 'The cat' MODEL", "prob 'The cat' sat 'a b c' MODEL"),
        ("tokens 'The cat' LM", "tokens The cat LM GGUF"),
        ("embed cat ENCODER", "embed cat dog car ENCODER"),
        ("embed a LM", "embed 'The cat' a LM"),
        ("embed king SPACE", "embed king queen SPACE"),
        ("neighbors king SPACE", "neighbors king man paris SPACE"),
        ("generate The --seed 1 --max-tokens 2 MODEL", "generate --prompts - --seed 1 --max-tokens 2 MODEL"),
        ("generate The --seed 1 -n 2 -t 0 MODEL", "generate The --seed 1 -n 3 -t 0,1 MODEL"),
        ("next The MODEL", "next The -t 0,1,2 MODEL"),
        ("models show LM_FOLDER", "models show LM_FOLDER"),
    ],
)
def test_a_document_has_one_shape_for_one_and_for_many(document, one, many):
    assert shape(document(one)) == shape(document(many, b"The cat\nsat\n"))


def test_a_choice_names_its_context_whether_there_is_one_or_a_file_of_them(document):
    one = document("choose The -c ' cat' -c ' sat' MODEL")["choices"]
    many = document("choose - MODEL", CHOICES.encode())["choices"]
    assert [(row["context"], row["choice"], row["rank"]) for row in many[:2]] == [
        (row["context"], row["choice"], row["rank"]) for row in one
    ]
    assert set(one[0]) < set(many[0])
    assert {row["context"] for row in many} == {"The", "a"}


# -q: the one value


def best(rows, score):
    return max(rows, key=lambda row: row[score])


def said(row):
    """What comes next: a token, or a character of a text that ends inside one."""
    return row["character"] if "character" in row else row["token"]


QUIET = {  # a line, and what its document says is the value
    "prob 'The cat sat' MODEL": lambda told: [told["texts"][0]["probability"]],
    "prob 'The cat sat' --by character MODEL": lambda told: [math.exp(told["texts"][0]["prefix_logprob_nats"])],
    "prob 'The cat' --unit nats MODEL": lambda told: [told["texts"][0]["logprob_nats"]],
    "prob 'The cat' --unit bits MODEL": lambda told: [-told["texts"][0]["logprob_nats"] / math.log(2)],
    "tokens 'The cat' sat LM GGUF": lambda told: [
        one["tokens"] for text in told["texts"] for one in text["tokenizers"]
    ],
    "tokens 'The 爱' LM": lambda told: [told["texts"][0]["tokenizers"][0]["tokens"]],
    "next The MODEL": lambda told: [said(best(told["next"], "probability"))],
    "next The --by token MODEL": lambda told: [best(told["next"], "probability")["token"]],
    "next The --by character MODEL": lambda told: [best(told["next"], "probability")["character"]],
    "next The -t 0.5,2 MODEL": lambda told: [said(best(told["next"], "probability"))],
    "compare 'The cat' 'The mat sat' MODEL": lambda told: [math.exp(told["difference_nats"])],
    "orders 'The cat sat.' MODEL": lambda told: [best(told["ranking"], "logprob_nats")["text"]],
    "cloze 'The [?] sat' -c cat -c mat MODEL": lambda told: best(told["fillings"], "logprob_nats")["words"],
    "cloze '[?] [?] cat' -c The -c a MODEL": lambda told: [" | ".join(best(told["fillings"], "logprob_nats")["words"])],
    "choose The -c re -c ' cat' MODEL": lambda told: [best(told["choices"], "logprob_nats")["choice"]],
    "generate The --seed 1 --max-tokens 4 MODEL": lambda told: [told["prompts"][0]["samples"][0]["text"]],
    "generate The --seed 1 -t 0,1 -n 2 --max-tokens 3 MODEL": lambda told: [
        one["text"] for one in told["prompts"][0]["samples"]
    ],
    "trace The --seed 1 --max-tokens 4 MODEL": lambda told: [told["text"]],
    "tree The --depth 2 MODEL": lambda told: [
        best([one for one in told["nodes"] if one["depth"] == 2], "path_logprob_nats")["path"]
    ],
    "neighbors king man SPACE": lambda told: [one["neighbors"][0]["word"] for one in told["queries"]],
    "neighbors king --sort word SPACE": lambda told: [
        next(one["word"] for one in told["queries"][0]["neighbors"] if one["rank"] == 1)
    ],
    "neighbors king --within 0.9999 SPACE": lambda told: [""],
    "odd king queen paris SPACE": lambda told: [told["odd"]],
    "why king queen SPACE": lambda told: [max(told["dimensions"], key=lambda one: abs(one["part"]))["dimension"]],
    "models show LM_FOLDER": lambda told: [told["parameters"]["total"]],
    "models list": lambda told: [one["name"] for one in told["models"]],
    "space list": lambda told: [one["name"] for one in told["spaces"]],
}


@pytest.mark.parametrize("line", QUIET)
def test_a_quiet_verb_prints_the_one_value(lab, document, line):
    done = lab(f"{line} -q")
    assert done.code == 0, done.err
    found, expected = done.out.splitlines(), QUIET[line](document(line))
    assert len(found) == len(expected)
    for value, wanted in zip(found, expected, strict=True):
        if isinstance(wanted, str):
            assert value == wanted.replace("\n", "\\n").replace("\t", "\\t")
        else:
            assert float(value) == pytest.approx(wanted, rel=1e-12)


@pytest.mark.parametrize(
    ("line", "stdin", "of"),
    [
        ("pairs - MODEL", PAIRS, lambda told: sum(one["right"] for one in told["pairs"]) / len(told["pairs"])),
        ("perplexity - MODEL", "The cat sat on the mat.", lambda told: told["perplexity"]),
        ("calibration - --bins 2 MODEL", "The cat sat on the mat.", lambda told: told["calibration_error"]),
        (
            "choose - MODEL",
            CHOICES,
            lambda told: sum(one["right"] and one["picked_by_sum"] for one in told["choices"]) / 2,
        ),
        (
            "space eval space.csv --similarity -",
            "king queen 9\nking man 4\nking paris 1\n",
            lambda told: told["spearman"],
        ),
        ("space eval space.csv --analogies -", ": s\nking queen man paris\n", lambda told: told["total"]["accuracy"]),
    ],
)
def test_a_quiet_verdict_on_a_file_is_a_number(lab, document, monkeypatch, tmp_path, line, stdin, of):
    (tmp_path / "space.csv").write_text(f"word,x,y,z\n{SPACE}", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    done = lab(f"{line} -q", stdin.encode())
    assert float(done.out) == pytest.approx(of(document(line, stdin.encode())))
    assert done.out.count("\n") == 1


@pytest.mark.parametrize(
    ("line", "asked"),
    [
        ("prob MODEL", ["sat cat", "The cat", "The cat sat on the mat"]),
        ("neighbors SPACE", ["paris", "man", "king"]),
        ("embed SPACE", ["paris", "man", "king"]),
        ("embed LM", ["a", "b"]),
    ],
)
def test_the_values_of_several_texts_stand_in_their_order_typed_or_piped(lab, line, asked):
    verb, rest = line.split()
    alone = [lab(f"{verb} '{text}' {rest} -q").out for text in asked]
    typed = lab(f"{verb} {' '.join(map(repr, asked))} {rest} -q").out
    piped = lab(f"{verb} {rest} -q", "\n".join(asked).encode()).out
    for found in (typed, piped):
        rows = [row.split() for row in found.splitlines()]
        if verb == "neighbors":
            assert rows == [row.split() for row in alone]
        else:
            wanted = [[float(cell) for cell in row.split()] for row in alone]
            assert [[float(cell) for cell in row] for row in rows] == [pytest.approx(row, rel=1e-4) for row in wanted]


def test_the_vector_is_given_back_to_the_last_digit(lab, document):
    (row,) = lab("embed 'The cat' ENCODER -q").out.splitlines()
    (told,) = document("embed 'The cat' ENCODER")["embeddings"]
    assert np.array(row.split(), np.float32).tolist() == told["vector"]


def test_a_probability_that_no_float_holds_is_no_zero(lab, document):
    text = "cat sat mat " * 20
    value = lab(f"prob '{text}' MODEL -q").out.strip()
    told = document(f"prob '{text}' MODEL")["texts"][0]
    assert told["probability"] == 0
    mantissa, _, exponent = value.partition("e")
    assert math.log(float(mantissa)) + int(exponent) * math.log(10) == pytest.approx(told["logprob_nats"])


def test_a_text_without_a_probability_has_no_number(lab):
    assert lab("prob The --no-bos MODEL -q").out == "nan\n"


# --bom


@pytest.mark.parametrize("form", ["csv", "tsv"])
@pytest.mark.parametrize(
    "line", ["prob 'The 爱' MODEL", "prob - MODEL", "neighbors king SPACE", "neighbors - SPACE", "models list"]
)
def test_a_spreadsheet_finds_its_mark_once(lab, line, form):
    stdin = b"king\nqueen\n"
    plain, marked = lab(f"{line} -f {form}", stdin).out, lab(f"{line} -f {form} --bom", stdin).out
    assert marked == "\ufeff" + plain
    assert plain.count("\n") > 1


@pytest.mark.parametrize(
    ("line", "stdin"),
    [("prob '=1+1' '@a' MODEL", b""), ("prob - MODEL", b"=1+1\n@a\n"), ("compare '+1 cat' '+1 mat' MODEL", b"")],
)
@pytest.mark.parametrize("form", ["csv", "tsv"])
def test_no_cell_of_text_is_a_formula_with_safe_csv(lab, line, stdin, form):
    plain, safe = lab(f"{line} -f {form}", stdin).out, lab(f"{line} -f {form} --safe-csv", stdin).out
    delimiter = {"csv": ",", "tsv": "\t"}[form]
    cells = [cell for row in csv.reader(io.StringIO(safe), delimiter=delimiter) for cell in row]
    formulas = [cell for cell in cells if cell[:1] in tuple("=+-@") and not is_number(cell)]
    assert formulas == []
    assert safe.replace("'", "") == plain.replace("'", "") != safe


def is_number(cell):
    try:
        return bool(float(cell) or True)
    except ValueError:
        return False


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("prob a --safe-csv", "--safe-csv goes with csv and tsv; add --format csv, or leave out --safe-csv"),
        ("prob a --bom", "--bom goes with csv and tsv; add --format csv, or leave out --bom"),
        ("neighbors a --bom -f json", "--bom goes with csv and tsv"),
        ("models list --bom -f jsonl", "--bom goes with csv and tsv"),
        ("prob a --bom -q", "--bom goes with csv and tsv"),
        ("prob a -q -f csv", "--quiet prints one value, --format whole records; give one of them"),
        ("generate -q -f jsonl", "--quiet prints one value, --format whole records"),
        ("generate -q --stream", "--stream writes plain text; leave out --stream, or --format, --quiet and --plot"),
    ],
)
def test_options_of_form_that_contradict_each_other_are_misuse(refuses, line, expected):
    refuses(line, b"", expected)


def test_the_dimensions_of_vectors_are_columns(lab, document):
    header, king, queen = lab("embed king queen SPACE -f csv").out.splitlines()
    assert header.count("vector.") == 3
    assert all(f"vector.{name}" in header.split(",") for name in "xyz")
    first = header.split(",").index("vector.x") - len(header.split(","))
    assert [row.split(",")[first : first + 3] for row in (king, queen)] == [
        ["4.0", "1.0", "3.0"],
        ["4.0", "-1.0", "3.0"],
    ]
    assert "values.x,values.y,values.z" in lab("neighbors king SPACE -f csv").out
