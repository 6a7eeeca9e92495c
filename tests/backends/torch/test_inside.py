"""Between the layers of models of several architectures, against transformers with the norm of each by its name."""

from operator import attrgetter

import numpy as np
import pytest
import torch
from transformers import (
    AutoModelForCausalLM,
    CohereConfig,
    Gemma2Config,
    Gemma3TextConfig,
    GPT2Config,
    GPTNeoXConfig,
    GraniteConfig,
    LlamaConfig,
    MambaConfig,
    OPTConfig,
    PretrainedConfig,
    Qwen2Config,
    Qwen3Config,
)

from llmlab.backends.torch import inside
from llmlab.backends.torch.causal import HuggingFaceLM
from llmlab.errors import MisuseError

SMALL = {
    "vocab_size": 600,
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 2048,
    "initializer_range": 0.2,
    "bos_token_id": 0,
    "eos_token_id": 1,
    "pad_token_id": 1,
}
GPT2 = {"n_layer": 3, "n_head": 4, "n_embd": 64, "vocab_size": 600, "n_positions": 256, "initializer_range": 0.2}
OPT = SMALL | {"ffn_dim": 128, "word_embed_proj_dim": 64}
KINDS = [  # with the name of the final norm, and the cap on logits
    (LlamaConfig(**SMALL), "model.norm", None),
    (Gemma2Config(final_logit_softcapping=1.0, head_dim=16, **SMALL), "model.norm", 1.0),
    (Gemma3TextConfig(sliding_window=6, head_dim=16, **SMALL), "model.norm", None),
    (Qwen2Config(**SMALL), "model.norm", None),
    (Qwen3Config(head_dim=16, **SMALL), "model.norm", None),
    (GPT2Config(**GPT2), "transformer.ln_f", None),
    (GPTNeoXConfig(**SMALL), "gpt_neox.final_layer_norm", None),
    (OPTConfig(**OPT), "model.decoder.final_layer_norm", None),
]
TEXTS = ["The cat sat on the mat.", "今天天气很好", "a"]
named = pytest.mark.parametrize(
    "config", [one for one, *_ in KINDS], ids=lambda config: config.model_type, scope="module"
)


def made(config: PretrainedConfig, tokenizer, folder) -> HuggingFaceLM:
    """A model of an architecture with random weights, its norms too."""
    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_config(config)
    with torch.no_grad():
        for name, one in model.named_parameters():
            if "norm" in name or "ln_" in name:
                one.add_(0.3 * torch.randn_like(one))
    model.save_pretrained(folder)
    for file in tokenizer.glob("tokenizer*"):
        (folder / file.name).write_bytes(file.read_bytes())
    return HuggingFaceLM(folder, "tiny", threads=1)


@pytest.mark.parametrize(("config", "norm", "cap"), KINDS, ids=lambda value: getattr(value, "model_type", ""))
def test_the_lens_is_the_norm_and_head_of_each_architecture(config, norm, cap, lm_folder, tmp_path):
    lm = made(config, lm_folder, tmp_path)
    plain = AutoModelForCausalLM.from_pretrained(tmp_path).eval()
    for text in TEXTS:
        tokens = lm.encode(text)
        with torch.no_grad():
            *early, last = plain(torch.tensor([(0, *tokens.ids)]), output_hidden_states=True).hidden_states
            states = [*map(attrgetter(norm)(plain).forward, early), last]
            logits = torch.cat([plain.lm_head(one)[:, -1] for one in states]).double()
        logits = cap * torch.tanh(logits / cap) if cap else logits
        found = lm.lens(tokens)
        np.testing.assert_allclose(found, torch.log_softmax(logits, -1).numpy(), atol=1e-4)
        assert np.array_equal(found[-1], lm.next([tokens])[0])
        assert np.abs(found[0] - found[-1]).max() > 0.1  # the layers do something


@named
def test_attention_is_transformers_own(config, lm_folder, tmp_path):
    lm = made(config, lm_folder, tmp_path)
    plain = AutoModelForCausalLM.from_pretrained(tmp_path, attn_implementation="eager").eval()
    for text in TEXTS:
        tokens = lm.encode(text)
        with torch.no_grad():
            expected = plain(torch.tensor([(0, *tokens.ids)]), output_attentions=True).attentions
        found = lm.attention(tokens)
        np.testing.assert_allclose(found, torch.cat(expected)[:, :, -1].numpy(), atol=1e-6)
        np.testing.assert_allclose(found.sum(-1), 1, atol=1e-5)


@pytest.mark.parametrize(
    "config", [CohereConfig(logit_scale=0.0625, **SMALL), GraniteConfig(logits_scaling=8.0, **SMALL)]
)
def test_a_model_that_does_more_after_its_last_state_than_one_matrix_is_refused(config, lm_folder, tmp_path):
    lm = made(config, lm_folder, tmp_path)
    with pytest.raises(MisuseError, match=r"the logits of \w+ForCausalLM are not its last state times one matrix"):
        lm.lens(lm.encode("The cat"))


def test_a_model_without_a_final_norm_is_refused(lm_folder, tmp_path):
    lm = made(OPTConfig(do_layer_norm_before=False, **OPT), lm_folder, tmp_path)
    with pytest.raises(MisuseError, match="OPTForCausalLM has no final norm over the states of its layers"):
        lm.lens(lm.encode("The cat"))


def test_a_model_without_attention_is_refused(lm_folder, tmp_path):
    lm = made(MambaConfig(vocab_size=600, hidden_size=64, num_hidden_layers=2, state_size=8), lm_folder, tmp_path)
    with pytest.raises(MisuseError, match="MambaForCausalLM has no attention of the same heads in each layer"):
        lm.attention(lm.encode("The cat"))


def test_attention_of_a_long_text_is_refused(lm_folder, tmp_path, monkeypatch):
    lm = made(LlamaConfig(**SMALL), lm_folder, tmp_path)
    monkeypatch.setattr(inside, "LONGEST", 10)
    tokens = lm.encode("a b " * 9)
    with pytest.raises(MisuseError, match=rf"the text has {1 + len(tokens)} tokens; attention is of at most 10"):
        lm.attention(tokens)
