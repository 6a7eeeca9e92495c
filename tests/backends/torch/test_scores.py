"""Output layers of every kind, a block of the vocabulary at a time, against plain torch."""

import numpy as np
import pytest
import tiny
import torch
from transformers import (
    AutoModelForCausalLM,
    CohereConfig,
    Gemma2Config,
    Gemma3TextConfig,
    GPT2Config,
    GPTNeoXConfig,
    GraniteConfig,
    PretrainedConfig,
)

from llmlab.backends.base import ScoreRequest
from llmlab.backends.torch import scores
from llmlab.backends.torch.causal import HuggingFaceLM

BOS = (0,)
SMALL = {
    "vocab_size": 600,
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 256,
    "initializer_range": 0.2,
    "bos_token_id": 0,
    "eos_token_id": 1,
    "pad_token_id": 1,
}


@pytest.mark.parametrize("block", [1, 7, 599, 600, 10_000])
def test_blocks_of_the_vocabulary_change_nothing(lm, tokens, block, monkeypatch):
    asked = [ScoreRequest(text, detail=detail) for text in tokens[:3] for detail in (False, True)]
    expected = lm.score(asked)
    monkeypatch.setattr(scores, "BLOCK", block)
    for one, other in zip(lm.score(asked), expected, strict=True):
        np.testing.assert_allclose(one.logprobs, other.logprobs, atol=1e-5)
        np.testing.assert_allclose(one.entropies, other.entropies, atol=1e-5)
        assert np.array_equal(one.ranks, other.ranks)


@pytest.mark.parametrize(
    ("config", "split"),
    [
        (Gemma2Config(final_logit_softcapping=1.0, head_dim=16, **SMALL), True),
        (Gemma3TextConfig(sliding_window=6, head_dim=16, **SMALL), True),
        (GPTNeoXConfig(**SMALL), True),
        (GPT2Config(n_layer=2, n_head=4, n_embd=64, vocab_size=600, n_positions=256), True),
        (CohereConfig(logit_scale=0.0625, **SMALL), False),
        (GraniteConfig(logits_scaling=8.0, **SMALL), False),
    ],
    ids=lambda value: value.model_type if isinstance(value, PretrainedConfig) else "",
)
def test_every_kind_of_output_layer_scores_as_in_plain_torch(config, split, lm_folder, tokens, tmp_path):
    torch.manual_seed(0)
    AutoModelForCausalLM.from_config(config).save_pretrained(tmp_path)
    for file in lm_folder.glob("tokenizer*"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    model, plain = HuggingFaceLM(tmp_path, "tiny"), tiny.plain_torch(tmp_path)
    assert isinstance(model._reader, scores.Split) == split
    asked = tokens[:30]
    quick = model.score([ScoreRequest(text) for text in asked])
    thorough = model.score([ScoreRequest(text, detail=True) for text in asked])
    for text, one, other in zip(asked, quick, thorough, strict=True):
        expected = plain(BOS + text.ids[:-1])
        own = expected[np.arange(len(text)), list(text.ids)]
        np.testing.assert_allclose(one.logprobs, own, atol=1e-4)
        np.testing.assert_allclose(other.logprobs, own, atol=1e-4)
        np.testing.assert_allclose(other.entropies, -(np.exp(expected) * expected).sum(axis=1), atol=1e-4)
    for text, row in zip(asked, model.next(asked), strict=True):
        np.testing.assert_allclose(row, plain(BOS + text.ids)[-1], atol=1e-4)


def test_equally_likely_tokens_share_the_best_of_their_ranks():
    logits = torch.tensor([[0.0, 3.0, 1.0, 3.0, 3.0, -torch.inf]])
    stats = scores.details(scores.Whole(None), logits, np.array([0, 0]), np.array([4, 2]), most=1)
    assert stats.ranks.tolist() == [1, 4]
    p = np.exp([0.0, 3, 1, 3, 3]) / np.exp([0.0, 3, 1, 3, 3]).sum()
    np.testing.assert_allclose(stats.logprobs, np.log(p[[4, 2]]), atol=1e-6)
    np.testing.assert_allclose(stats.entropies, -(p * np.log(p)).sum(), atol=1e-6)
