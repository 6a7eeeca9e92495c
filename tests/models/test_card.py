"""What `models show` counts, against torch."""

import re

import numpy as np
import pytest
import tiny_use
from transformers import AutoModel, AutoModelForCausalLM

from llmlab.config import ModelEntry
from llmlab.models import card, tensors
from llmlab.models.library import Library
from llmlab.models.sources import Source
from llmlab.models.tensors import Tensor
from llmlab.render import grid


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("form", ["folder", "gguf"])
def test_parameters_are_those_torch_counts(request, library, tied, form):
    suffix = "_without_bos" if tied else ""  # the tiny model without BOS ties its head to its embedding
    model = AutoModelForCausalLM.from_pretrained(request.getfixturevalue(f"lm_folder{suffix}"))
    path = request.getfixturevalue(f"lm_folder{suffix}" if form == "folder" else f"gguf_file{suffix}")
    found = card.read(library.shop, library.source(str(path)))
    parts = {"embedding": "embed_tokens", "attention": "attn", "MLP": "mlp", "normalisation": "norm", "head": "lm_head"}
    expected = {
        part: sum(parameter.numel() for name, parameter in model.named_parameters() if key in name)
        for part, key in parts.items()
    }
    assert found.parameters == {part: count for part, count in expected.items() if count}
    total = sum(parameter.numel() for parameter in model.parameters())
    assert found.document()["parameters"]["total"] == total
    facts, drawing, tensors = found.views()
    assert tensors.rows[-1] == ["total", "", "", "parameters", f"{total:,}", ""]
    share = expected["embedding"] / total
    assert ["", "", "", "parameters", f"{expected['embedding']:,}", f"{share:.1%}"] in tensors.rows
    assert f"{expected['embedding']:,} of {total:,}: {share:.1%}" in facts.conclusion
    assert ("the head shares its W with the embedding" in tensors.notes) == tied
    assert ("that table again" in drawing.rows[-2][1]) == tied
    assert found.values() == [str(total)]
    facts = {"layers": 2, "hidden_size": 64, "attention_heads": 4, "vocabulary": 600, "context": 256, "kind": "causal"}
    assert facts.items() <= found.facts.items()
    assert found.facts["memory_mib"] == pytest.approx(total * 4 / 2**20, abs=0.1)


@pytest.mark.parametrize(
    ("tensor", "part"),
    [
        ("blk.0.attn_q.weight", "attention"),
        ("blk.0.attn_q_norm.weight", "normalisation"),
        ("blk.0.ffn_down.weight", "MLP"),
        ("token_embd.weight", "embedding"),
        ("output.weight", "head"),
        ("output_norm.weight", "normalisation"),
        ("embeddings.LayerNorm.bias", "normalisation"),
        ("embeddings.position_embeddings.weight", "embedding"),
        ("encoder.layer.0.attention.output.dense.bias", "attention"),
        ("encoder.layer.0.output.dense.weight", "MLP"),
        ("h.0.ln_1.bias", "normalisation"),
        ("wte.weight", "embedding"),
        ("pooler.dense.weight", "other"),
    ],
)
def test_a_tensor_belongs_to_a_part(tensor, part):
    assert tensors.part(tensor) == part


def test_the_card_of_an_encoder_names_its_shapes(library, encoder_folder):
    found = card.read(library.shop, library.source(str(encoder_folder)))
    assert found.facts["kind"] == "encoder"
    assert {"tensor": "embeddings.word_embeddings.weight", "part": "embedding"}.items() <= next(
        row for row in found.records() if "word_embeddings" in row["tensor"]
    ).items()


def test_the_card_says_how_many_numbers_a_token_is_beside_those_of_a_large_model(library, lm_folder):
    facts = dict(card.read(library.shop, library.source(str(lm_folder))).views()[0].rows)
    assert facts["hidden size"] == "64 numbers a token, the embedding dimension (DeepSeek-V3: 7,168)"


@pytest.mark.parametrize("fixture", ["lm_folder", "gguf_file"])
def test_a_model_without_b_says_so_and_one_with_names_where(request, library, fixture, encoder_folder):
    plain = card.read(library.shop, library.source(str(request.getfixturevalue(fixture))))
    assert {one.role for one in plain.tensors} == {"W", "scale"}
    assert "no b: this family has none, a layer is activate(W·X)" in plain.views()[2].notes
    encoder = card.read(library.shop, library.source(str(encoder_folder)))
    biases = {name for name, _ in AutoModel.from_pretrained(encoder_folder).named_parameters() if name.endswith("bias")}
    assert {one.name for one in encoder.tensors if one.role == "b"} == biases
    assert encoder.views()[2].notes[0].startswith("b: in attention, MLP, normalisation")


@pytest.mark.parametrize(
    ("shape", "name", "role"),
    [((4, 4), "h.0.attn.c_attn.weight", "W"), ((4,), "h.0.attn.c_attn.bias", "b"), ((4,), "h.0.ln_1.weight", "scale")],
)
def test_a_tensor_is_w_or_b_or_a_scale(shape, name, role):
    assert Tensor(name, shape, "F32").role == role


@pytest.mark.parametrize(
    ("layers", "way"),
    [
        (1, "input -> embedding -> layer 1 -> head -> next token"),
        (2, "input -> embedding -> layer 1 -> layer 2 -> head -> next token"),
        (18, "input -> embedding -> layer 1 -> ... -> layer 18 -> head -> next token"),
    ],
)
@pytest.mark.parametrize("names", [("attn_q", "ffn_up"), ("ffn_up", "attn_q")])  # a file may hold them in any order
def test_the_drawing_goes_from_the_input_to_the_next_token(layers, way, names):
    tensors = (
        Tensor("token_embd.weight", (600, 64), "F32"),
        Tensor(f"blk.0.{names[0]}.weight", (64, 64), "F32"),
        Tensor(f"blk.0.{names[1]}.weight", (64, 64), "F32"),
        Tensor("blk.1.ffn_up.weight", (128, 64), "F32"),
    )
    facts = {"kind": "causal", "layers": layers, "hidden_size": 64, "vocabulary": 600}
    drawing = card.drawn(card.Card("m", facts, tensors))
    assert drawing.title == way
    assert drawing.rows[1] == ["↓ embedding", "the row of that number, of 600: a vector of 64 numbers"]
    assert drawing.rows[2] == ["↓ layer 1", "attention (1 W), then MLP (1 W)"]
    assert drawing.rows[-2] == ["↓ head", "that table again: 64 numbers become 600, one a token"]


def test_the_facts_stay_side_by_side_at_80_columns():
    digits = "0123456789abcdef" * 4
    facts = {"feed_forward_dimension": 1536, "sha256": digits, "distance_to_float32": {"llama.cpp bfloat16": 0.0094}}
    found = card.Card("m", facts, ())
    lines = [str(line) for line in grid.drawn(found.views()[0], 80, False, False)]
    assert "feed forward dimension  1,536" in lines
    assert "sha256                  0123456789abcdef… (whole with --format json)" in lines
    assert found.document()["sha256"] == digits


def test_millions_are_rounded():
    table, rest = (
        Tensor("token_embd.weight", (262_144, 640), "F16"),
        Tensor("o.weight", (100_326_016,), "F16"),
    )
    assert "holds 168 of 268 million: 62.6%" in card.Card("m", {}, (table, rest)).views()[0].conclusion


def test_the_card_of_a_universal_sentence_encoder_counts_its_arrays(config, ear, tmp_path, texts):
    folder = tiny_use.encoder(tmp_path, texts)
    entry = ModelEntry("encoder", "tiny", "wheel", "MIT", package="carried", pip="carried")
    source = Source("use", "use", folder, "1", {}, entry)
    found = card.read(Library(config, ear).shop, source)
    with np.load(folder / "weights.npz") as arrays:
        sizes = {name: arrays[name].size for name in arrays.files}
        biases = {name for name in arrays.files if re.match("b|proj_b|ln_b|cnn_b", name) and name != "bits"}
    assert found.total == sum(sizes.values())
    assert found.parameters["embedding"] == tiny_use.VOCABULARY * tiny_use.EMBEDDING
    assert found.parameters["MLP"] == sum(size for name, size in sizes.items() if re.fullmatch("[dp][0-3]", name))
    assert {one.name for one in found.tensors if one.role == "b"} == biases
