"""What every causal engine shows between its layers, against plain torch on one text at a time."""

from functools import cache

import numpy as np
import pytest
import torch
from backends.engines import only
from hypothesis import given
from hypothesis import strategies as st
from transformers import AutoModelForCausalLM

from llmlab.backends.base import Tokens
from llmlab.errors import MisuseError

LAYERS, HEADS, VOCABULARY = 2, 4, 600


@cache
def loaded(folder):
    """The tiny Llama, whose attention is computed in the open."""
    return AutoModelForCausalLM.from_pretrained(folder, attn_implementation="eager").eval()


def states(folder, ids):
    """The states of the last token by transformers, before the layers and after each: [1 + layers, D], and which model.

    The last of transformers' own is normed; the others go through the norm here.
    """
    model = loaded(folder)
    with torch.no_grad():
        found = [one[0, -1] for one in model(torch.tensor([ids]), output_hidden_states=True).hidden_states]
        return torch.stack([*(model.model.norm(one) for one in found[:-1]), found[-1]])


@only(lambda kind: not kind.counts)
def test_the_lens_is_the_final_norm_and_head_on_each_state_of_plain_torch(engine, kind, folder, tokens):
    head = loaded(folder).lm_head.weight.detach().double()
    for text in tokens[:20]:
        expected = torch.log_softmax(states(folder, kind.bos + text.ids).double() @ head.T, -1).numpy()
        found = engine.lens(text)
        assert (found.shape, found.dtype) == ((1 + LAYERS, VOCABULARY), np.float32)
        np.testing.assert_allclose(found, expected, atol=kind.near)


@only(lambda kind: not kind.counts)
def test_the_last_row_of_the_lens_is_what_comes_next(engine, kind, tokens):
    for text in tokens[:20]:
        last, expected = engine.lens(text)[-1], engine.next([text])[0]
        if kind.engine == "torch":
            assert np.array_equal(last, expected)
        np.testing.assert_allclose(last, expected, atol=kind.near)


@only(lambda kind: not kind.counts)
def test_attention_is_that_of_plain_torch_at_the_last_token(engine, kind, folder, tokens):
    for text in tokens[:20]:
        ids = kind.bos + text.ids
        with torch.no_grad():
            layers = loaded(folder)(torch.tensor([ids]), output_attentions=True).attentions
        found = engine.attention(text)
        assert (found.shape, found.dtype) == ((LAYERS, HEADS, len(ids)), np.float32)
        np.testing.assert_allclose(found, torch.cat(layers)[:, :, -1].numpy(), atol=min(kind.near, 0.05))


@only(lambda kind: not kind.counts)
@given(data=st.data())
def test_the_weights_of_each_head_sum_to_1(engine, data):
    ids = data.draw(st.lists(st.integers(2, VOCABULARY - 1), min_size=1, max_size=80))
    weights = engine.attention(Tokens(tuple(ids), tuple(map(engine.piece, ids))))
    assert (weights >= 0).all()
    np.testing.assert_allclose(weights.sum(-1), 1, atol=1e-5 if "32" in engine.info.dtype else 0.02)


@only(lambda kind: not kind.counts)
def test_nothing_that_was_asked_before_is_changed_by_looking_inside(engine, tokens):
    before = engine.next(tokens[:3])
    engine.attention(tokens[0])
    engine.lens(tokens[1])
    assert np.array_equal(engine.next(tokens[:3]), before)


@only(lambda kind: not kind.counts)
@pytest.mark.parametrize("asked", ["lens", "attention"])
def test_a_text_longer_than_the_context_is_refused(engine, asked):
    with pytest.raises(MisuseError, match="reads at most 256"):
        getattr(engine, asked)(engine.encode("a b " * 200))


@only(lambda kind: not kind.counts)
@pytest.mark.parametrize("asked", ["lens", "attention"])
def test_nothing_is_seen_where_nothing_is_read(engine, kind, asked):
    nothing = Tokens((), ())
    if kind.bos:
        assert len(getattr(engine, asked)(nothing)) == LAYERS + (asked == "lens")
    else:
        with pytest.raises(MisuseError, match="nothing to continue"):
            getattr(engine, asked)(nothing)
