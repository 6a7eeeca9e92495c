"""What is the torch engine's own; what it promises as every engine does is in test_contract.py."""

import json
import shutil

import numpy as np
import pytest
import tiny
import torch
from safetensors.numpy import load_file, save_file
from transformers import AutoModelForCausalLM, XLNetConfig, XLNetLMHeadModel

from llmlab.backends.base import ScoreRequest
from llmlab.backends.sampling import log_softmax
from llmlab.backends.torch import causal
from llmlab.backends.torch.causal import HuggingFaceLM
from llmlab.errors import DamagedError, MisuseError

BOS = (0,)


@pytest.fixture(scope="module")
def plain(lm_folder):
    return tiny.plain_torch(lm_folder)


@pytest.mark.parametrize("positions", [1, 7, 100])
def test_a_small_budget_of_logits_changes_nothing(lm, lm_folder, tokens, positions, monkeypatch):
    monkeypatch.setattr(causal, "LOGIT_BYTES", positions * 600 * 4)
    thrifty = HuggingFaceLM(lm_folder, "tiny")
    asked = [ScoreRequest(text, start=2, detail=True) for text in tokens[:20]]
    for one, other in zip(thrifty.score(asked), lm.score(asked), strict=True):
        np.testing.assert_allclose(one.logprobs, other.logprobs, atol=1e-5)
        np.testing.assert_allclose(one.entropies, other.entropies, atol=1e-5)
        assert np.array_equal(one.ranks, other.ranks)


@pytest.mark.parametrize("pass_tokens", [1, 5, 64])
def test_short_passes_change_nothing(lm, lm_folder, tokens, pass_tokens, monkeypatch):
    asked = [ScoreRequest(text, start=i % 3, detail=i % 2 == 0) for i, text in enumerate(tokens[:20])]
    expected, nexts = lm.score(asked), lm.next(tokens[:20])
    monkeypatch.setattr(causal, "PASS_TOKENS", pass_tokens)  # longer texts come in several passes
    thrifty = HuggingFaceLM(lm_folder, "tiny")
    for one, other in zip(thrifty.score(asked), expected, strict=True):
        np.testing.assert_allclose(one.logprobs, other.logprobs, atol=1e-5)
        np.testing.assert_allclose(one.entropies, other.entropies, atol=1e-5)
        assert np.array_equal(one.ranks, other.ranks)
    np.testing.assert_allclose(thrifty.next(tokens[:20]), nexts, atol=3e-5)  # all 600, some of them at -30


def test_two_decoders_do_not_disturb_each_other(lm, plain):
    one, other = lm.encode("The cat"), lm.encode("Where did you put")
    first, second = lm.decoder(one, 2, 4), lm.decoder(other, 1, 4)
    second.step([0], [30])
    row = first.step([0, 1], [10, 20])[1]
    np.testing.assert_allclose(log_softmax(row), plain((*BOS, *one.ids, 20))[-1], atol=1e-4)


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_half_precision_still_sums_to_one_in_float32(lm_folder, lm, dtype):
    half = HuggingFaceLM(lm_folder, "tiny", dtype=dtype)
    context = lm.encode("The cat sat")
    assert half.info.dtype == dtype
    row = half.next([context])[0]
    assert row.dtype == np.float32
    assert np.exp(row.astype(np.float64)).sum() == pytest.approx(1, abs=1e-5)
    assert np.abs(row - lm.next([context])[0]).max() < 0.5


def test_the_embedding_table_is_the_models_own(lm, lm_folder):
    expected = load_file(lm_folder / "model.safetensors")["model.embed_tokens.weight"]
    assert np.array_equal(lm.embedding_table(), expected)


def test_the_last_hidden_states_times_the_head_are_the_logits(lm, lm_folder, plain):
    asked = lm.encode("The cat sat on the mat.")
    head = AutoModelForCausalLM.from_pretrained(lm_folder).get_output_embeddings().weight.detach().numpy()
    logits = lm.hidden(asked, 2).astype(np.float64) @ head.astype(np.float64).T
    expected = plain(BOS + asked.ids)[1:]
    np.testing.assert_allclose(torch.log_softmax(torch.tensor(logits), -1).numpy(), expected, atol=1e-4)


def test_an_unknown_dtype_is_refused(lm_folder):
    with pytest.raises(MisuseError, match="no dtype int3"):
        HuggingFaceLM(lm_folder, "tiny", dtype="int3")


def test_a_folder_without_a_model_is_refused(tmp_path):
    with pytest.raises(DamagedError, match=r"/\S+ holds no tokenizer$"):
        HuggingFaceLM(tmp_path, "tiny")


def test_a_model_that_lacks_weights_is_refused_instead_of_filled_with_noise(lm_folder, tmp_path):
    for file in lm_folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    weights = load_file(tmp_path / "model.safetensors")
    del weights["model.layers.1.mlp.up_proj.weight"]
    save_file(weights, tmp_path / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(DamagedError, match=r"lacks the weights model\.layers\.1\.mlp\.up_proj\.weight"):
        HuggingFaceLM(tmp_path, "tiny")


def test_a_model_of_a_type_that_is_never_causal_is_refused(lm_folder, tmp_path):
    shutil.copytree(lm_folder, tmp_path, dirs_exist_ok=True)
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "vit"}))
    with pytest.raises(MisuseError, match="no causal language model of the type vit"):
        HuggingFaceLM(tmp_path, "tiny")


def test_a_model_whose_keys_and_values_the_engine_does_not_know_is_refused(lm_folder, tmp_path):
    sizes = {"vocab_size": 600, "d_model": 16, "n_layer": 1, "n_head": 2, "d_inner": 16}
    XLNetLMHeadModel(XLNetConfig(**sizes)).save_pretrained(tmp_path)
    for file in lm_folder.glob("tokenizer*"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    model = HuggingFaceLM(tmp_path, "tiny")
    with pytest.raises(MisuseError, match=r"XLNet\w+ keeps no keys and values"):
        model.score([ScoreRequest(model.encode("The cat"))])
