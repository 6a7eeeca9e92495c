"""How a space of the settings is made: its vectors, and its place in the cache."""

import numpy as np
import pytest
from msgspec.structs import replace
from safetensors.numpy import load_file
from sentence_transformers import SentenceTransformer

from llmlab.config import ModelEntry, SpaceEntry
from llmlab.models.spaces import encoder_of, open_space
from llmlab.models.vocabulary import by_frequency


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
    words = by_frequency("wordfreq:en:100")
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
