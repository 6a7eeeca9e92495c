"""The steps of a sample, against plain torch."""

import numpy as np
import pytest

from llmlab.lab.prompt import read
from llmlab.lab.provenance import of_text
from llmlab.lab.temperature.drawn import Plan
from llmlab.lab.temperature.generate import sample, stream
from llmlab.lab.temperature.trace import Trace

PROMPT = "The cat sat on"


@pytest.mark.parametrize("temperature", [0.0, 0.7, 1.5])
def test_a_trace_says_of_each_step_what_plain_torch_says(lm, plain, temperature):
    plan = Plan((temperature,), max_tokens=6, seed=5)
    *_, (_, one) = stream(lm, read(lm, PROMPT), plan, trace=True)
    context = lm.encode(PROMPT).ids
    rows = plain([*context, *one.ids])
    assert one.ids == next(sample(lm, read(lm, PROMPT), plan, plan.places)).ids  # the trace changes nothing
    assert len(one.steps) == len(one.ids)
    for i, step in enumerate(one.steps):
        row = rows[len(context) + i]
        tempered = row / temperature if temperature else np.where(row == row.max(), 0, -np.inf)
        tempered -= np.log(np.exp(tempered - tempered.max()).sum()) + tempered.max()
        possible = tempered[np.isfinite(tempered)]
        assert step.logprob == pytest.approx(row[step.token], abs=1e-3)
        assert step.drawn_logprob == pytest.approx(tempered[step.token], abs=1e-3)
        assert step.rank == pytest.approx(1 + (row > row[step.token]).sum(), abs=1)
        assert step.entropy == pytest.approx(-(np.exp(row) * row).sum(), abs=1e-3)
        assert step.drawn_entropy == pytest.approx(-(np.exp(possible) * possible).sum(), abs=1e-3)
        others = np.sort(np.delete(tempered, step.token))[::-1][: len(step.alternatives)]
        np.testing.assert_allclose([logprob for _, logprob in step.alternatives], others, atol=1e-3)
    trace = Trace(read(lm, PROMPT), plan, one, of_text(lm.info))
    assert [row["token_id"] for row in trace.records()] == list(one.ids)
    assert trace.views()[0].notes[0].endswith(f"({one.finish})")


def test_no_column_says_the_same_twice(lm):
    def names(**plan):
        *_, (_, one) = stream(lm, read(lm, PROMPT), Plan(max_tokens=3, **plan), trace=True)
        (view,) = Trace(read(lm, PROMPT), Plan(max_tokens=3, **plan), one, of_text(lm.info)).views()
        assert {len(row) for row in view.rows} == {len(view.columns)}
        return [column.name for column in view.columns]

    own = ["#", "token", "P", "rank", "entropy", "others"]
    assert names() == own
    assert names(temperatures=(1.5,)) == ["#", "token", "P", "P at T=1.5", "rank", "entropy", "at T=1.5", "others"]
    assert "P at T=1" in names(top_k=5)
    assert names(temperatures=(0.0,)) == ["#", "token", "P", "P at T=0", "rank", "entropy", "at T=0"]


def test_the_conclusion_counts_the_likeliest_tokens(lm, plain):
    plan = Plan((0.0,), max_tokens=4, seed=None)
    *_, (_, one) = stream(lm, read(lm, PROMPT), plan, trace=True)
    (view,) = Trace(read(lm, PROMPT), plan, one, of_text(lm.info)).views()
    rows = plain([*lm.encode(PROMPT).ids, *one.ids])[-len(one.ids) - 1 : -1]
    bits = -sum(row[token] for row, token in zip(rows, one.ids, strict=True)) / np.log(2) / len(one.ids)
    assert view.conclusion.startswith(f"{len(one.ids)} of {len(one.ids)} tokens are the likeliest")
    assert f"by {bits:.1f} bits a token" in view.conclusion
    assert not any("seed" in note for note in view.notes)
