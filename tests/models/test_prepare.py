"""Conversions: what they make is the model they were made from."""

import shutil

import numpy as np
import pytest
from msgspec.structs import replace
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from llmlab.errors import DamagedError, LabError, MisuseError
from llmlab.models import inventory, prepare
from llmlab.models.library import Library


def test_an_encoder_is_converted_once_and_shows_its_tokens(library, ear, encoder_folder, texts):
    engine = library.encoder(str(encoder_folder))
    assert (engine.info.engine, engine.info.dimension, engine.info.layers) == ("ctranslate2", 32, 2)
    assert engine.info.context == 128
    tokens, vectors = engine.token_vectors(texts[0])
    reference = Tokenizer.from_file(str(encoder_folder / "tokenizer.json")).encode(texts[0]).tokens
    assert list(tokens) == reference
    assert vectors.shape == (len(reference), 32)
    assert sum("for ctranslate2" in message for message in ear.heard) == 1


@pytest.mark.parametrize("engine", ["ctranslate2", "torch"])
def test_a_text_that_an_encoder_cannot_read_whole_is_refused(config, ear, encoder_folder, engine):
    encoder = Library(replace(config, engine=engine), ear).encoder(str(encoder_folder))
    for ask in (lambda: encoder.encode(["a", "the cat " * 100]), lambda: encoder.token_vectors("the cat " * 100)):
        with pytest.raises(MisuseError, match=r"the text needs \d+ tokens; .* reads at most 128"):
            ask()


def test_a_gguf_file_as_a_folder_is_the_same_model(library, gguf_file, lm_folder):
    folder = prepare.transformers_folder(library.shop, library.source(str(gguf_file)))
    found, expected = load_file(folder / "model.safetensors"), load_file(lm_folder / "model.safetensors")
    for name, weight in expected.items():
        np.testing.assert_allclose(found[name], weight, atol=1e-6)
    assert prepare.transformers_folder(library.shop, library.source(str(lm_folder))) == lm_folder


@pytest.mark.parametrize("model", ["gguf_file", "lm_folder"])
def test_the_embedding_table_is_the_models_own(request, library, lm_folder, model):
    table = library.table(str(request.getfixturevalue(model)))
    assert np.array_equal(table, load_file(lm_folder / "model.safetensors")["model.embed_tokens.weight"])
    assert isinstance(table, np.memmap)


def test_a_model_is_prepared_and_removed_by_name(config, library, encoder_folder):
    inventory.prepare(library, str(encoder_folder))
    made = config.cache_folder / "models" / library.source(str(encoder_folder)).slug / "ctranslate2"
    size = sum(file.stat().st_size for file in made.rglob("*") if file.is_file())
    assert inventory.remove(library, str(encoder_folder)) == size > 0
    assert not made.exists()
    with pytest.raises(MisuseError, match=r"nothing of .* is in the cache"):
        inventory.remove(library, str(encoder_folder))


def test_a_link_in_the_place_of_what_is_made_of_a_model_is_not_followed(config, library, encoder_folder, tmp_path):
    (tmp_path / "letters" / "kept").mkdir(parents=True)
    place = config.cache_folder / "models" / library.source(str(encoder_folder)).slug
    place.parent.mkdir(parents=True, exist_ok=True)
    place.symlink_to(tmp_path / "letters")
    with pytest.raises(DamagedError, match="is a link, and none of the cache is followed") as refused:
        inventory.prepare(library, str(encoder_folder))
    assert refused.value.hint == f"rm {place}"
    assert inventory.remove(library, str(encoder_folder)) > 0
    assert not place.is_symlink()
    assert [path.name for path in (tmp_path / "letters").iterdir()] == ["kept"]


def test_weights_that_lack_the_catalogues_checksum_are_refused(config, ear, encoder_folder, tmp_path):
    shutil.copytree(encoder_folder, tmp_path / "copy")
    entry = replace(
        config.models["all-minilm-l6-v2"], source="folder", path=str(tmp_path / "copy"), weights="model.safetensors"
    )
    with pytest.raises(DamagedError, match="does not have the catalogue's checksum"):
        Library(replace(config, models={"mine": entry}), ear).encoder("mine")
    assert not list((config.cache_folder / "models" / "mine").glob("[!.]*"))


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ValueError("no such\n  layer"), "conversion failed: no such layer"),
        (KeyError(), "conversion failed: KeyError"),
    ],
)
def test_why_a_conversion_failed_is_one_line_that_names_another_engine(library, gguf_file, monkeypatch, error, said):
    def fails(*_):
        raise error

    monkeypatch.setattr("llmlab.backends.torch.gguf.convert", fails)
    with pytest.raises(LabError) as raised:
        prepare.transformers_folder(library.shop, library.source(str(gguf_file)))
    assert (raised.value.message, raised.value.hint) == (said, "use --engine llama.cpp")
