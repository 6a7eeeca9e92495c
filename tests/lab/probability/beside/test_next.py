"""next of several models: their distances against plain numpy, on tiny models and on those that the packages carry."""

import os
import re
from functools import partial

import numpy as np
import pytest
import tiny
from deaf import Deaf
from msgspec import structs

from llmlab.backends.settings import Settings
from llmlab.backends.spellings import Spellings
from llmlab.config import load
from llmlab.errors import MisuseError
from llmlab.lab.probability.beside.next import check_beside, expectations
from llmlab.lab.probability.next_text import next_text
from llmlab.lab.prompt import context
from llmlab.models.library import Library


def ask(models, text, by=None, k=10, temperature=1.0):
    with_spellings = [(model, partial(Spellings.read, model)) for model in models]
    return expectations(with_spellings, partial(context, asked=text), by, k, temperature)


def apart(p, q):
    """Total variation, and KL(p || q) and KL(q || p) in bits, of two arrays of probabilities."""
    return np.abs(p - q).sum() / 2, (p * np.log2(p / q)).sum(), (q * np.log2(q / p)).sum()


@pytest.mark.parametrize("temperature", [1.0, 0.5, 2.0])
def test_total_variation_and_kl_are_those_of_plain_torch(
    lm, lm_without_bos, lm_folder, lm_folder_without_bos, temperature
):
    found = ask([lm, lm_without_bos], "The cat", "token", temperature=temperature)
    ids = lm.encode("The cat").ids
    rows = [tiny.plain_torch(lm_folder)((0, *ids))[-1], tiny.plain_torch(lm_folder_without_bos)(ids)[-1]]
    p, q = (np.exp(row / temperature) / np.exp(row / temperature).sum() for row in rows)
    ((_, _, far),) = found.distances
    assert (far.total_variation, far.kl, far.kl_back) == pytest.approx(apart(p, q), rel=1e-3)
    first, other = (row for row in found.records() if row["rank"] == 1)
    assert (first["total_variation_to_first"], first["kl_from_first_bits"]) == (0, 0)
    assert other["kl_from_first_bits"] == far.kl


def test_the_parts_are_those_of_the_highest_mean_and_each_has_the_p_of_its_model(lm, lm_without_bos):
    found = ask([lm, lm_without_bos], "The cat", "token", k=5)
    spelt = lm.spellings()
    rows = [np.exp(model.next([model.encode("The cat")])[0].astype(float)) for model in (lm, lm_without_bos)]
    tops = {int(token) for row in rows for token in np.argsort(-row)[:5]}
    best = sorted(tops, key=lambda token: -(rows[0] + rows[1])[token])[:5]
    shown = [b"" if lm.is_end(token) else spelt[token] for token in best]
    assert list(found.parts) == shown
    for place, row in enumerate(rows):
        listed = [one["probability"] for one in found.records()[place * 5 : place * 5 + 5]]
        assert listed == pytest.approx([row[token] for token in best], rel=1e-5)


def test_a_token_that_a_vocabulary_lacks_has_a_dash_and_there_is_no_distance(lm, of_other_tokens):
    found = ask([lm, of_other_tokens], "The cat", "token", k=20)
    mine, others = (set(filter(None, model.spellings())) for model in (lm, of_other_tokens))
    table, distances = found.views()
    lacking = [[part and part not in known for part in found.parts] for known in (mine, others)]
    assert any(lacking[0]) or any(lacking[1])
    for column, lacks in zip((1, 3), lacking, strict=True):
        assert [row[column] == "-" for row in table.rows] == list(map(bool, lacks))
    assert distances.rows[0][1:] == ["-", "-", "-"]
    assert "--by character compares any two models" in table.notes
    assert {row["kl_from_first_bits"] for row in found.records()} == {0.0, None}


def test_characters_are_compared_whatever_the_tokens(lm, of_other_tokens):
    found = ask([lm, of_other_tokens], "The cat", "character")
    both = []
    for model in (lm, of_other_tokens):
        (one,) = next_text(model, Spellings.read(model), context(model, "The cat"), "character", 9).tempered
        both.append({**one.masses, **{f"other {name}": mass for name, mass in one.others.items()}})
    names = {*both[0], *both[1]}
    expected = sum(abs(both[0].get(name, 0) - both[1].get(name, 0)) for name in names) / 2
    ((_, _, far),) = found.distances
    assert (far.total_variation, far.kl) == (pytest.approx(expected), None)
    assert 0 < expected < 1


def test_a_model_beside_itself_is_as_itself(lm, llama):
    ((_, _, far),) = ask([lm, llama], "The cat", "token").distances
    assert (far.total_variation, far.kl, far.kl_back) == pytest.approx((0, 0, 0), abs=1e-3)


def test_filters_and_several_temperatures_are_refused():
    check_beside([0.5], Settings())
    for heats, filters in (([1, 2], Settings()), ([1], Settings(top_k=3)), ([1], Settings(repetition_penalty=2))):
        with pytest.raises(MisuseError, match="one temperature"):
            check_beside(heats, filters)


@pytest.mark.models
@pytest.mark.parametrize("text", ["The capital of France is", "今天天气很好，"])
def test_four_bits_beside_float32_are_as_far_as_numpy_says(text):
    settings = load(None, os.environ)
    libraries = [Library(structs.replace(settings, dtype=kind), Deaf()) for kind in ("native", "float32")]
    models = [one.causal_lm("gemma-3-270m") for one in libraries]
    p, q = (np.exp(one.next([one.encode(text)])[0].astype(np.float64)) for one in models)
    spellings = [partial(one.spellings, "gemma-3-270m") for one in libraries]
    found = expectations(zip(models, spellings, strict=True), partial(context, asked=text), "token", 5)
    ((a, b, far),) = found.distances
    assert (far.total_variation, far.kl, far.kl_back) == pytest.approx(apart(p, q), rel=1e-4)
    assert re.fullmatch(r"gemma-3-270m Q\S+", a)
    assert b == "gemma-3-270m F32"
