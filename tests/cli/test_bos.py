"""--bos, --no-bos, and a BOS that is typed: in every verb that reads text through a causal language model."""

import csv
import io
import json
from itertools import pairwise

import pytest
import tiny
from transformers import AutoTokenizer

TEXTS = [  # a line, what follows it on stdin; {} is where a BOS may be typed
    ("prob '{}The cat sat'", ""),
    ("prob '{}The cat' 'A cat'", ""),
    ("prob '{}The cat sat' --by word --word-correction", ""),
    ("next '{}The cat' -k 3", ""),
    ("compare '{}The cat' '{}A cat'", ""),
    ("orders '{}The cat sat.'", ""),
    ("cloze '{}The [?] sat' -c cat -c dog", ""),
    ("choose '{}The' -c ' cat' -c ' dog'", ""),
    ("choose -", '{"context": "{}a", "choices": [" b", " c"], "answer": " c"}\n'),
    ("pairs -", '{"sentence_good": "{}a b", "sentence_bad": "{}b a"}\n'),
    ("perplexity -", "{}the cat\nsat\n"),
    ("calibration - --bins 2", "{}the cat\nsat\n"),
    ("generate '{}The' --seed 1 -n 2 --max-tokens 3 --raw", ""),
    ("trace '{}The' --seed 1 --max-tokens 3 --raw", ""),
    ("tree '{}The' --depth 2 --branch 2 --raw", ""),
]
NUMBERS = ("logprob", "probability", "surprisal", "perplexity", "right", "margin", "difference")


@pytest.fixture
def models(models, lm_folder_without_bos, gguf_file_without_bos):
    """NAMED is a model whose tokenizer names a BOS and does not put it first."""
    return models | {
        "NAMED": ["--model", str(lm_folder_without_bos)],
        "NAMED_GGUF": ["--model", str(gguf_file_without_bos)],
    }


@pytest.fixture
def told(lab):
    """What a line says, as json; a typed text is not part of it."""

    def told(line, stdin="", typed=""):
        done = lab(f"{line.replace('{}', typed)} -f json", stdin.replace("{}", typed).encode())
        assert done.code == 0, done.err
        document = json.loads(done.out)
        return document["prompts"][0] if "prompts" in document else document

    return told


def numbers(document):
    if isinstance(document, list):
        return [numbers(one) for one in document]
    if isinstance(document, dict):
        return {
            key: numbers(value)
            for key, value in document.items()
            if isinstance(value, list | dict) or key.startswith(NUMBERS)
        }
    return document


def test_every_line_of_a_verb_has_its_number(told):
    assert [line for line, stdin in TEXTS if not str(numbers(told(f"{line} LM", stdin))).strip("[{}]")] == []


@pytest.mark.parametrize("model", ["LM", "GGUF"])
@pytest.mark.parametrize(("line", "stdin"), TEXTS)
def test_a_typed_bos_is_the_one_that_stands_there_anyway(told, line, stdin, model):
    plain, typed = (told(f"{line} {model} --allow-special", stdin, bos) for bos in ("", "<s>"))
    assert typed["bos"] == "<s>"
    assert numbers(typed) == numbers(plain)


@pytest.mark.parametrize("model", ["NAMED", "NAMED_GGUF"])
@pytest.mark.parametrize(("line", "stdin"), TEXTS)
def test_bos_is_put_before_every_text_and_said(told, lab, line, stdin, model):
    without, asked = (told(f"{line} {model} {bos}", stdin) for bos in ("", "--bos"))
    assert (without["bos"], asked["bos"]) == (None, "<s>")
    assert numbers(without) != numbers(asked)
    assert "after <s>" in lab(f"{line.replace('{}', '')} {model} --bos", stdin.replace("{}", "").encode()).out


@pytest.mark.parametrize("model", ["MODEL", "GGUF"])
def test_no_bos_leaves_the_first_token_without_a_probability(lab, lm_folder, model):
    (text,) = json.loads(lab(f"prob 'The cat sat' {model} --no-bos -f json").out)["texts"]
    rows = text["ledger"]
    plain = tiny.plain_torch(lm_folder)
    ids = [row["token_ids"][0] for row in rows]
    assert rows[0]["logprob_nats"] is None
    expected = [plain(ids[: place + 1])[-1][after] for place, (_, after) in enumerate(pairwise(ids))]
    assert [row["logprob_nats"] for row in rows[1:]] == pytest.approx(expected, abs=1e-3)
    assert "no BOS" in lab(f"prob 'The cat sat' {model} --no-bos").out


def test_a_file_of_pairs_is_judged_after_the_bos_that_is_asked_for(lab, lm_folder_without_bos):
    pairs = [("The cat sat", "cat The sat"), ("He likes movies.", "They likes movies."), ("a b", "b a")]
    stdin = "".join(json.dumps({"sentence_good": good, "sentence_bad": bad}) + "\n" for good, bad in pairs)
    plain, tokenizer = tiny.plain_torch(lm_folder_without_bos), AutoTokenizer.from_pretrained(lm_folder_without_bos)

    def likely(text):
        ids = tokenizer(text)["input_ids"]
        logs = plain((0, *ids[:-1]))
        return sum(logs[place][token] for place, token in enumerate(ids))

    rows = list(csv.DictReader(io.StringIO(lab("pairs - NAMED --bos -f csv", stdin.encode()).out)))
    assert [(row["sentence_good"], row["sentence_bad"]) for row in rows] == pairs
    found = [float(row[f"logprob_{side}_nats"]) for row in rows for side in ("good", "bad")]
    assert found == pytest.approx([likely(text) for pair in pairs for text in pair], abs=1e-3)


def test_after_a_typed_bos_alone_stands_the_first_token(told, lm_folder):
    first = told("next '{}' -k 3 --allow-special LM", typed="<s>")
    expected = sorted(tiny.plain_torch(lm_folder)((0,))[-1])[::-1][:3]
    assert [one["logprob_nats"] for one in first["next"]] == pytest.approx(expected, abs=1e-4)


def test_a_control_token_is_only_text_where_it_is_not_allowed(told):
    pieces = "".join(row["token"] for row in told("prob '{}The' LM", typed="<s>")["texts"][0]["ledger"])
    assert pieces == "<s>The"


def test_a_layer_follows_the_bos_that_is_asked_for(told):
    asked = "embed 'The cat' --layer 1 NAMED"
    with_bos, without = told(f"{asked} --bos"), told(f"{asked} --no-bos")
    assert len(with_bos["embeddings"]) == len(without["embeddings"])
    assert with_bos["embeddings"][0]["vector"] != without["embeddings"][0]["vector"]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("embed cat ENCODER --bos", "is no language model, which --layer, --word and --bos ask for"),
        ("embed cat --space minilm --no-bos", "--space gives vectors of words"),
        ("neighbors cat --bos", "neighbors has no option --bos"),
    ],
)
def test_bos_is_of_language_models(refuses, line, message):
    refuses(line, b"", message)
