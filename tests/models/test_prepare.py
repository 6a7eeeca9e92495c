"""Conversions: what they make is the model they were made from."""

import json
import shutil

import numpy as np
import pytest
from msgspec.structs import replace
from safetensors.numpy import load_file
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
from tokenizers import Tokenizer

from llmlab.errors import DamagedError, MisuseError
from llmlab.models import inventory, prepare
from llmlab.models.library import Library
from llmlab.models.prepare import encoder_plan

BERT = {"model_type": "bert", "hidden_size": 32, "num_hidden_layers": 2, "max_position_embeddings": 128}
MEAN = {"pooling_mode_mean_tokens": True, "pooling_mode_cls_token": False, "include_prompt": True}


def pipeline(folder, kinds, pooling=MEAN, config=BERT, **files):
    """A sentence-transformers folder as far as encoder_plan reads it."""
    folder.mkdir()
    modules = [{"path": "" if i == 0 else f"{i}_{kind}", "type": f"st.models.{kind}"} for i, kind in enumerate(kinds)]
    (folder / "modules.json").write_text(json.dumps(modules))
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "tokenizer.json").write_text("{}")
    (folder / "1_Pooling").mkdir()
    (folder / "1_Pooling" / "config.json").write_text(json.dumps(pooling))
    for name, content in files.items():
        (folder / f"{name}.json").write_text(json.dumps(content))
    return folder


@pytest.mark.parametrize(
    ("kinds", "options", "plan"),
    [
        ("TPN", {}, {"pooling": "mean", "normalize": True, "lower_case": False, "max_tokens": 128, "layers": 2}),
        ("TP", {"pooling": {"pooling_mode": "cls"}}, {"pooling": "cls", "normalize": False, "dimension": 32}),
        ("TP", {"pooling": {"pooling_mode_max_tokens": True}}, {"pooling": "max"}),
        ("TP", {"sentence_bert_config": {"max_seq_length": 64, "do_lower_case": True}}, {"max_tokens": 64}),
        (
            "TP",
            {"config": {"model_type": "distilbert", "dim": 8, "n_layers": 3, "max_position_embeddings": 9}},
            {"layers": 3, "dimension": 8},
        ),
        ("TPD", {}, None),  # a dense layer follows
        ("TPDN", {}, None),
        ("T", {}, None),
        ("TN", {}, None),
        ("TP", {"pooling": {"pooling_mode_mean_tokens": True, "pooling_mode_cls_token": True}}, None),
        ("TP", {"pooling": {"pooling_mode_mean_sqrt_len_tokens": True}}, None),
        ("TP", {"pooling": {"pooling_mode": "lasttoken"}}, None),
        ("TP", {"config": BERT | {"model_type": "mpnet"}}, None),
        ("TP", {"config_sentence_transformers": {"default_prompt_name": "query"}}, None),
    ],
)
def test_only_a_known_pipeline_is_taken_over(tmp_path, kinds, options, plan):
    names = {"T": "Transformer", "P": "Pooling", "N": "Normalize", "D": "Dense"}
    found = encoder_plan(pipeline(tmp_path / "model", [names[kind] for kind in kinds], **options))
    assert (found is None) if plan is None else plan.items() <= found.items()


@pytest.mark.parametrize("harm", ["modules.json", "config.json", "tokenizer.json", "1_Pooling/config.json"])
def test_a_pipeline_that_lacks_a_file_is_not_taken_over(tmp_path, harm):
    folder = pipeline(tmp_path / "model", ["Transformer", "Pooling"])
    (folder / harm).unlink()
    assert encoder_plan(folder) is None


@pytest.fixture(params=["mean, normalised", "cls", "max"])
def encoder(request, encoder_folder, tmp_path):
    """The tiny encoder, as it is and with other pooling."""
    if "," in request.param:
        return encoder_folder
    modules = [Transformer(str(encoder_folder), max_seq_length=128), Pooling(32, pooling_mode=request.param)]
    SentenceTransformer(modules=modules, device="cpu").save(str(tmp_path / "encoder"))
    return tmp_path / "encoder"


def test_a_converted_encoder_gives_the_vectors_of_sentence_transformers(library, ear, encoder, texts):
    engine = library.encoder(str(encoder))
    expected = SentenceTransformer(str(encoder), device="cpu").encode(texts)
    assert engine.info.engine == "ctranslate2"
    np.testing.assert_allclose(engine.encode(texts), expected, atol=1e-5)
    assert (engine.info.dimension, engine.info.layers, engine.info.context) == (32, 2, 128)
    tokens, vectors = engine.token_vectors(texts[0])
    reference = Tokenizer.from_file(str(encoder / "tokenizer.json")).encode(texts[0]).tokens
    assert list(tokens) == reference
    assert vectors.shape == (len(reference), 32)
    assert sum("converting" in message for message in ear.heard) == 1


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


def test_weights_that_lack_the_catalogues_checksum_are_refused(config, ear, encoder_folder, tmp_path):
    shutil.copytree(encoder_folder, tmp_path / "copy")
    entry = replace(
        config.models["all-minilm-l6-v2"], source="folder", path=str(tmp_path / "copy"), weights="model.safetensors"
    )
    with pytest.raises(DamagedError, match="does not have the catalogue's checksum"):
        Library(replace(config, models={"mine": entry}), ear).encoder("mine")
    assert not list((config.cache_folder / "models" / "mine").glob("[!.]*"))
