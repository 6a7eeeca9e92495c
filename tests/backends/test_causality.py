"""Whether a model is causal is seen by what it does, on every engine."""

import json

import pytest
import tiny
from transformers import BertConfig, BertLMHeadModel

from llmlab.backends.causality import check_causal
from llmlab.backends.torch.causal import HuggingFaceLM
from llmlab.config import load
from llmlab.errors import MisuseError
from llmlab.models.library import Library

REFUSED = "is no causal language model: later tokens change the scores of those before"
SIZES = {
    "vocab_size": 600,
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 64,
}


def bert(folder, lm_folder, **config):
    BertLMHeadModel(BertConfig(**SIZES, **config)).save_pretrained(folder)
    for file in lm_folder.glob("tokenizer*"):
        (folder / file.name).write_bytes(file.read_bytes())
    return folder


def test_a_causal_model_passes(engine):
    check_causal(engine)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_a_model_whose_later_tokens_change_earlier_scores_is_refused(tmp_path, lm_folder, dtype):
    check_causal(HuggingFaceLM(bert(tmp_path / "decoder", lm_folder, is_decoder=True), "decoder", dtype=dtype))
    masked = HuggingFaceLM(bert(tmp_path / "masked", lm_folder, initializer_range=0.2), "masked", dtype=dtype)
    with pytest.raises(MisuseError, match=f"masked {REFUSED}"):
        check_causal(masked)


def test_even_weights_that_say_nearly_nothing_give_a_masked_model_away(tmp_path, lm_folder):
    with pytest.raises(MisuseError, match=REFUSED):
        check_causal(HuggingFaceLM(bert(tmp_path, lm_folder, initializer_range=0.02), "masked"))


def test_a_gguf_file_whose_attention_goes_both_ways_is_refused(lm_folder, tmp_path):
    llamacpp = pytest.importorskip("llmlab.backends.llamacpp")
    path = tiny.gguf_of(lm_folder, tmp_path / "both.gguf", causal=False)
    with pytest.raises(MisuseError, match=REFUSED):
        check_causal(llamacpp.LlamaCpp(path, "both", threads=1))


def test_a_model_that_calls_itself_causal_and_is_not_is_refused_when_it_is_opened(library, lm_folder, tmp_path):
    config = bert(tmp_path, lm_folder, initializer_range=0.2) / "config.json"
    fields = json.loads(config.read_text())
    del fields["is_decoder"]  # as files of older versions of transformers have it
    config.write_text(json.dumps(fields))
    assert library.kind(str(tmp_path)) == "causal"
    with pytest.raises(MisuseError, match=REFUSED):
        library.causal_lm(str(tmp_path))


@pytest.mark.models
def test_the_default_model_is_causal_as_its_entry_says(ear):
    Library(load(None), ear, thorough=True).causal_lm()
