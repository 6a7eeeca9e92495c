"""What `models show` counts, against torch."""

import pytest
from transformers import AutoModelForCausalLM

from llmlab.models import card


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
    assert found.views()[1].rows[-1] == ["total", "", "parameters", f"{total:,}"]
    assert bool(found.views()[1].notes) == tied
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
    assert card.part(tensor) == part


def test_the_card_of_an_encoder_names_its_shapes(library, encoder_folder):
    found = card.read(library.shop, library.source(str(encoder_folder)))
    assert found.facts["kind"] == "encoder"
    assert {"tensor": "embeddings.word_embeddings.weight", "part": "embedding"}.items() <= next(
        row for row in found.records() if "word_embeddings" in row["tensor"]
    ).items()
