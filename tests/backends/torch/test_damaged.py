"""Model folders that are damaged, not whole or hostile: one error that says what is the matter, and no number."""

import json
import shutil

import gguf
import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AlbertConfig, AlbertModel

from llmlab.backends.base import ScoreRequest
from llmlab.backends.llamacpp import LlamaCpp
from llmlab.backends.sampling import draw_plain, log_softmax, logsumexp, temper
from llmlab.backends.torch import layer_count
from llmlab.backends.torch.causal import HuggingFaceLM
from llmlab.backends.torch.encoder import SentenceTransformerEncoder
from llmlab.errors import DamagedError

WEIGHTS = "model.safetensors"
EVIL = "open({!r}, 'w')\nclass Evil: pass\n"


@pytest.fixture
def folder(lm_folder, tmp_path):
    """The tiny model, to be damaged."""
    return shutil.copytree(lm_folder, tmp_path / "lm")


def configure(file, **changes):
    file.write_text(json.dumps(json.loads(file.read_text(encoding="utf-8")) | changes), encoding="utf-8")


def weigh(folder, change):
    held = load_file(folder / WEIGHTS)
    change(held)
    save_file(held, folder / WEIGHTS, metadata={"format": "pt"})


@pytest.mark.parametrize("size", [0, 7, 5000, -1])
def test_weights_that_are_cut_off_are_said_to_be_not_whole(folder, size):
    (folder / WEIGHTS).write_bytes((folder / WEIGHTS).read_bytes()[:size])
    with pytest.raises(DamagedError, match=r"holds a \.safetensors file that is not whole$") as caught:
        HuggingFaceLM(folder, "tiny")
    assert caught.value.hint == "fetch it again"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"num_attention_heads": 0}, r"cannot read \S+/config\.json: it lacks a value, or holds one that cannot be$"),
        ({"num_hidden_layers": "two"}, r"cannot read \S+/config\.json: Validation error .*expected int, got str"),
        ({"rope_parameters": {"rope_type": "yarn"}}, r"cannot read \S+/config\.json: .*factor"),
        ({"num_hidden_layers": 1}, r"holds model\.layers\.1\.\S+ \.\.\., a layer more than its config\.json says"),
        ({"num_hidden_layers": 0}, r"holds model\.layers\.0\.\S+ \.\.\., a layer more than its config\.json says"),
        ({"num_hidden_layers": -1}, r"holds model\.layers\.0\.\S+ \.\.\., a layer more than its config\.json says"),
        ({"num_hidden_layers": 3}, r"lacks the weights model\.layers\.2\."),
        ({"num_hidden_layers": 10**7}, r"the config\.json of \S+ says 10,000,000 layers; its weights are those of 2$"),
        ({"text_config": {"n_layer": 10**7}}, r"says 10,000,000 layers; its weights are those of 2$"),
        ({"vocab_size": 10**12}, r"the weights of \S+ have other shapes than its config\.json says"),
        ({"hidden_size": 10**9}, r"the weights of \S+ have other shapes than its config\.json says"),
        ({"hidden_act": "none"}, "transformers cannot read .*: it lacks a value, or holds one that cannot be$"),
    ],
)
def test_a_config_that_does_not_fit_its_weights_is_named(folder, changes, message):
    configure(folder / "config.json", **changes)
    with pytest.raises(DamagedError, match=message):
        HuggingFaceLM(folder, "tiny")


@pytest.mark.parametrize("file", ["config.json", "tokenizer_config.json"])
def test_code_that_comes_with_a_model_is_not_run(folder, tmp_path, file):
    (folder / "evil.py").write_text(EVIL.format(str(tmp_path / "ran")), encoding="utf-8")
    own = {"AutoConfig": "evil.Evil", "AutoModelForCausalLM": "evil.Evil", "AutoTokenizer": ["evil.Evil", None]}
    configure(folder / file, auto_map=own, model_type="evil", tokenizer_class="Evil")
    with pytest.raises(DamagedError, match=r"needs code that came with it, which is not run$"):
        HuggingFaceLM(folder, "tiny")
    assert not (tmp_path / "ran").exists()


def test_a_broken_tokenizer_is_named(folder):
    (folder / "tokenizer.json").write_text("{", encoding="utf-8")
    with pytest.raises(DamagedError, match=r"cannot read the tokenizer in .*Expecting property name") as caught:
        HuggingFaceLM(folder, "tiny")
    assert caught.value.hint == "fetch tokenizer.json again"


def test_an_encoder_without_a_tokenizer_is_named(encoder_folder, tmp_path):
    folder = shutil.copytree(encoder_folder, tmp_path / "encoder")
    for file in ("tokenizer.json", "vocab.txt", "tokenizer_config.json"):
        for path in folder.rglob(file):
            path.unlink()
    with pytest.raises(DamagedError, match=r"encoder holds no tokenizer$") as caught:
        SentenceTransformerEncoder(folder, "tiny")
    assert caught.value.hint == "put tokenizer.json or tokenizer.model of the same model beside its weights"


@pytest.mark.parametrize("below", [False, True])
def test_an_encoder_with_more_layers_than_weights_is_refused_before_they_are_made(encoder_folder, tmp_path, below):
    folder = shutil.copytree(encoder_folder, tmp_path / "encoder")
    if below:
        folder = folder.rename(tmp_path / "0_Transformer").parent
    [file] = [path for path in folder.rglob("config.json") if "model_type" in path.read_text(encoding="utf-8")]
    configure(file, num_hidden_layers=10**7)
    with pytest.raises(DamagedError, match=r"says 10,000,000 layers; its weights are those of \d$"):
        SentenceTransformerEncoder(folder, "tiny")


def test_layers_that_share_their_weights_are_as_many_as_config_says(tmp_path):
    config = AlbertConfig(
        vocab_size=9, embedding_size=4, hidden_size=4, num_attention_heads=1, intermediate_size=4, num_hidden_layers=40
    )
    AlbertModel(config).save_pretrained(tmp_path)
    layer_count.check(tmp_path)


def all_nan(held):
    for one in held.values():
        one.fill_(float("nan"))


def one_nan(held):
    held["lm_head.weight"][5, 3] = float("nan")


def too_large(held):
    held["lm_head.weight"].fill_(1e38)
    held["model.norm.weight"].fill_(1e38)


def gives_no_number(model):
    asked = model.encode("The cat sat")
    for answer in (
        lambda: model.score([ScoreRequest(asked)]),
        lambda: model.score([ScoreRequest(asked, detail=True)]),
        lambda: model.next([asked]),
        lambda: model.lens(asked),
    ):
        with pytest.raises(DamagedError, match="the model's logits are no finite numbers"):
            answer()


@pytest.mark.parametrize("damage", [all_nan, one_nan, too_large])
def test_weights_that_are_no_numbers_give_none(folder, damage):
    weigh(folder, damage)
    model = HuggingFaceLM(folder, "tiny")
    gives_no_number(model)


def test_states_and_attention_that_are_no_numbers_are_not_shown(folder):
    weigh(folder, all_nan)
    model = HuggingFaceLM(folder, "tiny")
    with pytest.raises(DamagedError, match="the model's attention is no finite numbers"):
        model.attention(model.encode("The cat sat"))
    with pytest.raises(DamagedError, match="the model's vectors are no finite numbers"):
        model.hidden(model.encode("The cat sat"), 1)


def test_a_gguf_file_whose_weights_are_no_numbers_gives_none(gguf_file, tmp_path):
    path = shutil.copy(gguf_file, tmp_path / "nan.gguf")
    reader = gguf.GGUFReader(path, "r+")
    for one in reader.tensors:
        one.data[:] = np.nan
    reader.data.flush()
    model = LlamaCpp(path, "tiny", "")
    gives_no_number(model)


def test_an_encoder_whose_weights_are_no_numbers_gives_no_vector(encoder_folder, tmp_path):
    folder = shutil.copytree(encoder_folder, tmp_path / "encoder")
    [file] = folder.rglob(WEIGHTS)
    weigh(file.parent, all_nan)
    encoder = SentenceTransformerEncoder(folder, "tiny")
    with pytest.raises(DamagedError, match="the model's vectors are no finite numbers"):
        encoder.encode(["The cat"])


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_nothing_is_drawn_from_logits_that_are_no_numbers(bad):
    logits = np.zeros(9, np.float32)
    logits[4] = bad
    for answer in (
        lambda: log_softmax(logits),
        lambda: logsumexp(logits),
        lambda: temper(logits, 0),
        lambda: temper(logits, 1),
        lambda: draw_plain(logits, 1, np.random.default_rng(0)),
    ):
        with pytest.raises(DamagedError):
            answer()


def test_a_token_that_cannot_come_is_no_damage():
    logits = np.array([0, -np.inf, 1], np.float32)
    assert np.allclose(log_softmax(logits), torch.log_softmax(torch.tensor(logits), -1).numpy())
