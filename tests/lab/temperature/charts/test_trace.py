"""The picture of trace: a bar a step, in bits of the model itself."""

import numpy as np
import pytest
import vega

from llmlab.lab.prompt import read
from llmlab.lab.provenance import of_text
from llmlab.lab.temperature.drawn import Plan
from llmlab.lab.temperature.generate import stream
from llmlab.lab.temperature.trace import Trace


def traced(lm, temperature=1.5, tokens=5, text="The cat"):
    prompt, plan = read(lm, text, raw=True), Plan((temperature,), max_tokens=tokens, seed=2)
    *_, (_, sample) = stream(lm, prompt, plan, trace=True)
    return Trace(prompt, plan, sample, of_text(lm.info))


@pytest.mark.parametrize(("temperature", "tokens"), [(1.5, 1), (1.5, 5), (1.0, 3), (0.0, 4)])
def test_steps_are_the_records(lm, temperature, tokens):
    found = traced(lm, temperature, tokens)
    rows = vega.rows(vega.check(found), "surprisal_bits")
    vega.same_as_records(rows, found.records())
    assert [row["position"] for row in rows] == list(range(1, len(rows) + 1))
    assert f"T = {temperature:g}" in vega.drawn(found)


def test_bits_are_those_of_the_model_itself_whatever_the_temperature(lm, plain):
    found = traced(lm, 2.0, 4)
    ids = [*found.prompt.tokens.ids, *found.sample.ids]
    rows = plain(ids)[len(found.prompt.tokens.ids) :]  # [steps + 1, V] after each token from the prompt's last
    drawn = vega.rows(found.chart(), "surprisal_bits")
    for row, logprobs, token in zip(drawn, rows, found.sample.ids, strict=False):
        assert row["surprisal_bits"] == pytest.approx(-logprobs[token] / np.log(2), abs=2e-3)
        assert row["entropy_bits"] == pytest.approx(-(np.exp(logprobs) * logprobs).sum() / np.log(2), abs=2e-3)


def test_a_long_sample_takes_several_lines_over_one_scale(lm):
    found = traced(lm, 3.0, 60)
    lines = [part["data"]["values"] for part in vega.parts(vega.check(found, "dark")) if len(part.get("layer", ())) > 1]
    assert sum(map(len, lines)) == len(found.sample.ids)
    assert max(map(len, lines)) <= 42
    scales = [part["encoding"]["y"]["scale"] for part in vega.parts(found.chart()) if "y" in part.get("encoding", {})]
    assert len({str(scale) for scale in scales}) == 1


def test_what_else_might_have_come_is_told_of_each_step(lm):
    found = traced(lm)
    for row, record in zip(vega.rows(found.chart(), "others"), found.records(), strict=True):
        said = [float(one.split()[-1]) for one in row["others"].split(",  ")]
        assert said == pytest.approx([one["probability"] for one in record["alternatives"]], rel=6e-3)


def test_a_hostile_prompt_stays_text(lm):
    found = traced(lm, text="<b>\u202e {datum.x} ' \"</b>")
    vega.check(found)
    assert "<b><202E> {datum.x} ' \"</b>" in vega.drawn(found)
