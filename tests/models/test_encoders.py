"""Any folder that sentence-transformers loads gives its vectors; the folders are made by sentence-transformers."""

import json
import shutil

import numpy as np
import pytest
import tiny
import torch
from msgspec.structs import replace
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer import modules as st
from sentence_transformers.sentence_transformer.modules.tokenizer import WhitespaceTokenizer
from transformers import AutoModel, AutoTokenizer, BertConfig, BertForMaskedLM, RobertaConfig, RobertaModel

from llmlab.backends.torch import encoder
from llmlab.errors import DamagedError, MisuseError, UnsupportedError
from llmlab.models.library import Library

ASKED = ["He likes movies.", "CAT", "The cat sat on the mat, and then it slept", "今天天气很好", " x ", "naïve café"]
WORDS = ["he", "likes", "movies", "cat", "the", "sat", "on", "mat"]


def reader(folder, **options):
    return st.Transformer(str(folder), **({"max_seq_length": 128} | options))


def dense(inside, outside, activation):
    return st.Dense(inside, outside, activation_function=activation)


def words():
    weights = torch.randn(len(WORDS), 12)
    return st.WordEmbeddings(WhitespaceTokenizer(WORDS, do_lower_case=True), weights)


def routed(folder):
    queries, documents = [reader(folder), st.Pooling(32, "mean")], [reader(folder), st.Pooling(32, "cls")]
    return st.Router.for_query_document(queries, documents, default_route="document")


def static(folder):
    return st.StaticEmbedding(AutoTokenizer.from_pretrained(folder).backend_tokenizer, embedding_dim=16)


PIPELINES = {  # modules over the folder of the tiny BERT; the engine that auto is
    "mean": (lambda f: [reader(f), st.Pooling(32, "mean")], "ctranslate2"),
    "cls": (lambda f: [reader(f), st.Pooling(32, "cls")], "ctranslate2"),
    "max": (lambda f: [reader(f), st.Pooling(32, "max"), st.Normalize()], "ctranslate2"),
    "short": (lambda f: [reader(f, max_seq_length=40), st.Pooling(32, "mean")], "ctranslate2"),
    "lower case": (lambda f: [reader(f, do_lower_case=True), st.Pooling(32, "mean")], "ctranslate2"),
    "last token": (lambda f: [reader(f), st.Pooling(32, "lasttoken")], "torch"),
    "weighted mean": (lambda f: [reader(f), st.Pooling(32, "weightedmean")], "torch"),
    "mean by root": (lambda f: [reader(f), st.Pooling(32, "mean_sqrt_len_tokens")], "torch"),
    "two poolings": (lambda f: [reader(f), st.Pooling(32, ("mean", "cls"))], "torch"),
    "three poolings": (lambda f: [reader(f), st.Pooling(32, ("max", "mean", "lasttoken")), st.Normalize()], "torch"),
    "dense": (lambda f: [reader(f), st.Pooling(32, "mean"), dense(32, 8, torch.nn.Tanh())], "torch"),
    "two dense": (
        lambda f: [
            reader(f),
            st.Pooling(32, "mean"),
            dense(32, 48, torch.nn.GELU()),
            dense(48, 8, torch.nn.Identity()),
            st.Normalize(),
        ],
        "torch",
    ),
    "layer norm": (lambda f: [reader(f), st.Pooling(32, "mean"), st.LayerNorm(32)], "torch"),
    "dropout": (lambda f: [reader(f), st.Pooling(32, "mean"), st.Dropout(0.5)], "torch"),
    "convolution": (lambda f: [reader(f), st.CNN(32, 16), st.Pooling(48, "mean")], "torch"),
    "lstm": (lambda f: [words(), st.LSTM(12, 8), st.Pooling(16, "max")], "torch"),
    "words": (lambda f: [words(), st.Pooling(12, "mean")], "torch"),
    "weighted words": (
        lambda f: [words(), st.WordWeights(WORDS, {"cat": 3.0, "he": 0.5}), st.Pooling(12, "mean")],
        "torch",
    ),
    "bag of words": (lambda f: [st.BoW(WORDS)], "torch"),
    "static": (lambda f: [static(f)], "torch"),
    "router": (lambda f: [routed(f)], "torch"),
}


@pytest.fixture
def saved(tmp_path, encoder_folder):
    """A folder of sentence-transformers with these modules, and changes to its own settings."""

    def saved(name, **changes):
        torch.manual_seed(0)
        folder = tmp_path / "it"
        SentenceTransformer(modules=PIPELINES[name][0](encoder_folder), device="cpu").save(str(folder))
        settings = folder / "config_sentence_transformers.json"
        settings.write_text(json.dumps(json.loads(settings.read_text()) | changes))
        return folder

    return saved


def same_as_sentence_transformers(library, folder, texts=ASKED):
    expected = SentenceTransformer(str(folder), device="cpu", local_files_only=True).encode(texts)
    found = library.encoder(str(folder)).encode(texts)
    assert found.shape == expected.shape
    lengths = np.linalg.norm(found, axis=1) * np.linalg.norm(expected, axis=1)
    cosines = np.divide(
        (found * expected).sum(axis=1), lengths, out=np.ones(len(texts)), where=np.isfinite(lengths) & (lengths > 0)
    )
    assert cosines.min() >= 0.9999
    np.testing.assert_allclose(found, expected, atol=2e-5)


@pytest.mark.parametrize("name", PIPELINES)
def test_vectors_are_those_of_sentence_transformers_on_the_engine_that_computes_them(library, saved, name):
    folder = saved(name)
    same_as_sentence_transformers(library, folder)
    assert library.encoder(str(folder)).info.engine == PIPELINES[name][1]


def test_modules_that_ctranslate2_lacks_are_loaded_twice_only_once(config, ear, saved, monkeypatch):
    folder, opened = saved("dense"), []
    first = encoder.SentenceTransformerEncoder.__init__
    monkeypatch.setattr(
        encoder.SentenceTransformerEncoder, "__init__", lambda *given: (opened.append(given), first(*given))[1]
    )
    for times in (2, 3):
        assert Library(config, ear).encoder(str(folder)).info.engine == "torch"
        assert len(opened) == times
    with pytest.raises(UnsupportedError, match="the engine ctranslate2 cannot compute it"):
        Library(replace(config, engine="ctranslate2"), ear).encoder(str(folder))


@pytest.mark.parametrize("name", ["mean", "dense", "static"])
def test_truncated_vectors_are_as_long_as_the_folder_says(library, saved, name):
    folder = saved(name, truncate_dim=6)
    same_as_sentence_transformers(library, folder)
    assert library.encoder(str(folder)).encode(["cat"]).shape == (1, 6)


def test_a_prompt_by_default_stands_before_every_text_and_is_said(library, ear, saved):
    folder = saved("mean", prompts={"query": "The cat: "}, default_prompt_name="query")
    same_as_sentence_transformers(library, folder)
    assert "it puts its prompt query before every text: 'The cat: '" in ear.heard
    opened = library.encoder(str(folder))
    tokens, vectors = opened.token_vectors("he likes")
    expected = AutoTokenizer.from_pretrained(folder)
    assert list(tokens) == expected.convert_ids_to_tokens(expected("The cat: he likes")["input_ids"])
    assert len(vectors) == len(tokens)
    room = 128 - len(expected("The cat: ")["input_ids"])
    longest = " ".join(["the"] * 126)
    assert len(expected(longest)["input_ids"]) == 128 > room
    with pytest.raises(MisuseError, match=r"the text needs \d+ tokens; it reads at most 128"):
        opened.encode([longest])


def test_prompts_that_are_not_the_default_change_nothing(library, saved):
    folder = saved("mean", prompts={"query": "The cat: "})
    same_as_sentence_transformers(library, folder)
    assert library.encoder(str(folder)).info.engine == "ctranslate2"


@pytest.mark.parametrize("engine", ["torch", "ctranslate2"])
@pytest.mark.parametrize("limit", ["tokenizer", "max_seq_length"])
def test_the_longest_text_is_that_of_sentence_transformers_wherever_its_limit_stands(config, ear, saved, engine, limit):
    folder = saved("mean")
    file, key = {
        "tokenizer": ("tokenizer_config.json", "model_max_length"),
        "max_seq_length": ("sentence_bert_config.json", "max_seq_length"),
    }[limit]
    settings = json.loads((folder / file).read_text())
    (folder / file).write_text(json.dumps(settings | {key: 9}))
    assert SentenceTransformer(str(folder), device="cpu").max_seq_length == 9
    library = Library(replace(config, engine=engine), ear)
    same_as_sentence_transformers(library, folder, ["the the the the the the the"])
    with pytest.raises(MisuseError, match="the text needs 10 tokens; it reads at most 9"):
        library.encoder(str(folder)).encode(["the", "the the the the the the the the"])


def test_weights_in_bfloat16_give_the_vectors_of_the_same_weights(library, saved):
    folder = saved("mean")
    model = AutoModel.from_pretrained(folder, dtype=torch.bfloat16)
    model.save_pretrained(folder)
    expected = SentenceTransformer(str(folder), device="cpu", model_kwargs={"dtype": "float32"}).encode(ASKED)
    np.testing.assert_allclose(library.encoder(str(folder)).encode(ASKED), expected, atol=2e-5)


def test_a_transformer_in_a_folder_below_is_found(library, saved):
    folder = saved("mean")
    below = folder / "0_Transformer"
    below.mkdir()
    for file in [*folder.glob("*.safetensors"), *folder.glob("token*"), folder / "sentence_bert_config.json"]:
        file.rename(below / file.name)
    (folder / "config.json").rename(below / "config.json")
    modules = json.loads((folder / "modules.json").read_text())
    modules[0]["path"] = "0_Transformer"
    (folder / "modules.json").write_text(json.dumps(modules))
    same_as_sentence_transformers(library, folder)
    assert library.encoder(str(folder)).info.engine == "ctranslate2"


# A folder without modules.json


@pytest.fixture
def bare(tmp_path, encoder_folder):
    """A transformers folder of some class, with the tiny BERT's tokenizer."""

    def bare(model):
        torch.manual_seed(0)
        model.save_pretrained(tmp_path / "bare")
        for file in encoder_folder.glob("token*"):
            shutil.copy(file, tmp_path / "bare")
        return tmp_path / "bare"

    return bare


SIZES = {
    "vocab_size": 500,
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 64,
    "initializer_range": 0.2,
}


@pytest.mark.parametrize("engine", ["auto", "torch"])
@pytest.mark.parametrize(
    ("model", "said"),
    [
        (lambda: RobertaModel(RobertaConfig(**SIZES, max_position_embeddings=66)), "RobertaModel with mean pooling"),
        (lambda: BertForMaskedLM(BertConfig(**SIZES)), "BertModel with mean pooling"),
    ],
)
def test_a_plain_encoder_is_read_as_sentence_transformers_reads_it_and_that_is_said(
    config, ear, bare, engine, model, said
):
    folder = bare(model())
    library = Library(replace(config, engine=engine), ear)
    assert library.kind(str(folder)) == "encoder"
    same_as_sentence_transformers(library, folder)
    told = f"bare has no modules.json: read as sentence-transformers does, {said}"
    assert ear.heard.count(told) == 1
    Library(config, ear).encoder(str(folder))
    assert ear.heard.count(told) == 2


def test_an_encoder_that_lacks_weights_is_refused_instead_of_filled_with_noise(library, bare):
    folder = bare(BertForMaskedLM(BertConfig(**SIZES)))
    tiny.without_weights(folder, "bert.encoder.layer.1.output.dense.weight")
    with pytest.raises(DamagedError, match=r"lacks the weights encoder\.layer\.1\.output\.dense\.weight"):
        library.encoder(str(folder))


def test_the_libraries_write_nothing_of_their_own(library, bare, capfd):
    library.encoder(str(bare(BertForMaskedLM(BertConfig(**SIZES))))).encode(["cat"])
    written = capfd.readouterr()
    assert (written.out, written.err) == ("", "")


# What is refused


@pytest.mark.parametrize("name", ["bag of words", "static", "words"])
def test_tokens_that_no_transformer_reads_have_no_vectors(library, saved, name):
    with pytest.raises(MisuseError, match="show the tokens of it: no transformer reads them"):
        library.encoder(str(saved(name))).token_vectors("cat")


def test_a_module_whose_weights_are_pickled_is_refused(library, saved):
    folder = saved("dense")
    (folder / "2_Dense" / "model.safetensors").rename(folder / "2_Dense" / "pytorch_model.bin")
    with pytest.raises(DamagedError, match=r"2_Dense holds only pickled weights \(pytorch_model\.bin\)"):
        library.encoder(str(folder))


@pytest.mark.parametrize("harm", ["modules.json", "1_Pooling/config.json", "tokenizer.json"])
def test_a_damaged_folder_is_one_error(library, saved, harm):
    folder = saved("mean")
    (folder / harm).write_text("{")
    with pytest.raises(DamagedError):
        library.encoder(str(folder))


@pytest.mark.parametrize("engine", ["auto", "torch"])
def test_parts_that_do_not_go_together_are_one_error(config, ear, bare, lm_folder, engine):
    folder = bare(BertForMaskedLM(BertConfig(**SIZES | {"vocab_size": 600})))
    for file in lm_folder.glob("token*"):  # it has no token for padding
        shutil.copy(file, folder)
    with pytest.raises(DamagedError, match=r"sentence-transformers cannot read .* Asking to pad"):
        Library(replace(config, engine=engine), ear).encoder(str(folder))


def test_code_that_came_with_a_folder_is_not_run(library, saved):
    folder = saved("mean")
    modules = json.loads((folder / "modules.json").read_text())
    modules[1]["type"] = "mine.Pooling"
    (folder / "modules.json").write_text(json.dumps(modules))
    (folder / "mine.py").write_text("raise SystemExit('this ran')")
    with pytest.raises(DamagedError, match="needs code that came with it, which is not run"):
        library.encoder(str(folder))
