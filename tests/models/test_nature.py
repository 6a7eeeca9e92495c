"""What a model is, told by its files before weights are read; the folders are saved by transformers itself."""

import json

import gguf
import pytest
import transformers
from msgspec.structs import replace
from transformers import AutoModelForCausalLM

from llmlab.backends import llama_library
from llmlab.backends.torch import causal
from llmlab.config import ModelEntry
from llmlab.errors import DamagedError, MisuseError
from llmlab.models.library import Library

SMALL = {"vocab_size": 30, "max_position_embeddings": 32}
BERT = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16, **SMALL}
BART = {
    "d_model": 16,
    "encoder_layers": 1,
    "decoder_layers": 1,
    "encoder_attention_heads": 2,
    "decoder_attention_heads": 2,
    "encoder_ffn_dim": 16,
    "decoder_ffn_dim": 16,
    **SMALL,
}
T5 = {"d_model": 16, "d_kv": 8, "d_ff": 16, "num_layers": 1, "num_heads": 2, "vocab_size": 30}
SIZES = {
    "Bart": BART,
    "Marian": BART | {"pad_token_id": 0, "decoder_start_token_id": 0},
    "T5": T5,
    "GPT2": {"n_embd": 16, "n_layer": 1, "n_head": 2, "n_positions": 32, "vocab_size": 30},
    "DistilBert": {"dim": 16, "hidden_dim": 16, "n_layers": 1, "n_heads": 2, **SMALL},
}
MASKED, CLASSIFIER, PAIRED = "a masked language model", "a classifier", "an encoder-decoder model"


@pytest.fixture
def saved(tmp_path):
    """A model of a class of transformers, with random weights, as a folder; some of its configuration changed after."""

    def saved(name, options=None, **changes):
        made = getattr(transformers, name)
        family = next((known for known in SIZES if name.startswith(known)), "")
        made(made.config_class(**SIZES.get(family, BERT), **(options or {}))).save_pretrained(tmp_path / "it")
        path = tmp_path / "it" / "config.json"
        fields = json.loads(path.read_text()) | changes
        path.write_text(json.dumps({key: value for key, value in fields.items() if value != "gone"}))
        return str(tmp_path / "it")

    return saved


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("BertForMaskedLM", MASKED),
        ("BertForPreTraining", MASKED),
        ("RobertaForMaskedLM", MASKED),
        ("ElectraForMaskedLM", MASKED),
        ("ElectraForPreTraining", MASKED),
        ("DebertaV2ForMaskedLM", MASKED),
        ("DistilBertForMaskedLM", MASKED),
        ("BertLMHeadModel", rf"{MASKED} \(.*, no decoder\)"),
        ("RobertaForCausalLM", rf"{MASKED} \(.*, no decoder\)"),
        ("BertModel", "an encoder"),
        ("RobertaModel", "an encoder"),
        ("T5EncoderModel", "an encoder"),
        ("T5ForConditionalGeneration", PAIRED),
        ("BartForConditionalGeneration", PAIRED),
        ("MarianMTModel", PAIRED),
        ("BartModel", PAIRED),
        ("LlamaForSequenceClassification", CLASSIFIER),
        ("GPT2ForSequenceClassification", CLASSIFIER),
        ("LlamaForTokenClassification", CLASSIFIER),
        ("BertForQuestionAnswering", CLASSIFIER),
        ("BertForMultipleChoice", CLASSIFIER),
        ("BertForNextSentencePrediction", CLASSIFIER),
        ("MPNetModel", "an encoder"),
        ("CLIPTextModel", "of another kind"),
    ],
)
def test_what_is_no_causal_language_model_is_refused_by_name_before_its_weights_are_read(
    library, saved, monkeypatch, name, words
):
    monkeypatch.setattr(causal, "HuggingFaceLM", None)
    folder = saved(name)
    assert library.kind(folder) == "encoder"
    with pytest.raises(MisuseError, match=rf"it is {words}.*; this needs a causal language model") as refused:
        library.causal_lm(folder)
    assert "llmlab embed" in refused.value.hint


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("LlamaForCausalLM", {}),
        ("GPT2LMHeadModel", {}),
        ("GPT2Model", {}),  # its head is its table
        ("BartForCausalLM", {}),
        ("BertLMHeadModel", {"is_decoder": True}),
        ("RobertaForCausalLM", {"is_decoder": True}),
    ],
)
@pytest.mark.parametrize("named", [True, False])
def test_a_causal_language_model_is_one_whether_its_configuration_names_its_class_or_not(
    library, saved, lm_folder, name, options, named
):
    folder = saved(name, options, **({} if named else {"architectures": "gone"}))
    assert library.kind(folder) == "causal"
    for file in lm_folder.glob("tokenizer*"):
        (lm_folder.__class__(folder) / file.name).write_bytes(file.read_bytes())
    assert library.causal_lm(folder).info.vocabulary == AutoModelForCausalLM.from_pretrained(folder).config.vocab_size


def test_an_older_name_of_an_encoder_decoder_changes_nothing(library, saved):
    with pytest.raises(MisuseError, match=r"an encoder-decoder model \(T5WithLMHeadModel\)"):
        library.causal_lm(saved("T5ForConditionalGeneration", architectures=["T5WithLMHeadModel"]))


@pytest.mark.parametrize("name", ["BertForMaskedLM", "T5ForConditionalGeneration", "BartForConditionalGeneration"])
def test_without_the_name_of_its_class_a_model_is_still_told_by_its_type(library, saved, name):
    folder = saved(name, architectures="gone")
    with pytest.raises(MisuseError, match="this needs a causal language model"):
        library.causal_lm(folder)


def test_a_body_without_its_head_is_refused_instead_of_given_a_random_one(library, saved, lm_folder):
    folder = saved("LlamaModel")
    for file in lm_folder.glob("tokenizer*"):
        (lm_folder.__class__(folder) / file.name).write_bytes(file.read_bytes())
    with pytest.raises(DamagedError, match=r"lacks the weights lm_head\.weight"):
        library.causal_lm(folder)


def test_an_entry_of_the_users_own_does_not_make_a_masked_model_causal(config, ear, saved):
    entry = ModelEntry("causal", "mine", "folder", "MIT", path=saved("BertForMaskedLM"))
    library = Library(replace(config, models={"mine": entry}), ear)
    with pytest.raises(MisuseError, match="mine is a masked language model"):
        library.causal_lm("mine")


@pytest.mark.parametrize("content", ["", "[1]", "[]", "{", "null", '[["a", 1]]', "[" * 99_999])
def test_a_folder_without_a_readable_configuration_is_named(library, saved, tmp_path, content):
    folder = saved("BertModel")
    (tmp_path / "it" / "config.json").write_text(content)
    with pytest.raises(DamagedError, match=r"it has no readable config\.json"):
        library.kind(folder)


def header(path, architecture, **facts):
    """A GGUF file that has a header and no weights; a long list stands before what matters."""
    writer = gguf.GGUFWriter(path, architecture)
    writer.add_token_list(["word"] * 1000)
    writer.add_token_scores([0.5] * 1000)
    writer.add_array("nested", [[1, 2], [3]])
    for key, value in facts.items():
        getattr(writer, f"add_{key}")(value)
    for write in (writer.write_header_to_file, writer.write_kv_data_to_file, writer.write_tensors_to_file):
        write()
    writer.close()
    return str(path)


@pytest.mark.parametrize("engine", ["auto", "torch", "llama.cpp"])
@pytest.mark.parametrize(
    ("architecture", "facts", "words"),
    [
        ("bert", {"causal_attention": False, "pooling_type": gguf.PoolingType.CLS}, r"an encoder \(bert\)"),
        ("nomic-bert", {"causal_attention": False}, "an encoder"),
        ("t5", {}, "an encoder-decoder model"),
        ("t5encoder", {}, "an encoder"),
        ("llada", {"causal_attention": False}, "an encoder"),
        ("qwen3", {"pooling_type": gguf.PoolingType.LAST}, "an encoder"),
    ],
)
def test_a_gguf_file_that_is_no_causal_language_model_is_refused_by_its_header(
    config, ear, tmp_path, monkeypatch, engine, architecture, facts, words
):
    monkeypatch.setattr(llama_library, "obstacle", lambda: None)
    path = header(tmp_path / "it.gguf", architecture, **facts)
    library = Library(replace(config, engine=engine), ear)
    with pytest.raises(MisuseError, match=rf"it\.gguf is {words}.*; this needs a causal language model"):
        library.causal_lm(path)
    with pytest.raises(MisuseError, match=r"it\.gguf is a GGUF file"):
        library.encoder(path)


@pytest.mark.parametrize("facts", [{}, {"causal_attention": True}, {"pooling_type": gguf.PoolingType.NONE}])
def test_a_gguf_file_that_says_nothing_else_is_a_causal_language_model(library, tmp_path, facts):
    assert library.kind(header(tmp_path / "it.gguf", "llama", **facts)) == "causal"


@pytest.mark.parametrize("content", [b"", b"GGUF", b"GGUF" + b"\xff" * 60, b"GGML" + b"\x00" * 60])
def test_a_file_that_is_no_gguf_is_damaged(library, tmp_path, content):
    (tmp_path / "it.gguf").write_bytes(content)
    with pytest.raises(DamagedError, match="no whole GGUF file"):
        library.kind(str(tmp_path / "it.gguf"))
