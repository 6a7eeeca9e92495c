"""What comes next at each temperature, against the softmax of plain torch."""

import itertools
import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers.generation.logits_process import (
    MinPLogitsWarper,
    RepetitionPenaltyLogitsProcessor,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

from llmlab.backends.settings import Settings
from llmlab.errors import MisuseError
from llmlab.lab.probability.next import next_tokens
from llmlab.lab.prompt import read

PROMPT = "The cat sat on"
V = 600
TOKENS = 10  # listed


def after(model, text, k, *temperatures):
    """The k likeliest next tokens after a text, at T = 1 where no other is given."""
    return next_tokens(model, read(model, text, raw=True), k, temperatures or (1.0,))


def found(model, temperatures, **filters):
    return next_tokens(model, read(model, PROMPT, raw=True), TOKENS, temperatures, Settings(**filters))


@pytest.fixture(scope="module")
def logprobs(lm, plain):
    return torch.tensor(plain(lm.encode(PROMPT).ids)[-1])  # [V] float64


@pytest.mark.parametrize("engine", ["lm", "llama"])
@pytest.mark.parametrize("k", [1, 10, 600, 1000])
def test_the_next_tokens_are_the_top_of_torchs_softmax(request, lm, plain, texts, engine, k):
    model = request.getfixturevalue(engine)
    for text in texts[:5]:
        expected = plain(lm.encode(text).ids)[-1]  # [V]
        asked = after(model, text, k)
        (one,) = asked.tempered
        assert len(asked.ids) == min(k, V)
        np.testing.assert_allclose(one.logprobs, -np.sort(-expected)[:k], atol=1e-3)
        np.testing.assert_allclose(one.logprobs, expected[list(asked.ids)], atol=1e-3)
        assert asked.pieces == tuple(lm.piece(token) for token in asked.ids)
        assert one.entropy == pytest.approx(-(np.exp(expected) * expected).sum(), abs=1e-3)


@pytest.mark.parametrize("engine", ["lm", "llama"])
@pytest.mark.parametrize("t", [0.2, 0.7, 1.0, 1.5, 2.0, 100.0])
def test_each_column_is_torchs_softmax_of_z_over_t(request, logprobs, engine, t):
    one = found(request.getfixturevalue(engine), [t]).tempered[0]
    exact = torch.softmax(logprobs / t, -1).numpy()
    listed = np.argsort(-logprobs.numpy(), kind="stable")[:TOKENS]
    np.testing.assert_allclose(np.exp(one.logprobs), exact[listed], atol=1e-3)
    falling = np.sort(exact)[::-1]
    assert one.masses == pytest.approx([falling[:k].sum() for k in (1, 5, 50)], abs=1e-3)
    assert one.entropy == pytest.approx(-(exact * np.log(exact)).sum(), abs=1e-3)


def test_the_whole_distribution_is_kept_from_which_any_temperature_follows(lm, logprobs):
    asked = found(lm, [0.5])
    np.testing.assert_allclose(asked.logprobs, logprobs.numpy(), atol=1e-3)
    exact = torch.softmax(torch.tensor(asked.logprobs) / 0.5, -1).numpy()
    np.testing.assert_allclose(np.exp(asked.tempered[0].logprobs), exact[list(asked.ids)], atol=1e-5)
    assert asked == found(lm, [0.5])  # results with arrays are compared too


def test_the_whole_distribution_is_that_after_the_repetition_penalty(lm):
    ids = lm.encode(PROMPT).ids
    logits = torch.tensor(lm.decoder(lm.encode(PROMPT), 1, 1).first)[None]
    penalised = RepetitionPenaltyLogitsProcessor(1.8)(torch.tensor([ids]), logits.clone())
    asked = found(lm, [2.0], repetition_penalty=1.8)
    np.testing.assert_allclose(asked.logprobs, torch.log_softmax(penalised[0], -1).numpy(), atol=1e-4)


@pytest.mark.parametrize("temperature", [0.3, 2.0, 50.0])
def test_under_a_temperature_the_list_is_that_of_torchs_softmax_of_z_over_t(lm, plain, temperature):
    expected = torch.log_softmax(torch.tensor(plain(lm.encode("The cat").ids)[-1]) / temperature, -1).numpy()
    asked = after(lm, "The cat", 20, temperature)
    (one,) = asked.tempered
    np.testing.assert_allclose(one.logprobs, -np.sort(-expected)[:20], atol=1e-3)
    np.testing.assert_allclose(one.cumulative, np.cumsum(np.exp(-np.sort(-expected)[:20])), atol=1e-4)
    assert one.entropy == pytest.approx(-(np.exp(expected) * expected).sum(), abs=1e-3)
    equal = np.exp(-(np.exp(expected) * expected).sum())
    assert f"as uncertain as {equal:,.1f} equal choices" in asked.views()[0].conclusion
    assert f"temperature {temperature:g}" in asked.views()[0].notes[1]


def test_at_temperature_0_only_the_argmax_is_left(lm):
    asked = after(lm, "The cat", 3, 0)
    assert [row["probability"] for row in asked.records()] == [1, 0, 0]
    assert asked.tempered[0].entropy == 0
    assert asked.ids[0] == after(lm, "The cat", 1).ids[0]


def test_zero_is_the_argmax_and_a_large_temperature_uniform(lm):
    cold, hot = found(lm, [0.0, 1e6]).tempered
    assert np.exp(cold.logprobs).tolist() == [1.0] + [0.0] * (TOKENS - 1)
    assert (cold.entropy, cold.masses) == (0, (1, 1, 1))
    assert hot.entropy == pytest.approx(math.log(V), abs=1e-3)
    assert hot.masses == pytest.approx([1 / V, 5 / V, 50 / V], rel=1e-3)


@given(st.lists(st.floats(0, 1e4), min_size=2, max_size=6, unique=True))
def test_entropy_never_falls_and_the_top_never_gains_as_t_grows(lm, temperatures):
    tempered = found(lm, sorted(temperatures)).tempered
    entropies = [one.entropy for one in tempered]
    assert all(later >= earlier - 1e-4 for earlier, later in itertools.pairwise(entropies))
    for k in range(3):
        masses = [one.masses[k] for one in tempered]
        assert all(later <= earlier + 1e-4 for earlier, later in itertools.pairwise(masses))


def test_a_repetition_penalty_changes_the_distribution_as_transformers_does(lm):
    ids = torch.tensor([[0, *lm.encode(PROMPT).ids]])
    with torch.no_grad():
        logits = RepetitionPenaltyLogitsProcessor(2.0)(ids[:, 1:], lm._model(ids).logits[:, -1])
    exact = torch.log_softmax(logits, -1)[0].numpy()
    asked = found(lm, [1.0], repetition_penalty=2.0)
    np.testing.assert_allclose(asked.tempered[0].logprobs, np.sort(exact)[::-1][:TOKENS], atol=1e-3)
    assert "after a repetition penalty of 2" in asked.views()[0].notes[0]


@pytest.mark.parametrize("t", [0.5, 1.0, 2.0])
def test_the_cuts_are_those_of_transformers_own_warpers(lm, logprobs, t):
    one = found(lm, [t], top_k=7, top_p=0.8, min_p=0.1).tempered[0]
    tempered = torch.softmax(logprobs / t, -1).numpy()
    warpers = {"top_k": TopKLogitsWarper(7), "top_p": TopPLogitsWarper(0.8), "min_p": MinPLogitsWarper(0.1)}
    assert [cut.name for cut in one.cuts] == list(warpers)
    for cut in one.cuts:
        kept = torch.isfinite(warpers[cut.name](None, (logprobs / t)[None].float()))[0].numpy()
        assert cut.kept == kept.sum()
        assert cut.mass == pytest.approx(tempered[kept].sum(), abs=1e-4)


def test_without_filters_the_usual_ones_are_shown_as_what_they_would_do(lm):
    assert [cut.name for cut in found(lm, [1.0]).tempered[0].cuts] == ["top_k", "top_p", "min_p"]
    assert [cut.name for cut in found(lm, [1.0], min_p=0.3).tempered[0].cuts] == ["min_p"]


def test_a_record_says_where_its_number_comes_from(lm):
    first = after(lm, "The cat", 3).records()[0]
    assert first["probability"] == pytest.approx(math.exp(first["logprob_nats"]))
    known = {"context": "The cat", "model": "tiny", "revision": "r1", "engine": "torch", "dtype": "float32"}
    assert known.items() <= first.items()
    document = after(lm, "The cat", 3).document()
    assert [row["rank"] for row in document["next"]] == [1, 2, 3]
    assert document["bos"] == "<s>"


def test_a_record_a_temperature_and_token_says_what_the_table_shows(lm):
    result = found(lm, [0.5, 1.0])
    records = result.records()
    assert [(row["temperature"], row["rank"]) for row in records] == [(t, r) for t in (0.5, 1.0) for r in range(1, 11)]
    first = records[0]
    assert first["choices"] == pytest.approx(2 ** first["entropy_bits"])
    assert result.document()["cuts"] == {"top_k": 50, "top_p": 0.9, "min_p": 0.05}
    many = found(lm, [0.1 * i for i in range(1, 8)]).views()
    assert [len(view.columns) for view in many[:2]] == [11, 5]  # five temperatures side by side, then two
    table, measures = result.views()
    assert [column.name for column in table.columns] == ["next token", "T=0.5", "", "T=1", ""]
    assert all(len(row) == len(view.columns) for view in (table, measures) for row in view.rows)


def test_a_record_holds_the_measures_of_its_temperature_and_of_each_cut(lm):
    asked = found(lm, [0.5, 2.0], top_k=7, top_p=0.8)
    tempered = {one.temperature: one for one in asked.tempered}
    for row in asked.records():
        one = tempered[row["temperature"]]
        assert (row["context"], row["rendered_context"], row["chat"]) == (PROMPT, PROMPT, False)
        assert row["token_id"] == asked.ids[row["rank"] - 1]
        assert row["cumulative_probability"] == pytest.approx(np.exp(one.logprobs[: row["rank"]]).sum())
        assert [row[f"mass_of_top_{k}"] for k in (1, 5, 50)] == list(one.masses)
        assert [(row[f"{cut.name}_kept"], row[f"{cut.name}_mass"]) for cut in one.cuts] == [
            (cut.kept, cut.mass) for cut in one.cuts
        ]
        assert "min_p_kept" not in row


def test_all_tokens_hold_the_whole_probability(lm):
    (view,) = after(lm, "The cat", V).views()
    assert view.notes[0].startswith("these 600 hold 100.0% of the probability")


def test_nothing_comes_after_nothing(lm):
    with pytest.raises(MisuseError, match="the prompt is empty"):
        after(lm, "", 3)
