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
        ("why cat dog ENCODER", b"", ["cosine of cat and dog", "others", "the parts sum to it"]),
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
    assert lab(line).out.splitlines()[2].split()[0] == document["dimensions"][0]["dimension"] == strongest


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
