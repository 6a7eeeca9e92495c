"""Where the last token looks: tables and records of the weights that the engine's tests hold to plain torch."""

import numpy as np
import pytest
import torch
from transformers import AutoModelForCausalLM

from llmlab.errors import MisuseError
from llmlab.lab.inside.attention import attention
from llmlab.lab.prompt import read

TEXT = "The cat sat on the cat"


def looked(model, text=TEXT, **asked):
    return attention(model, read(model, text, raw=True), **asked)


@pytest.fixture(scope="module")
def expected(lm_folder, lm):
    """Transformers' own weights of the last token, [layers, heads, T]."""
    model = AutoModelForCausalLM.from_pretrained(lm_folder, attn_implementation="eager").eval()
    with torch.no_grad():
        found = model(torch.tensor([(0, *lm.encode(TEXT).ids)]), output_attentions=True).attentions
    return torch.cat(found)[:, :, -1].double().numpy()


@pytest.mark.parametrize("engine", ["lm", "llama"])
def test_a_row_a_layer_is_the_mean_of_its_heads_by_transformers(request, engine, expected):
    found = looked(request.getfixturevalue(engine))
    np.testing.assert_allclose(found.rows, expected.mean(axis=1), atol=1e-4)
    np.testing.assert_allclose(found.rows.sum(axis=1), 1, atol=1e-5)


@pytest.mark.parametrize("layer", [1, 2])
def test_a_row_a_head_is_the_heads_own(lm, expected, layer):
    found = looked(lm, layer=layer)
    np.testing.assert_allclose(found.rows, expected[layer - 1], atol=1e-5)
    assert [row[0] for row in found.views()[0].rows] == [1, 2, 3, 4]


def test_a_record_a_layer_and_token_holds_the_mean_of_heads_and_of_one_layer_each_head(lm, expected):
    whole, heads = looked(lm).records(), looked(lm, layer=2).records()
    assert [(one["layer"], one["head"]) for one in whole[:: expected.shape[2]]] == [(1, None), (2, None)]
    assert [one["weight"] for one in whole] == pytest.approx(expected.mean(axis=1).ravel(), abs=1e-5)
    assert {one["layer"] for one in heads} == {2}
    assert [one["head"] for one in heads[:: expected.shape[2]]] == [1, 2, 3, 4]
    assert [one["weight"] for one in heads] == pytest.approx(expected[1].ravel(), abs=1e-5)
    assert [one["token"] for one in whole[:3]] == ["<s>", "The", " c"]
    assert [one["position"] for one in whole[: expected.shape[2]]] == list(range(expected.shape[2]))


def test_the_sentence_says_how_much_lies_on_what_stands_first(lm, lm_without_bos, expected):
    said = looked(lm).views()[0].conclusion
    assert said.startswith(f"{expected[:, :, 0].mean():.0%} of the last token's attention lies on <s>")
    assert looked(lm).values() == [repr(float(looked(lm).rows[:, 0].mean()))]
    assert float(looked(lm).values()[0]) == pytest.approx(expected[:, :, 0].mean(), abs=1e-5)
    first = lm_without_bos.encode(TEXT).pieces[0].decode()
    assert f"lies on {first}, which stands first" in looked(lm_without_bos).views()[0].conclusion


def test_the_table_warns_of_reading_it_as_an_explanation(lm):
    assert any("not an explanation" in note for note in looked(lm).views()[0].notes)


def test_the_sharpest_head_is_that_of_the_largest_weight_after_the_first_token(lm, expected):
    for row, layer in zip(looked(lm).views()[0].rows, expected, strict=True):
        head, at = np.unravel_index(layer[:, 1:].argmax(), layer[:, 1:].shape)
        assert row[-1].startswith(f"{head + 1}: ")
        assert row[-1].endswith(f" {layer[head, at + 1]:.2f}")


def test_a_token_that_stands_there_twice_is_told_by_its_position(lm):
    pieces = [b"<s>", *lm.encode(TEXT).pieces]
    twice = [place for place, piece in enumerate(pieces) if piece == b" c"]
    assert len(twice) == 2
    assert [looked(lm).shown[place] for place in twice] == [f"␣c ({place})" for place in twice]


def test_k_tokens_are_named_the_most_first(lm, expected):
    row = looked(lm, k=2).views()[0].rows[0]
    most = sorted(expected.mean(axis=1)[0][1:-1], reverse=True)
    assert [float(part.split()[-1]) for part in row[3].split("  ")] == pytest.approx(most[:2], abs=0.0051)


@pytest.mark.parametrize("layer", [0, 3, -1])
def test_a_layer_that_is_not_there_is_refused(lm, layer):
    with pytest.raises(MisuseError, match=f"tiny has no layer {layer}") as refused:
        looked(lm, layer=layer)
    assert refused.value.hint == "1 to 2"


def test_one_token_without_bos_looks_at_itself(lm_without_bos):
    found = looked(lm_without_bos, "a")
    assert found.weights.tolist() == [[[1.0]] * 4] * 2
    assert found.views()[0].rows[0] == [1, "1.00", "-", "", "-"]
