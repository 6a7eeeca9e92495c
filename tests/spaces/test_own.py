"""Spaces of the user's own: what goes in comes out, and what is wrong leaves nothing behind."""

import json
import os
import shutil

import numpy as np
import pytest
from lab_spaces import FACTS
from msgspec.structs import replace
from safetensors.numpy import load_file
from sentence_transformers import SentenceTransformer
from tokenizers import Tokenizer
from wordfreq import top_n_list

from llmlab.config import ModelEntry
from llmlab.errors import DamagedError, MissingError, MisuseError
from llmlab.models import own_spaces, space_content, spaces, vector_rows
from llmlab.models.spaces import FORMAT, encoder_of, open_space
from llmlab.store import artifacts
from llmlab.store.space import VECTORS, WORDS
from llmlab.store.space_writer import SpaceWriter, write

NUMBERS = np.array([[1, -2.5, 0.1], [3e-7, 4, 5], [6, 7, 1e9], [0.5, 0, -1], [9, 8, 7]], np.float32)
NAMES = ["cat", "Köln", "New York", "爱", "dog"]


@pytest.fixture
def tiny(config, encoder_folder, lm_folder):
    """Settings that know the tiny encoder and the tiny language model."""
    models = {
        "bert": ModelEntry("encoder", "tiny", "folder", "MIT", path=str(encoder_folder), revision="1"),
        "llama": ModelEntry("causal", "tiny", "folder", "MIT", path=str(lm_folder), revision="1"),
    }
    return replace(config, models=config.models | models)


@pytest.fixture
def vec(tmp_path):
    """A file of word2vec text."""
    rows = [" ".join([word, *map(str, row)]) for word, row in zip(NAMES, NUMBERS.astype(float).tolist(), strict=True)]
    path = tmp_path / "v.vec"
    path.write_text("\n".join(["5 3", *rows, ""]), encoding="utf-8")
    return path


def take(config, ear, name, file, words=None, standardize=False, precision="float32", case="", language=""):
    return own_spaces.import_file(config, ear, name, str(file), words, standardize, precision, case, language)


def content(space):
    words = [space.words[row] for row in range(len(space.words))]
    return words, space.rows(np.arange(len(words)))


def left(config):
    """What there is beside locks."""
    folder = config.cache_folder / "spaces"
    return sorted(path.name for path in folder.iterdir() if path.suffix != ".lock") if folder.is_dir() else []


def word_file(folder, *words):
    path = folder / "words.txt"
    path.write_text("".join(f"{word}\n" for word in words), encoding="utf-8")
    return path


def builds(ear, name):
    return ear.heard.count(f"building the space {name} (once)")


# Built from a model


@pytest.mark.parametrize("vocabulary", ["file", "wordfreq"])
def test_a_space_of_an_encoder_has_the_vectors_of_sentence_transformers(
    tiny, ear, tmp_path, encoder_folder, vocabulary
):
    words = ["The cat", "love", "爱", "zebra"] if vocabulary == "file" else top_n_list("de", 40)
    spec = str(word_file(tmp_path, *words)) if vocabulary == "file" else "wordfreq:de:40"
    built = own_spaces.build(tiny, ear, "mine", "bert", spec)
    found, vectors = content(built)
    assert found == words
    expected = SentenceTransformer(str(encoder_folder), device="cpu").encode(words)
    np.testing.assert_allclose(vectors, expected, atol=1e-5)
    assert built.facts["languages"] == (["*"] if vocabulary == "file" else ["de"])
    assert encoder_of(tiny, ear, built).info.name == "bert"
    assert content(open_space(tiny, ear, "mine"))[0] == words
    assert builds(ear, "mine") == 1


def test_a_model_is_named_by_its_folder_too(config, ear, tmp_path, encoder_folder):
    spec = str(word_file(tmp_path, "cat", "dog"))
    built = own_spaces.build(config, ear, "mine", str(encoder_folder), spec)
    expected = SentenceTransformer(str(encoder_folder), device="cpu").encode(["cat", "dog"])
    np.testing.assert_allclose(content(built)[1], expected, atol=1e-5)


@pytest.fixture
def lower_case_tokens(lm_folder):
    """Words that the tiny language model has as a token after a space, and their rows of its table."""
    tokens = Tokenizer.from_file(str(lm_folder / "tokenizer.json")).get_vocab()
    table = load_file(lm_folder / "model.safetensors")["model.embed_tokens.weight"]
    words = sorted(token[1:] for token in tokens if token[0] == "Ġ" and token[1:].isalpha() and token[1:].islower())
    words = [word for word in words if word.isascii()]
    return words, table[[tokens[f"Ġ{word}"] for word in words]]


def test_a_space_of_a_language_model_has_the_rows_of_its_table(tiny, ear, lm_folder, lower_case_tokens):
    built = own_spaces.build(tiny, ear, "mine", "llama", "model")
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
    built = own_spaces.build(tiny, ear, "mine", "llama", str(word_file(tmp_path, *wanted)))
    words, vectors = content(built)
    assert words == [some[place] for place in order]
    np.testing.assert_array_equal(vectors, expected[order])
    assert "llama has 3 of the 5 words; the others are left out" in ear.heard


def test_numbers_are_stored_as_asked(tiny, ear, tmp_path):
    spec = str(word_file(tmp_path, "cat", "dog", "love"))
    whole = own_spaces.build(tiny, ear, "whole", "bert", spec, "float32")
    half = own_spaces.build(tiny, ear, "half", "bert", spec, "float16")
    assert (whole.facts["stored"], half.facts["stored"]) == ("float32", "float16")
    rounded = content(whole)[1].astype(np.float16).astype(np.float32)
    np.testing.assert_array_equal(content(half)[1], rounded)


def test_a_space_made_from_another_list_is_not_replaced_in_silence(tiny, ear, tmp_path):
    own_spaces.build(tiny, ear, "mine", "bert", str(word_file(tmp_path, "cat", "dog")))
    with pytest.raises(MisuseError, match="you have a space mine, made from something else") as caught:
        own_spaces.build(tiny, ear, "mine", "bert", str(word_file(tmp_path, "cat", "love", "hate")))
    assert caught.value.hint == "llmlab space remove mine"
    own_spaces.remove(tiny, ear, "mine")
    built = own_spaces.build(tiny, ear, "mine", "bert", str(word_file(tmp_path, "cat", "love", "hate")))
    assert content(built)[0] == ["cat", "love", "hate"]


# Interrupted


class Encoder:
    """An encoder that remembers what it encoded, and is interrupted after so many calls."""

    def __init__(self, inner, calls):
        self.inner, self.info, self.calls, self.encoded = inner, inner.info, calls, []

    def encode(self, texts, *more):
        if len(self.encoded) == self.calls:
            raise KeyboardInterrupt
        self.encoded.append(list(texts))
        return self.inner.encode(texts, *more)


@pytest.fixture
def encoders(monkeypatch):
    """Every encoder that a build opens: the first is interrupted after one block of four words."""
    opened, real = [], space_content.open_encoder

    def open_encoder(*how):
        opened.append(Encoder(real(*how), 1 if not opened else 99))
        return opened[-1]

    monkeypatch.setattr(space_content, "ENCODED", 4)
    monkeypatch.setattr(space_content, "open_encoder", open_encoder)
    return opened


def test_an_interrupted_build_goes_on_where_it_was(tiny, ear, encoders):
    words = top_n_list("en", 10)
    with pytest.raises(KeyboardInterrupt):
        own_spaces.build(tiny, ear, "mine", "bert", "wordfreq:en:10")
    assert encoders[0].encoded == [words[:4]]
    assert "mine" not in left(tiny)
    assert [one.state for one in own_spaces.listing(tiny).items if one.name == "mine"] == ["unfinished"]
    built = own_spaces.build(tiny, ear, "mine", "bert", "wordfreq:en:10")
    assert encoders[1].encoded == [words[4:8], words[8:]]
    assert "4 words were there from the last time" in ear.heard
    whole = own_spaces.build(tiny, ear, "whole", "bert", "wordfreq:en:10")
    assert encoders[2].encoded == [words[:4], words[4:8], words[8:]]
    assert content(built)[0] == content(whole)[0] == words
    np.testing.assert_allclose(content(built)[1], content(whole)[1], atol=1e-6)
    assert built.facts == {**whole.facts, "name": "mine"}
    assert left(tiny) == ["mine", "whole"]
    own_spaces.check(tiny, ear, "mine")


def test_an_interrupted_build_does_not_go_on_with_other_words(tiny, ear, tmp_path, encoders):
    words = [f"word{number}" for number in range(6)]
    spec = str(word_file(tmp_path, *words))
    with pytest.raises(KeyboardInterrupt):
        own_spaces.build(tiny, ear, "mine", "bert", spec)
    word_file(tmp_path, *reversed(words))
    built = own_spaces.build(tiny, ear, "mine", "bert", spec)
    assert content(built)[0] == words[::-1]


@pytest.mark.parametrize("then", [1, 2, 3, 5])
def test_an_interrupted_import_goes_on_where_it_was(config, ear, vec, monkeypatch, then):
    add, added = SpaceWriter.add, []

    def interrupted(writer, words, vectors):
        if len(added) == 2:
            raise KeyboardInterrupt
        added.append(words)
        add(writer, words, vectors)

    monkeypatch.setattr(vector_rows, "BLOCK", 12)  # one row of three float32
    monkeypatch.setattr(SpaceWriter, "add", interrupted)
    with pytest.raises(KeyboardInterrupt):
        take(config, ear, "mine", vec)
    assert added == [["cat"], ["Köln"]]
    monkeypatch.setattr(SpaceWriter, "add", add)
    monkeypatch.setattr(vector_rows, "BLOCK", 12 * then)
    words, vectors = content(take(config, ear, "mine", vec))
    assert "2 words were there from the last time" in ear.heard
    assert words == NAMES
    np.testing.assert_array_equal(vectors, NUMBERS)
    assert left(config) == ["mine"]


# Imported from a file


def test_word2vec_text_is_imported_as_it_is(config, ear, vec):
    made = take(config, ear, "mine", vec)
    words, vectors = content(made)
    assert words == NAMES
    np.testing.assert_array_equal(vectors, NUMBERS)
    facts = {"name": "mine", "format": "word2vec text", "model": "v.vec", "words": 5, "dimension": 3, "case": "keep"}
    assert facts.items() <= made.facts.items()
    assert encoder_of(config, ear, made) is None


def test_a_table_is_imported_with_the_names_of_its_columns(config, ear, tmp_path):
    path = tmp_path / "people.csv"
    path.write_text("name,age,sex\nann,30,f\nbob,40,m\neve,56,f\n", encoding="utf-8")
    made = take(config, ear, "plain", path)
    assert content(made)[0] == ["ann", "bob", "eve"]
    np.testing.assert_array_equal(content(made)[1], [[30, 1, 0], [40, 0, 1], [56, 1, 0]])
    assert made.facts["dimensions"] == ["age", "sex=f", "sex=m"]
    assert made.facts["notes"] == ["text columns are one-hot encoded: sex (f, m)"]
    age = np.array([30, 40, 56.0])
    standard = content(take(config, ear, "standard", path, standardize=True))[1]
    np.testing.assert_allclose(standard[:, 0], (age - age.mean()) / age.std(), rtol=1e-6)
    np.testing.assert_array_equal(standard[:, 1:], [[1, 0], [0, 1], [1, 0]])


@pytest.mark.parametrize("scale", [1e-25, 1, 1e20])
def test_cosines_do_not_depend_on_the_scale_of_a_file(config, ear, tmp_path, scale):
    rows = np.array([[1, 2], [2, 1], [-1, 3]], float) * scale
    np.save(tmp_path / "v.npy", rows)
    (tmp_path / "v.txt").write_text("a\nb\nc\n", encoding="utf-8")
    space = take(config, ear, "mine", tmp_path / "v.npy")
    scores, found = space.search(np.array([[1, 2]], np.float32), 3, "cosine")
    cosines = (rows / scale) @ [1, 2] / np.linalg.norm(rows / scale, axis=1) / np.sqrt(5)
    assert found[0].tolist() == np.argsort(-cosines).tolist()
    np.testing.assert_allclose(scores[0], np.sort(cosines)[::-1], atol=1e-6)


def test_the_same_file_under_the_same_name_is_imported_once(config, ear, vec):
    take(config, ear, "mine", vec)
    take(config, ear, "mine", vec)
    assert builds(ear, "mine") == 1


@pytest.mark.parametrize("case", ["", "keep", "lower"])
def test_how_words_are_looked_up_can_be_said(config, ear, vec, case):
    made = take(config, ear, "mine", vec, case=case, language="de")
    assert made.facts["case"] == (case or "keep")  # Köln has a capital
    assert made.facts["languages"] == ["de"]


@pytest.mark.parametrize("name", ["minilm", "", "a/b", "..", ".hidden", "a b", "-x", "../spaces/x", "/tmp/x"])
def test_a_name_that_is_taken_or_is_none_is_refused(tiny, ear, vec, name):
    with pytest.raises(MisuseError, match="a space of yours cannot be called"):
        take(tiny, ear, name, vec)
    with pytest.raises(MisuseError, match="a space of yours cannot be called"):
        own_spaces.build(tiny, ear, name, "bert", "wordfreq:en:5")
    assert left(tiny) == []


def test_a_space_is_not_replaced_by_another_of_its_name(config, ear, vec, tmp_path):
    take(config, ear, "mine", vec)
    other = tmp_path / "other.csv"
    other.write_text("w,x\na,1\n", encoding="utf-8")
    with pytest.raises(MisuseError, match="mine"):
        take(config, ear, "mine", other)
    assert content(open_space(config, ear, "mine"))[0] == NAMES


# What is wrong leaves nothing behind


@pytest.mark.parametrize("block", [2**23, 12])
@pytest.mark.parametrize("line", ["dog 1 2", "dog 1 2 nan", "dog 1 2 x", "cat 1 2 3"])
def test_an_import_of_a_wrong_file_leaves_nothing_behind(config, ear, vec, monkeypatch, line, block):
    monkeypatch.setattr(vector_rows, "BLOCK", block)
    good = vec.read_text(encoding="utf-8").splitlines()
    vec.write_text("\n".join([*good[:-1], line, ""]), encoding="utf-8")
    with pytest.raises(DamagedError, match=r"v\.vec line 6 "):
        take(config, ear, "mine", vec)
    assert left(config) == []


@pytest.mark.parametrize(
    ("model", "vocabulary", "message"),
    [
        ("bert", "model", "bert is an encoder, which has no words of its own"),
        ("bert", "wordfreq:xx:5", "wordfreq has no language 'xx'"),
        ("bert", "wordfreq:en", "is not wordfreq:LANGUAGE:COUNT"),
        ("bert", "nowhere.txt", "neither a word list nor a file"),
        ("llama", "wordfreq:zh:0", "is not wordfreq:LANGUAGE:COUNT"),
        ("llama", "wordfreq:ko:5", "llama has none of the 5 words"),
        ("nowhere", "wordfreq:en:5", "no model is called 'nowhere'"),
    ],
)
def test_a_build_from_what_is_wrong_leaves_nothing_behind(tiny, ear, model, vocabulary, message):
    with pytest.raises(MisuseError, match=message):
        own_spaces.build(tiny, ear, "mine", model, vocabulary)
    assert left(tiny) == []


# Looked at, removed, exported


def test_the_listing_holds_the_spaces_of_the_settings_and_the_users_own(config, ear, vec, tmp_path):
    made = take(config, ear, "mine", vec)
    take(config, ear, "b-2", vec)
    open_space(config, ear, str(vec))  # a file has no name of its own
    found = own_spaces.listing(config)
    assert [one.name for one in found.items] == [*config.spaces, "b-2", "mine"]
    *settings, _, mine = found.records()
    assert {(one["own"], one["ready"], one["words"]) for one in settings} == {(False, False, None)}
    size = sum(file.stat().st_size for file in made.folder.iterdir()) / 2**20
    assert mine == {
        "name": "mine",
        "made_from": "v.vec",
        "own": True,
        "ready": True,
        "words": 5,
        "dimension": 3,
        "state": "flat",
        "mib": round(size, 1),
    }
    assert found.views()[0].rows[-1][:5] == ["mine", "5", 3, "v.vec", "flat"]


def test_a_damaged_space_is_listed_and_no_first_use_of_it_is_promised(config, ear, vec):
    made = take(config, ear, "mine", vec)
    (made.folder / WORDS).write_text("")
    found = own_spaces.listing(config)
    assert found.records()[-1]["name"] == "mine"
    assert not found.records()[-1]["ready"]
    assert "at first use" not in found.views()[0].rows[-1]


def test_a_sheet_says_where_a_space_comes_from_and_where_it_lies(config, ear, vec):
    made = take(config, ear, "mine", vec)
    facts = own_spaces.sheet(config, ear, "mine").document()
    assert {"name": "mine", "words": 5, "format": "word2vec text", "folder": str(made.folder)}.items() <= facts.items()
    shown = {row[0]: row[1] for row in own_spaces.sheet(config, ear, "mine").views()[0].rows}
    assert shown["model"] == "v.vec"
    assert "notes" not in shown  # there are none


def test_a_space_of_ones_own_is_removed(config, ear, vec):
    folder = take(config, ear, "mine", vec).folder
    take(config, ear, "other", vec)
    size = sum(file.stat().st_size for file in folder.iterdir())
    assert own_spaces.remove(config, ear, "mine") == size
    assert left(config) == ["other"]
    with pytest.raises(MisuseError, match="no space called 'mine'") as caught:
        own_spaces.remove(config, ear, "mine")
    assert caught.value.hint == "yours: other"


def test_the_space_of_a_file_is_removed_by_its_path_and_the_file_stays(config, ear, vec):
    folder = open_space(config, ear, str(vec)).folder
    assert own_spaces.remove(config, ear, str(vec)) > 0
    assert not folder.exists()
    assert vec.is_file()


@pytest.mark.parametrize("name", ["nowhere", "..", ".files", "", "/"])
def test_what_is_no_space_of_ones_own_is_not_removed(config, ear, vec, name):
    open_space(config, ear, str(vec))
    with pytest.raises(MisuseError, match="you have no space called") as caught:
        own_spaces.remove(config, ear, name)
    assert caught.value.hint == "yours: there are none yet"
    assert left(config) == [".files"]


def test_a_space_of_the_settings_is_not_removed_as_ones_own(config, ear):
    with pytest.raises(MisuseError, match="minilm is a space of the settings") as caught:
        own_spaces.remove(config, ear, "minilm")
    assert "llmlab models remove minilm" in caught.value.hint


def test_an_unknown_name_lists_ones_own(config, ear, vec):
    take(config, ear, "mine", vec)
    with pytest.raises(MisuseError, match="no space is called 'mone'") as caught:
        open_space(config, ear, "mone")
    assert "did you mean mine?" in caught.value.hint
    assert "gemma, mine" in caught.value.hint


@pytest.mark.parametrize("ending", [".vec", ".txt", ".bin", ".csv", ".tsv", ".npy"])
def test_an_export_is_imported_as_the_same_words_and_vectors(tiny, ear, tmp_path, monkeypatch, ending):
    monkeypatch.setattr(own_spaces, "COPIED", 7)  # in several blocks
    built = own_spaces.build(tiny, ear, "mine", "bert", "wordfreq:en:25", "float32")
    path = tmp_path / f"out{ending}"
    assert own_spaces.export(tiny, ear, "mine", path) == 25
    words, vectors = content(take(tiny, ear, "again", path))
    assert words == content(built)[0]
    assert vectors.tobytes() == content(built)[1].tobytes()


@pytest.mark.parametrize("ending", [".csv", ".tsv"])
def test_an_exported_table_keeps_the_names_of_its_columns(config, ear, tmp_path, ending):
    path = tmp_path / "people.csv"
    path.write_text("name,age,sex\nann,30,f\nbob,40,m\n", encoding="utf-8")
    first = take(config, ear, "mine", path)
    own_spaces.export(config, ear, "mine", tmp_path / f"out{ending}")
    second = take(config, ear, "again", tmp_path / f"out{ending}")
    assert second.facts["dimensions"] == first.facts["dimensions"]
    np.testing.assert_array_equal(content(second)[1], content(first)[1])


# Checked


def rewrite(folder, name, data):
    """Change a file of a space, and its record with it."""
    (folder / name).write_bytes(data)
    record = json.loads((folder / artifacts.RECORD).read_bytes())
    record["files"][name] = (len(data), artifacts.sha256(folder / name))
    (folder / artifacts.RECORD).write_text(json.dumps(record), encoding="utf-8")


def test_a_whole_space_is_found_whole(config, ear, vec, monkeypatch):
    monkeypatch.setattr(own_spaces, "COPIED", 2)
    take(config, ear, "mine", vec)
    assert len(own_spaces.check(config, ear, "mine").words) == 5


@pytest.mark.parametrize("name", [WORDS, VECTORS])
def test_a_changed_byte_is_found(config, ear, vec, name):
    file = take(config, ear, "mine", vec).folder / name
    data = file.read_bytes()
    file.write_bytes(data[:-2] + bytes([data[-2] ^ 1]) + data[-1:])
    with pytest.raises(DamagedError, match="the space mine is damaged") as caught:
        own_spaces.check(config, ear, "mine")
    assert "llmlab space remove mine" in caught.value.hint


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_value_that_is_not_finite_is_found(config, ear, vec, value):
    folder = take(config, ear, "mine", vec).folder
    data = (folder / VECTORS).read_bytes()
    rewrite(folder, VECTORS, data[:-4] + np.float32(value).tobytes())  # the last number of the last row
    with pytest.raises(DamagedError, match="mine holds values that are not finite numbers"):
        own_spaces.check(config, ear, "mine")


@pytest.mark.parametrize("block", [50_000, 1])
def test_a_word_that_stands_twice_is_found(config, ear, monkeypatch, block):
    monkeypatch.setattr(own_spaces, "COPIED", block)

    def build(folder):
        return {**FACTS, **write(folder, ["cat", "dog", "cat"], NUMBERS[:3]), "name": "mine"}

    artifacts.make(config.cache_folder / "spaces" / "mine", {"format": FORMAT}, build, ear)
    with pytest.raises(DamagedError, match="mine holds a word twice"):
        own_spaces.check(config, ear, "mine")


def test_words_whose_characters_are_stored_as_the_same_bytes_are_different_words(config, ear, tmp_path):
    path = tmp_path / "v.vec"
    path.write_text("4 1\n敢 1\nbe 2\nmy 3\n祭 4\n", encoding="utf-8")
    assert hash("敢") == hash("be")  # what the check must not go by
    own_spaces.import_file(config, ear, "mine", str(path), None, False, "auto", "", "")
    assert own_spaces.check(config, ear, "mine").words.first(4) == ["敢", "be", "my", "祭"]


@pytest.mark.parametrize("words", [b"cat\ndog\n", b"cat\ndog\nlove\nhate\nmore\nstill\n"], ids=["fewer", "more"])
def test_another_number_of_words_than_of_rows_is_found(config, ear, vec, words):
    rewrite(take(config, ear, "mine", vec).folder, WORDS, words)
    with pytest.raises(DamagedError, match="mine"):
        own_spaces.check(config, ear, "mine")


# What a space was made from changes


def test_a_space_of_a_model_in_a_folder_is_asked_from_anywhere(config, ear, encoder_folder, tmp_path, monkeypatch):
    monkeypatch.chdir(encoder_folder.parent)
    built = own_spaces.build(config, ear, "mine", encoder_folder.name, "wordfreq:en:5")
    monkeypatch.chdir(tmp_path)
    assert built.facts["model"] == str(encoder_folder)
    encoder = encoder_of(config, ear, open_space(config, ear, "mine"))
    expected = SentenceTransformer(str(encoder_folder), device="cpu").encode(["The cat"])
    np.testing.assert_allclose(encoder.encode(["The cat"]), expected, atol=1e-5)


def test_a_space_of_another_version_is_not_read(config, ear, vec, monkeypatch):
    take(config, ear, "mine", vec)
    monkeypatch.setattr(spaces, "FORMAT", "0")
    with pytest.raises(DamagedError, match="the space mine was made by another version of llmlab"):
        open_space(config, ear, "mine")


def test_an_unfinished_build_can_be_removed(tiny, ear, encoders):
    with pytest.raises(KeyboardInterrupt):
        own_spaces.build(tiny, ear, "mine", "bert", "wordfreq:en:10")
    assert own_spaces.remove(tiny, ear, "mine") > 0
    assert all(one.name != "mine" for one in own_spaces.listing(tiny).items)


def test_a_model_that_cannot_be_opened_takes_nothing_from_what_was_built(tiny, ear, encoders, monkeypatch):
    with pytest.raises(KeyboardInterrupt):
        own_spaces.build(tiny, ear, "mine", "bert", "wordfreq:en:10")
    with monkeypatch.context() as patch:
        patch.setattr(space_content, "open_encoder", raising(MissingError("the engine is not installed")))
        with pytest.raises(MissingError):
            own_spaces.build(tiny, ear, "mine", "bert", "wordfreq:en:10")
    own_spaces.build(tiny, ear, "mine", "bert", "wordfreq:en:10")
    assert "4 words were there from the last time" in ear.heard


def raising(error):
    """A function that raises."""

    def function(*_):
        raise error

    return function


def test_a_vocabulary_is_looked_up_in_a_table_without_its_capitals(tiny, ear, tmp_path):
    built = own_spaces.build(tiny, ear, "mine", "llama", str(word_file(tmp_path, "The", "the", "OF", "zzqx")))
    assert content(built)[0] == ["the", "of"]


def test_a_space_says_the_engine_and_number_type_that_computed_it(tiny, ear):
    exact = own_spaces.build(replace(tiny, engine="torch"), ear, "exact", "bert", "wordfreq:en:5")
    narrow = own_spaces.build(replace(tiny, engine="torch", dtype="bfloat16"), ear, "narrow", "bert", "wordfreq:en:5")
    assert [space.facts["dtype"] for space in (exact, narrow)] == ["float32", "bfloat16"]
    assert {space.facts["engine"] for space in (exact, narrow)} == {"torch"}
    assert not np.array_equal(content(exact)[1], content(narrow)[1])
    with pytest.raises(MisuseError, match="made from something else"):
        own_spaces.build(replace(tiny, engine="torch"), ear, "narrow", "bert", "wordfreq:en:5")


def test_an_encoder_whose_folder_has_changed_does_not_answer_for_a_space(config, ear, tmp_path, encoder_folder):
    folder = shutil.copytree(encoder_folder, tmp_path / "encoder")
    own_spaces.build(config, ear, "mine", str(folder), "wordfreq:en:5")
    [weights] = folder.rglob("*.safetensors")
    data = weights.read_bytes()
    weights.write_bytes(data[:-1] + bytes([data[-1] ^ 64]))
    os.utime(weights, ns=(0, 0))
    with pytest.raises(DamagedError, match="mine"):
        encoder_of(config, ear, open_space(config, ear, "mine"))


def test_the_space_of_a_file_is_made_once_and_again_when_the_file_changes(config, ear, vec):
    open_space(config, ear, str(vec))
    open_space(config, ear, str(vec))
    assert builds(ear, "v.vec") == 1
    stat = vec.stat()
    vec.write_text(vec.read_text(encoding="utf-8").replace("dog", "cow"), encoding="utf-8")
    os.utime(vec, ns=(stat.st_atime_ns, stat.st_mtime_ns + 1))
    assert content(open_space(config, ear, str(vec)))[0] == [*NAMES[:-1], "cow"]  # another time
    vec.write_text("1 1\nlonger-word 1\n", encoding="utf-8")
    os.utime(vec, ns=(stat.st_atime_ns, stat.st_mtime_ns + 1))
    assert content(open_space(config, ear, str(vec)))[0] == ["longer-word"]  # another size
    assert builds(ear, "v.vec") == 3
    assert len(left(config)) == len(list((config.cache_folder / "spaces" / ".files").glob("[!.]*"))) == 1


def test_the_space_of_an_array_is_made_again_when_its_words_change(config, ear, tmp_path):
    np.save(tmp_path / "v.npy", NUMBERS)
    (tmp_path / "v.txt").write_text("a\nb\nc\nd\ne\n", encoding="utf-8")
    open_space(config, ear, str(tmp_path / "v.npy"))
    (tmp_path / "v.txt").write_text("apple\nb\nc\nd\ne\n", encoding="utf-8")
    assert content(open_space(config, ear, str(tmp_path / "v.npy")))[0] == ["apple", "b", "c", "d", "e"]


def test_a_table_is_kept_both_as_it_is_and_standardised(config, ear, tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("w,x\na,1\nb,3\n", encoding="utf-8")
    for _ in range(2):
        np.testing.assert_array_equal(content(open_space(config, ear, str(path)))[1], [[1], [3]])
        np.testing.assert_array_equal(content(open_space(config, ear, str(path), standardize=True))[1], [[-1], [1]])
    assert builds(ear, "t.csv") == 2


@pytest.mark.parametrize("name", ["mine", "minilm"])
def test_a_space_that_is_made_is_not_standardised(config, ear, vec, name):
    take(config, ear, "mine", vec)
    with pytest.raises(MisuseError, match=f"the space {name} is made already"):
        open_space(config, ear, name, standardize=True)
