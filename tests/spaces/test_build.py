"""Spaces of the user's own, built from a model and a vocabulary: what comes out, and what is wrong leaves nothing."""

import numpy as np
import pytest
from lab_spaces import builds, content, later, left, word_file
from msgspec.structs import replace
from safetensors.numpy import load_file
from sentence_transformers import SentenceTransformer
from tokenizers import Tokenizer
from wordfreq import top_n_list

from llmlab.errors import MisuseError
from llmlab.models.library import Library
from llmlab.spaces import build
from llmlab.spaces.shelf import Shelf


@pytest.mark.parametrize("vocabulary", ["file", "wordfreq"])
def test_a_space_of_an_encoder_has_the_vectors_of_sentence_transformers(
    tiny, ear, tmp_path, encoder_folder, vocabulary
):
    words = ["The cat", "love", "爱", "zebra"] if vocabulary == "file" else top_n_list("de", 40)
    spec = str(word_file(tmp_path, *words)) if vocabulary == "file" else "wordfreq:de:40"
    built = build.build(tiny, "mine", "bert", spec)
    found, vectors = content(built)
    assert found == words
    expected = SentenceTransformer(str(encoder_folder), device="cpu").encode(words)
    np.testing.assert_allclose(vectors, expected, atol=1e-5)
    assert built.facts.languages == (("*",) if vocabulary == "file" else ("de",))
    assert tiny.encoder_of(built).info.name == "bert"
    assert content(later(tiny).open("mine"))[0] == words
    assert builds(ear, "mine") == 1


def test_a_model_is_named_by_its_folder_too(shelf, tmp_path, encoder_folder):
    spec = str(word_file(tmp_path, "cat", "dog"))
    built = build.build(shelf, "mine", str(encoder_folder), spec)
    expected = SentenceTransformer(str(encoder_folder), device="cpu").encode(["cat", "dog"])
    np.testing.assert_allclose(content(built)[1], expected, atol=1e-5)


def test_a_space_of_a_model_in_a_folder_is_asked_from_anywhere(shelf, encoder_folder, tmp_path, monkeypatch):
    monkeypatch.chdir(encoder_folder.parent)
    built = build.build(shelf, "mine", encoder_folder.name, "wordfreq:en:5")
    monkeypatch.chdir(tmp_path)
    assert built.facts.model == str(encoder_folder)
    run = later(shelf)
    encoder = run.encoder_of(run.open("mine"))
    expected = SentenceTransformer(str(encoder_folder), device="cpu").encode(["The cat"])
    np.testing.assert_allclose(encoder.encode(["The cat"]), expected, atol=1e-5)


@pytest.fixture
def lower_case_tokens(lm_folder):
    """Words that the tiny language model has as a token after a space, and their rows of its table."""
    tokens = Tokenizer.from_file(str(lm_folder / "tokenizer.json")).get_vocab()
    table = load_file(lm_folder / "model.safetensors")["model.embed_tokens.weight"]
    words = sorted(token[1:] for token in tokens if token[0] == "Ġ" and token[1:].isalpha() and token[1:].islower())
    words = [word for word in words if word.isascii()]
    return words, table[[tokens[f"Ġ{word}"] for word in words]]


def test_a_space_of_a_language_model_has_the_rows_of_its_table(tiny, lm_folder, lower_case_tokens):
    built = build.build(tiny, "mine", "llama", "model")
    tokenizer = Tokenizer.from_file(str(lm_folder / "tokenizer.json"))
    texts = {tokenizer.decode([token]).removeprefix(" ").lower() for token in range(tokenizer.get_vocab_size())}
    readable = {text for text in texts if text and text.isprintable() and text == text.strip() and "�" not in text}
    words, vectors = content(built)
    assert len(words) == len(set(words))
    assert set(words) == readable
    some, expected = lower_case_tokens
    assert len(some) > 20
    np.testing.assert_array_equal(vectors[[words.index(word) for word in some]], expected)


def test_a_space_of_a_language_model_and_a_word_list_has_the_words_that_both_have(
    tiny, ear, tmp_path, lower_case_tokens
):
    some, expected = lower_case_tokens
    order = [5, 3, 11]
    wanted = [some[5], "nowhere-at-all", some[3], some[11], "zzyzx"]
    built = build.build(tiny, "mine", "llama", str(word_file(tmp_path, *wanted)))
    words, vectors = content(built)
    assert words == [some[place] for place in order]
    np.testing.assert_array_equal(vectors, expected[order])
    assert "llama has 3 of the 5 words; the others are left out" in ear.heard


def test_a_vocabulary_is_looked_up_in_a_table_without_its_capitals(tiny, tmp_path):
    built = build.build(tiny, "mine", "llama", str(word_file(tmp_path, "The", "the", "OF", "zzqx")))
    assert content(built)[0] == ["the", "of"]


def test_words_that_an_encoder_does_not_know_or_cannot_tell_apart_are_left_out_and_counted(tiny, ear, tmp_path):
    spec = str(word_file(tmp_path, "café", "cat", "☃", "爱☃", "cafe", "CAT", "dog"))  # BERT drops accents and case
    built = build.build(tiny, "mine", "bert", spec)
    assert content(built)[0] == ["café", "cat", "dog"]
    assert (built.facts.unknown, built.facts.alike) == (2, 2)
    assert "bert: left out 2 words that it does not know: ☃, 爱☃" in ear.heard
    assert "bert: left out 2 words that it cannot tell from a word before: cafe = café, CAT = cat" in ear.heard
    vectors = content(built)[1]
    assert len(np.unique(vectors.round(5), axis=0)) == 3
    exact = build.build(tiny, "exact", "bert", str(word_file(tmp_path, "cat", "dog")))
    assert (exact.facts.unknown, exact.facts.alike) == (0, 0)


def test_numbers_are_stored_as_asked(tiny, tmp_path):
    spec = str(word_file(tmp_path, "cat", "dog", "love"))
    whole = build.build(tiny, "whole", "bert", spec, "float32")
    half = build.build(tiny, "half", "bert", spec, "float16")
    assert (whole.facts.stored, half.facts.stored) == ("float32", "float16")
    rounded = content(whole)[1].astype(np.float16).astype(np.float32)
    np.testing.assert_array_equal(content(half)[1], rounded)


def test_a_space_says_the_engine_and_number_type_that_computed_it(tiny, ear):
    torch = Shelf(Library(replace(tiny.config, engine="torch"), ear))
    bfloat = Shelf(Library(replace(tiny.config, engine="torch", dtype="bfloat16"), ear))
    exact = build.build(torch, "exact", "bert", "wordfreq:en:5")
    narrow = build.build(bfloat, "narrow", "bert", "wordfreq:en:5")
    assert [space.facts.dtype for space in (exact, narrow)] == ["float32", "bfloat16"]
    assert {space.facts.engine for space in (exact, narrow)} == {"torch"}
    assert not np.array_equal(content(exact)[1], content(narrow)[1])
    with pytest.raises(MisuseError, match="made from something else"):
        build.build(torch, "narrow", "bert", "wordfreq:en:5")


def test_a_space_made_from_another_list_is_not_replaced_in_silence(tiny, tmp_path):
    build.build(tiny, "mine", "bert", str(word_file(tmp_path, "cat", "dog")))
    with pytest.raises(MisuseError, match="you have a space mine, made from something else") as caught:
        build.build(tiny, "mine", "bert", str(word_file(tmp_path, "cat", "love", "hate")))
    assert caught.value.hint == "llmlab space remove mine"
    tiny.remove("mine")
    built = build.build(tiny, "mine", "bert", str(word_file(tmp_path, "cat", "love", "hate")))
    assert content(built)[0] == ["cat", "love", "hate"]


@pytest.mark.parametrize(
    ("model", "vocabulary", "message"),
    [
        ("bert", "model", "bert is an encoder, which has no words of its own"),
        ("bert", "wordfreq:ar:5", "bert knows none of the 5 words"),
        ("bert", "wordfreq:xx:5", "wordfreq has no language 'xx'"),
        ("bert", "wordfreq:en", "is not wordfreq:LANGUAGE:COUNT"),
        ("bert", "nowhere.txt", "neither a word list nor a file"),
        ("llama", "wordfreq:zh:0", "is not wordfreq:LANGUAGE:COUNT"),
        ("llama", "wordfreq:ko:5", "llama has none of the 5 words"),
        ("nowhere", "wordfreq:en:5", "no model is called 'nowhere'"),
    ],
)
def test_a_build_from_what_is_wrong_leaves_nothing_behind(tiny, model, vocabulary, message):
    with pytest.raises(MisuseError, match=message):
        build.build(tiny, "mine", model, vocabulary)
    assert left(tiny) == []
