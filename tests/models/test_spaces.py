"""How a space is made: its vocabulary, its vectors, and its place in the cache."""

import unicodedata

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from safetensors.numpy import load_file
from sentence_transformers import SentenceTransformer

from llmlab.config import ModelEntry, SpaceEntry
from llmlab.errors import MisuseError
from llmlab.models.spaces import encoder_of, fold, open_space, vocabulary


@pytest.mark.parametrize(
    ("pieces", "words", "rows"),
    [
        ([b"Love", b"love", b" Love", b" love"], ["love"], [3]),  # the lower-case form after a space
        ([b"LOVE", b"Love", b"love"], ["love"], [2]),  # then the lower-case form
        ([b"LOVE", b"Love", b" Love"], ["love"], [0]),  # then the earliest
        ([b" b", b"a", b" a"], ["b", "a"], [0, 2]),  # in the order of the chosen tokens
        ([b"b", b"a", b" b"], ["a", "b"], [1, 2]),
        ([b"\xe7\x88", b"\xff", None, b"", b" ", b"\n", b"\t", b"x"], ["x"], [7]),  # no whole, visible word
        (["爱".encode(), " 爱".encode()], ["爱"], [1]),
        (["E\u0301".encode(), "e\u0301".encode()], ["\xe9"], [0]),  # one letter, in NFC
        ([b"a b", b" a ", b"  a"], ["a b"], [0]),  # only one leading space is a form
    ],
)
def test_forms_of_a_word_become_one_entry(pieces, words, rows):
    assert fold(pieces) == (words, rows)


@given(st.lists(st.none() | st.binary(max_size=4) | st.text("aAe\u0301 爱\n", max_size=3).map(str.encode), max_size=30))
def test_no_word_comes_twice_and_the_order_is_that_of_the_tokens(pieces):
    words, rows = fold(pieces)
    assert len(set(words)) == len(words) == len(rows)
    assert rows == sorted(rows)
    for word, row in zip(words, rows, strict=True):
        assert word.isprintable()
        assert unicodedata.normalize("NFC", pieces[row].decode().removeprefix(" ")).lower() == word


def test_a_vocabulary_is_the_most_frequent_words_first():
    assert vocabulary("wordfreq:en:3") == ["the", "to", "and"]
    assert len(vocabulary("wordfreq:de:500")) == 500


@pytest.mark.parametrize("spec", ["model", "wordfreq:en", "wordfreq:en:-5", "wordfreq:xx:9", "other:en:9"])
def test_a_vocabulary_that_is_none_is_refused(spec):
    with pytest.raises(MisuseError, match=r"is not wordfreq:LANGUAGE:COUNT|has no language"):
        vocabulary(spec)


@pytest.fixture
def own(config, encoder_folder, lm_folder):
    """Settings with a space over the tiny encoder and one over the tiny language model's table."""
    models = {
        "bert": ModelEntry("encoder", "tiny", "folder", "MIT", path=str(encoder_folder)),
        "llama": ModelEntry("causal", "tiny", "folder", "MIT", path=str(lm_folder)),
    }
    spaces = {
        "sentences": SpaceEntry("bert", "encoder", "wordfreq:en:100", ("en",)),
        "tokens": SpaceEntry("llama", "table", "model", ("*",)),
    }
    return replace(config, models=models, spaces=spaces)


def test_a_space_of_an_encoder_holds_its_vectors_of_frequent_words(own, ear, encoder_folder):
    space = open_space(own, ear, "sentences")
    words = vocabulary("wordfreq:en:100")
    expected = SentenceTransformer(str(encoder_folder), device="cpu").encode(words)
    assert space.words.first(100) == words
    np.testing.assert_allclose(space.rows(np.arange(100)), expected, atol=1e-5)
    assert {"name": "sentences", "model": "bert", "words": 100, "dimension": 32}.items() <= space.facts.items()
    assert encoder_of(own, ear, space).info.name == "bert"


def test_a_space_of_a_table_holds_its_rows(own, ear, lm_folder):
    space = open_space(own, ear, "tokens")
    table = load_file(lm_folder / "model.safetensors")["model.embed_tokens.weight"]
    found = space.rows(np.arange(len(space.words)))
    for row in found:
        assert (table == row).all(axis=1).any()
    assert len(space.words) == len(found) > 200
    assert space.words.find("the") is not None
    assert encoder_of(own, ear, space) is None


def test_a_space_is_built_once_and_again_when_it_is_damaged_or_asked_for_differently(own, ear):
    def builds():
        return sum(message == "building the space sentences (once)" for message in ear.heard)

    open_space(own, ear, "sentences")
    open_space(own, ear, "sentences")
    assert builds() == 1
    index = own.cache_folder / "spaces" / "sentences" / "vectors.faiss"
    whole = index.read_bytes()
    index.write_bytes(whole[:-1])
    open_space(own, ear, "sentences")
    assert builds() == 2
    assert index.read_bytes() == whole
    index.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    open_space(own, ear, "sentences", thorough=True)
    assert builds() == 3
    spaces = own.spaces | {"sentences": replace(own.spaces["sentences"], vocabulary="wordfreq:en:7")}
    assert len(open_space(replace(own, spaces=spaces), ear, "sentences").words) == 7
