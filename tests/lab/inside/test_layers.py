"""What each layer says of the next token, against the lens that the engine's tests hold to plain torch."""

import math

import numpy as np
import pytest

from llmlab.backends.base import Tokens
from llmlab.errors import MisuseError
from llmlab.lab.inside.layers import check, layers, tokens_of
from llmlab.lab.probability.next import next_tokens
from llmlab.lab.prompt import read

TEXT = "The cat sat on"


def prompt(model, text=TEXT):
    return read(model, text, raw=True)


@pytest.fixture(params=["lm", "llama"])
def model(request):
    return request.getfixturevalue(request.param)


@pytest.mark.parametrize("k", [1, 3, 600])
def test_each_row_is_the_top_of_a_layers_distribution(model, k):
    rows = model.lens(model.encode(TEXT)).astype(np.float64)  # [3, V]
    found = layers(model, prompt(model), k, [7, 300])
    assert [layer.number for layer in found.layers] == [0, 1, 2]
    for layer, row in zip(found.layers, rows, strict=True):
        order = np.argsort(-row, kind="stable")
        assert [logprob for _, logprob in layer.likeliest] == pytest.approx(row[order][:k])
        assert [piece for piece, _ in layer.likeliest] == [model.piece(int(token)) for token in order[:k]]
        assert layer.logprobs == pytest.approx((row[7], row[300]))
        assert layer.ranks == tuple(sorted(row, reverse=True).index(row[token]) + 1 for token in (7, 300))
        assert layer.entropy == pytest.approx(-(np.exp(row) * row).sum(), abs=1e-5)


def test_the_last_layer_says_what_next_says(lm):
    context = prompt(lm)
    last, after = layers(lm, context, 5).layers[-1], next_tokens(lm, context, 5)
    assert last.likeliest == tuple(zip(after.pieces, after.tempered[0].logprobs, strict=True))
    assert last.entropy == after.tempered[0].entropy


def test_without_a_track_the_models_own_first_is_followed(model):
    found = layers(model, prompt(model))
    assert found.ids == (int(model.next([model.encode(TEXT)])[0].argmax()),)
    assert found.layers[-1].ranks == (1,)
    assert found.pieces == (found.layers[-1].likeliest[0][0],)


def test_a_record_a_layer_and_tracked_token_says_what_the_table_shows(lm):
    found = layers(lm, prompt(lm), 2, [7, 300])
    records = found.records()
    assert [(one["layer"], one["token_id"]) for one in records] == [
        (at, token) for at in (0, 1, 2) for token in (7, 300)
    ]
    for one in records:
        layer = found.layers[one["layer"]]
        place = found.ids.index(one["token_id"])
        assert (one["logprob_nats"], one["rank"]) == (layer.logprobs[place], layer.ranks[place])
        assert one["probability"] == math.exp(layer.logprobs[place])
        assert one["entropy_bits"] == pytest.approx(layer.entropy / math.log(2))
        assert [other["probability"] for other in one["likeliest"]] == [math.exp(nats) for _, nats in layer.likeliest]
    (view,) = found.views()
    assert [column.name for column in view.columns].count("rank") == 2
    assert [row[0] for row in view.rows] == [0, 1, 2]
    said = " ".join(view.notes)
    assert "projection" in said
    assert "early layers say little" in said


class Ranked:
    """A model whose layers give token 2 these ranks among five."""

    def __init__(self, lm, ranks):
        self.info, self.ranks, self.piece = lm.info, ranks, lm.piece

    def lens(self, context):
        rows = [np.roll(np.arange(5, 0, -1), 2 - (rank - 1)) for rank in self.ranks]  # token 2 is the rank-th highest
        z = np.array(rows, np.float32)
        return z - np.log(np.exp(z).sum(-1, keepdims=True))


@pytest.mark.parametrize(
    ("ranks", "said", "value"),
    [
        ((4, 2, 1, 1), "leads from layer 2 of 3 on", "2"),
        ((1, 2, 1, 1), "leads from layer 2 of 3 on", "2"),
        ((1, 1, 1, 1), "leads from layer 0 of 3 on", "0"),
        ((5, 3, 2, 1), "leads in the last layer alone (3)", "3"),
        ((5, 1, 3, 2), "is 2nd in the end, and at best 1st, in layer 1", "-"),
        ((5, 4, 3, 3), "is 3rd in the end, and at best 3rd, in layer 2", "-"),
    ],
)
def test_a_sentence_says_from_where_on_a_token_leads(lm, ranks, said, value):
    found = layers(Ranked(lm, ranks), prompt(lm), 1, [2])
    assert tuple(layer.ranks[0] for layer in found.layers) == ranks
    assert found.views()[0].conclusion.endswith(said)
    assert found.values() == [value]


# Which token is tracked


def test_a_track_is_the_token_that_the_text_goes_on_with(model):
    context = prompt(model, "The cat")
    longer = model.encode("The cat is")
    assert longer.ids[:-1] == context.tokens.ids
    assert tokens_of(model, context, [" is", " is"]) == [longer.ids[-1]]


def test_a_track_that_would_melt_with_the_text_is_the_token_by_itself(model):
    context = prompt(model, "He t")
    assert model.encode("He the").ids[:-1] != context.tokens.ids  # there t and he are one token
    alone = model.encode("he").ids
    assert len(alone) == 1
    assert tokens_of(model, context, ["he"]) == list(alone)


def test_a_track_of_several_tokens_names_them_and_the_first(lm):
    with pytest.raises(
        MisuseError, match='" the is" is no single token after the text; tiny reads ␣the ␣is'
    ) as refused:
        tokens_of(lm, prompt(lm), [" the is"])
    assert refused.value.hint == 'track its first: --track " the"'


def test_a_character_in_several_tokens_says_that_its_first_is_no_character(lm):
    assert len(lm.encode("鑫")) > 1
    with pytest.raises(MisuseError, match=r"tiny reads <E9>") as refused:
        tokens_of(lm, prompt(lm), ["鑫"])
    assert "llmlab tokens" in refused.value.hint


def test_control_tokens_are_tracked_where_they_are_allowed(lm):
    assert tokens_of(lm, prompt(lm), ["</s>"], allow_special=True) == [1]
    with pytest.raises(MisuseError, match="no single token"):
        tokens_of(lm, prompt(lm), ["</s>"])


@pytest.mark.parametrize(("k", "tracked", "said"), [(0, [], "-k 0"), (3, [" cat", ""], "--track is empty")])
def test_misuse_is_known_before_a_model_is_opened(k, tracked, said):
    with pytest.raises(MisuseError, match=said):
        check(k, tracked)


def test_nothing_follows_nothing(lm_without_bos):
    with pytest.raises(MisuseError, match="nothing to continue"):
        lm_without_bos.lens(Tokens((), ()))
