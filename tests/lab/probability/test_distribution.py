"""The exact distribution under temperatures, against torch."""

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

from llmlab.lab import temperature
from llmlab.lab.generation import Plan
from llmlab.lab.prompt import read

PROMPT = "The cat sat on"
V = 600


def found(model, temperatures, **filters):
    return temperature.distribution(model, read(model, PROMPT), Plan(tuple(temperatures), **filters))


@pytest.fixture(scope="module")
def logprobs(lm, plain):
    return torch.tensor(plain(lm.encode(PROMPT).ids)[-1])  # [V] float64


@pytest.mark.parametrize("engine", ["lm", "llama"])
@pytest.mark.parametrize("t", [0.2, 0.7, 1.0, 1.5, 2.0, 100.0])
def test_each_column_is_torchs_softmax_of_z_over_t(request, logprobs, engine, t):
    one = found(request.getfixturevalue(engine), [t]).tempered[0]
    exact = torch.softmax(logprobs / t, -1).numpy()
    listed = np.argsort(-logprobs.numpy(), kind="stable")[: temperature.TOKENS]
    np.testing.assert_allclose(np.exp(one.logprobs), exact[listed], atol=1e-3)
    falling = np.sort(exact)[::-1]
    assert one.masses == pytest.approx([falling[:k].sum() for k in (1, 5, 50)], abs=1e-3)
    assert one.entropy == pytest.approx(-(exact * np.log(exact)).sum(), abs=1e-3)


def test_a_repetition_penalty_changes_the_distribution_as_transformers_does(lm):
    ids = torch.tensor([[0, *lm.encode(PROMPT).ids]])
    with torch.no_grad():
        logits = RepetitionPenaltyLogitsProcessor(2.0)(ids[:, 1:], lm._model(ids).logits[:, -1])
    exact = torch.log_softmax(logits, -1)[0].numpy()
    one = found(lm, [1.0], repetition_penalty=2.0)
    np.testing.assert_allclose(one.tempered[0].logprobs, np.sort(exact)[::-1][: temperature.TOKENS], atol=1e-3)
    assert "after a repetition penalty of 2" in one.views()[0].notes[0]


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


def test_zero_is_the_argmax_and_a_large_temperature_uniform(lm, logprobs):
    cold, hot = found(lm, [0.0, 1e6]).tempered
    assert np.exp(cold.logprobs).tolist() == [1.0] + [0.0] * (temperature.TOKENS - 1)
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


def test_a_record_a_temperature_and_token_says_what_the_table_shows(lm):
    result = found(lm, [0.5, 1.0])
    records = result.records()
    assert [(row["temperature"], row["rank_at_1"]) for row in records] == [
        (t, r) for t in (0.5, 1.0) for r in range(1, 11)
    ]
    first = records[0]
    assert first["choices"] == pytest.approx(2 ** first["entropy_bits"])
    assert result.document()["cuts"] == {"top_k": 50, "top_p": 0.9, "min_p": 0.05}
    many = found(lm, [0.1 * i for i in range(1, 8)]).views()
    assert [len(view.columns) for view in many[:2]] == [11, 5]  # five temperatures side by side, then two
    table, measures = result.views()
    assert [column.name for column in table.columns] == ["next token", "T=0.5", "", "T=1", ""]
    assert all(len(row) == len(view.columns) for view in (table, measures) for row in view.rows)
