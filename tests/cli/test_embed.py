"""embed, odd and why: over encoders, spaces of one's own, tables, and a language model's layers."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from sentence_transformers import SentenceTransformer
from transformers import AutoModelForCausalLM, AutoTokenizer

PEOPLE = "configs/exercises/people.csv"

pytestmark = pytest.mark.usefixtures("checkout")


@pytest.mark.parametrize(
    ("line", "stdin", "expected"),
    [
        ("embed cat dog ENCODER", b"", ["cosine", "dog", "ctranslate2, float32"]),
        ("embed - ENCODER", b"cat\ndog\n", ["cosine", "dog"]),
        ("embed 'The cat' --tokens ENCODER", b"", ["a matrix of", "[CLS]"]),
        (
            "embed 'The cat' --tokens MODEL",
            b"",
            ["a matrix of 3 tokens x 64 dimensions", "␣c", "its input embedding table"],
        ),
        ("odd cat dog 'The cat' ENCODER", b"", ["does not belong", "cosine to the mean"]),
        ("odd - ENCODER", b"cat\ndog\nThe cat\n", ["does not belong"]),
        ("why cat dog ENCODER", b"", ["cosine of cat and dog: ", "others", "the parts sum to cosine"]),
        ("why cat dog --metric l2 ENCODER", b"", ["l2 of cat and dog"]),
        ("odd 'a cat' 'the cat' 'my cat' --word cat MODEL", b"", ["does not belong"]),
        ("why 'a cat' 'the cat' --word cat --layer 1 MODEL", b"", ["cosine of a cat and the cat"]),
    ],
)
def test_a_command_prints_what_was_asked(tells, line, stdin, expected):
    tells(line, stdin, expected)


def test_embed_gives_the_vectors_of_sentence_transformers_in_full_precision(lab, encoder_folder):
    rows = json.loads(lab("embed cat 'The dog' ENCODER --format json").out)["embeddings"]
    expected = SentenceTransformer(str(encoder_folder), device="cpu").encode(["cat", "The dog"])
    for row, vector in zip(rows, expected, strict=True):
        assert row["vector"] == pytest.approx(vector.tolist(), abs=1e-5)


# A table


def standardised(path):
    """The words of a table, the names of its dimensions, and its vectors: numbers standardised, text one-hot."""
    header, *lines = (line.split(",") for line in Path(path).read_text(encoding="utf-8").splitlines())
    dimensions, columns = [], []
    for name, column in zip(header[1:], list(zip(*lines, strict=True))[1:], strict=True):
        if column[0].isdigit():
            values = np.array(column, float)
            columns.append((values - values.mean()) / values.std())
            dimensions.append(name)
        else:
            for category in dict.fromkeys(column):
                columns.append(np.array([cell == category for cell in column], float))
                dimensions.append(f"{name}={category}")
    vectors = dict(zip([line[0] for line in lines], np.array(columns).T, strict=True))
    return vectors, dimensions


@pytest.mark.parametrize(("a", "b", "first"), [("小明", "小陈", "性别=男"), ("小明", "小红", "种族=白人")])
def test_why_names_the_dimension_that_makes_two_people_alike(lab, a, b, first):
    vectors, dimensions = standardised(PEOPLE)
    parts = vectors[a] * vectors[b] / np.linalg.norm(vectors[a]) / np.linalg.norm(vectors[b])
    assert dimensions[int(parts.argmax())] == first
    line = f"why {a} {b} --space {PEOPLE} --standardize"
    document = json.loads(lab(f"{line} -f json").out)
    assert max(document["dimensions"], key=lambda one: one["part"])["dimension"] == first
    found = {one["dimension"]: one["part"] for one in document["dimensions"]}
    assert found == pytest.approx(dict(zip(dimensions, parts, strict=True)), abs=1e-6)
    assert document["score"] == pytest.approx(parts.sum())
    strongest = dimensions[int(np.abs(parts).argmax())]
    assert lab(line).out.splitlines()[3].split()[0] == document["dimensions"][0]["dimension"] == strongest


def test_why_shows_what_the_table_says_beside_what_was_standardised(lab, tmp_path):
    rows = [line.split(",") for line in Path(PEOPLE).read_text(encoding="utf-8").splitlines()]
    said = {row[0]: dict(zip(rows[0], row, strict=True)) for row in rows[1:]}
    imported = lab(f"space import people {PEOPLE} --standardize")
    assert imported.code == 0, imported.err
    for space in (f"{PEOPLE} --standardize", "people"):
        found = json.loads(lab(f"why 小红 小陈 --space {space} -f json").out)["dimensions"]
        raw = {one["dimension"]: (one["raw_a"], one["raw_b"]) for one in found}
        for column in ("身高", "体重", "年龄"):
            assert raw[column] == (float(said["小红"][column]), float(said["小陈"][column]))
        assert raw["性别=男"] == (0, 1)


def test_the_height_makes_most_of_a_product_of_the_lecture(lab):
    done = lab(f"why 小明 小红 --space {PEOPLE}")
    product = np.array([170 * 160, 60 * 50, 20 * 25, 1 * 0, 0 * 1, 1, 1])
    assert f"身高 makes {product[0] / product.sum():.1%} of the product" in done.out
    assert "身高: its numbers are the largest: --standardize" in done.out
    mended = lab(f"why 小明 小红 --space {PEOPLE} --standardize").out
    assert "its numbers are the largest" not in mended


@pytest.mark.parametrize("words", ["小明 小陈 小红", "小红 小陈 小明"])
def test_the_odd_one_of_a_table_is_the_one_least_like_the_mean(lab, words):
    vectors, _ = standardised(PEOPLE)
    unit = {word: vectors[word] / np.linalg.norm(vectors[word]) for word in words.split()}
    mean = sum(unit.values()) / len(unit)
    cosines = {word: row @ mean / np.linalg.norm(mean) for word, row in unit.items()}
    document = json.loads(lab(f"odd {words} --space {PEOPLE} --standardize -f json").out)
    assert document["odd"] == min(cosines, key=cosines.get)
    found = {one["text"]: one["cosine_to_mean"] for one in document["words"]}
    assert found == pytest.approx(cosines, abs=1e-6)


# Layers of a language model


@pytest.fixture
def states(lm_folder):
    """The hidden states of a text by plain transformers, [layer][token], without that of <s>."""
    model = AutoModelForCausalLM.from_pretrained(lm_folder).eval()
    tokenizer = AutoTokenizer.from_pretrained(lm_folder)

    def states(text):
        with torch.no_grad():
            output = model(**tokenizer(text, return_tensors="pt"), output_hidden_states=True)
        return [layer[0, 1:].numpy() for layer in output.hidden_states]

    return states


@pytest.mark.parametrize(("layer", "number"), [("input", 0), ("1", 1), ("2", 2), ("last", 2)])
def test_the_rows_of_a_text_at_a_layer_are_those_of_transformers(run, lm_folder, states, layer, number):
    arguments = ["embed", "The cat sat", "--model", str(lm_folder), "--engine", "torch", "--layer", layer]
    document = json.loads(run(*arguments, "-f", "json").out)
    found = np.array([one["vector"] for one in document["embeddings"]])
    np.testing.assert_allclose(found, states("The cat sat")[number], atol=1e-4)
    assert document["layer"] == ("input" if layer == "input" else str(number))
    table = run(*arguments)
    assert table.code == 0
    assert f"a matrix of {len(found)} tokens x 64 dimensions" in table.out


def test_the_input_rows_of_a_gguf_file_are_those_of_its_table(run, gguf_file, states):
    done = run("embed", "The cat sat", "--model", str(gguf_file), "--layer", "input", "-f", "json")
    found = np.array([one["vector"] for one in json.loads(done.out)["embeddings"]])
    np.testing.assert_allclose(found, states("The cat sat")[0], atol=1e-6)


@pytest.mark.parametrize(("layer", "number"), [([], 2), (["--layer", "1"], 1), (["--layer", "input"], 0)])
def test_the_vector_of_a_word_is_the_mean_of_its_tokens_in_each_text(run, lm_folder, states, layer, number):
    texts = ["The cat sat", "A dog, a cat and a zebra", "cat"]
    arguments = ["embed", *texts, "--word", "cat", "--model", str(lm_folder), "--engine", "torch", *layer]
    document = json.loads(run(*arguments, "-f", "json").out)
    assert [one["text"] for one in document["embeddings"]] == texts
    tokenizer = AutoTokenizer.from_pretrained(lm_folder)
    for text, one in zip(texts, document["embeddings"], strict=True):
        spans = tokenizer(text, return_offsets_mapping=True)["offset_mapping"][1:]
        first = text.index("cat")
        own = [place for place, (start, end) in enumerate(spans) if start < first + 3 and end > first]
        np.testing.assert_allclose(one["vector"], states(text)[number][own].mean(axis=0), atol=1e-4)
    table = run(*arguments)
    assert table.code == 0
    assert "cat in each text: the mean of its tokens" in table.out


def test_a_word_that_stands_twice_has_two_vectors(run, lm_folder):
    arguments = ["--word", "cat", "--model", str(lm_folder), "--engine", "torch", "-f", "json"]
    document = json.loads(run("embed", "a cat or a cat, no category", *arguments).out)
    assert [one["text"] for one in document["embeddings"]] == [
        "a cat or a cat, no category [1]",
        "a cat or a cat, no category [2]",
    ]


# The look-up in a model's table


@pytest.mark.parametrize("place", ["LM", "GGUF"])
def test_a_word_is_looked_up_in_the_table_of_a_language_model(lab, lm_folder, place):
    table = AutoModelForCausalLM.from_pretrained(lm_folder).get_input_embeddings().weight.detach().numpy()
    tokenizer = AutoTokenizer.from_pretrained(lm_folder)
    texts = ["cat", "今天", "The cat sat"]
    ids = [tokenizer(text, add_special_tokens=False).input_ids for text in texts]
    line = f"embed cat 今天 'The cat sat' {place}"
    found = json.loads(lab(f"{line} -f json").out)["embeddings"]
    assert [one["token_id"] for one in found] == [one for own in ids for one in own]
    assert [one["text"] for one in found] == [text for text, own in zip(texts, ids, strict=True) for _ in own]
    for one in found:
        np.testing.assert_allclose(one["vector"], table[one["token_id"]], atol=1e-6)
    quiet = lab(f"{line} -q").out.splitlines()
    assert [np.array(row.split(), np.float32).tolist() for row in quiet] == [one["vector"] for one in found]


def test_a_look_up_of_one_token_says_its_row(lab, lm_folder):
    (row,) = AutoTokenizer.from_pretrained(lm_folder)("a", add_special_tokens=False).input_ids
    done = lab("embed a LM")
    assert f"a is one token: row {row} of a table of 600 x 64, 64 numbers" in done.out
    assert "id: the token's number: its row in the embedding table" in done.out
    assert f" {row} " in done.out.splitlines()[4]
    count = len(AutoTokenizer.from_pretrained(lm_folder)("The cat sat", add_special_tokens=False).input_ids)
    assert f"{count} tokens: the id of each is its row in a table of 600 x 64" in lab("embed 'The cat sat' LM").out
