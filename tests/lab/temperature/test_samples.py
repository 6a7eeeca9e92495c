"""What is said of samples, counted by hand."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import AutoModelForCausalLM
from transformers.generation.logits_process import RepetitionPenaltyLogitsProcessor

from llmlab.lab.characters.healing import Backoff
from llmlab.lab.prompt import read
from llmlab.lab.temperature.drawn import Plan, Sample
from llmlab.lab.temperature.expected import Expected
from llmlab.lab.temperature.generate import sample
from llmlab.lab.temperature.samples import summarise
from llmlab.lab.text import edged

NOTHING = Expected()


def said(found):
    return found.views()[0].conclusion


def of(lm, *samples, temperatures=(0.5, 1.0), expected=NOTHING):
    plan = Plan(temperatures, samples=3)
    return summarise(lm, read(lm, "The cat"), plan, samples, expected)


SAMPLES = (
    Sample(0.5, 0, " Paris", (5, 6), -2.0, "stop"),
    Sample(0.5, 1, " Paris", (5, 6), -2.0, "stop"),
    Sample(0.5, 2, " London", (5, 7, 5), -4.0, "stop"),
    Sample(1.0, 0, " PARIS, of course", (9,), -1.0, "length"),
)


def test_answers_are_grouped_counted_and_measured(lm):
    found = of(lm, *SAMPLES)
    rows = found.views()[0].rows
    assert [(row[0], row[1], row[3], row[4]) for row in rows] == [
        ("0.5", 2, "␣Paris", "stop"),
        ("0.5", 1, "␣London", "stop"),
        ("1", 1, "␣PARIS, of course", "length"),
    ]
    assert [row[2].share for row in rows] == [pytest.approx(2 / 3), pytest.approx(1 / 3), 1]
    assert found.distinct(0.5, 1) == 3 / 7  # 5, 6, 7 of seven tokens
    assert found.distinct(0.5, 2) == 3 / 4  # 5 6, 5 7, 7 5 of four pairs
    assert math.isnan(found.distinct(1.0, 2))  # one token makes no pair
    assert found.surprisal(0.5) == pytest.approx(8 / 7 / math.log(2))
    assert found.length(0.5) == pytest.approx(7 / 3)
    measures = found.document()["temperatures"]
    assert [(one["temperature"], one["samples"], one["distinct_answers"]) for one in measures] == [
        (0.5, 3, 2),
        (1.0, 1, 1),
    ]
    assert measures[1]["distinct_2"] is None


@pytest.mark.parametrize(
    ("expected", "right"),
    [
        (Expected(("paris",)), [2, 1]),  # whatever the case
        (Expected(("paris", "London")), [3, 1]),
        (Expected(("course",)), [0, 0]),
        (Expected(("course",), anywhere=True), [0, 1]),
        (Expected(patterns=(r"^ Par.s$",)), [2, 0]),
        (Expected(("London",), (r"course",)), [1, 1]),
    ],
)
def test_the_share_right_counts_answers_that_begin_with_what_is_expected(lm, expected, right):
    found = of(lm, *SAMPLES, expected=expected)
    assert [one["right"]["right"] for one in found.document()["temperatures"]] == right
    assert [one["right"]["trials"] for one in found.document()["temperatures"]] == [3, 1]
    assert sum(row["right"] for row in found.records()) == sum(right)
    assert found.views()[-1].rows[0][1] == f"{right[0] / 3:.1%}"


def test_without_an_expectation_no_record_says_right(lm):
    assert not any("right" in row for row in of(lm, *SAMPLES).records())


MANY = [Sample(t, i, f"{i // 3 % (12 * t)}", (i,), -t, "stop") for t in (0.5, 1.0) for i in range(48)]


def test_many_answers_of_several_temperatures_are_a_row_or_two_each(lm):
    (view,) = of(lm, *MANY).views()
    assert [column.name for column in view.columns] == ["T", "bits/token", "distinct", "times", "commonest answers"]
    bits = [f"{nats / math.log(2):.2f}" for nats in (0.5, 1)]
    assert [list(row) for row in view.rows] == [
        ["0.5", bits[0], 6, 9, "0.0"],
        ["", "", "", 9, "1.0"],
        ["1", bits[1], 12, 6, "0.0"],
        ["", "", "", 6, "1.0"],
    ]
    assert "--all" in view.notes[0]


def test_all_answers_of_one_temperature_or_on_request_are_shown_and_none_is_lost(lm):
    every = of(lm, *MANY).views(every=True)
    assert len(every) == 2
    assert sum(row[1] for row in every[0].rows) == 96
    assert len(every[0].rows) == 18
    alone = [one for one in MANY if one.temperature == 1.0]
    assert len(of(lm, *alone, temperatures=(1.0,)).views()[0].rows) == 12


def test_one_answer_of_a_temperature_is_one_row_and_the_share_right_stands_beside_it(lm):
    cold = [Sample(0.0, i, " Paris", (1,), -1.0, "stop") for i in range(20)]
    hot = [Sample(2.0, i, "Paris" if i < 5 else f"{i}", (i,), -1.0, "end") for i in range(20)]
    (view,) = of(lm, *cold, *hot, temperatures=(0.0, 2.0), expected=Expected(("Paris",))).views()
    wilson = ["83.9% - 100.0%", "11.2% - 46.9%"]  # of 20 and 5 of 20, as scipy's binomtest has it
    assert [list(row) for row in view.rows] == [
        ["0", "100.0%", wilson[0], 1, 20, "␣Paris"],
        ["2", "25.0%", wilson[1], 16, 5, "Paris"],
        ["", "", "", "", 1, "5"],
    ]


def test_a_chat_model_answers_in_sentences(lm):
    plan, prompt = Plan((0.5, 1.0), samples=3), read(lm, "The cat")
    paris = [Sample(0.5, 0, "It is Paris.", (1,), -1.0, "end"), Sample(0.5, 1, "It is Parisian.", (1,), -1.0, "end")]
    for chat, right in ((True, 1), (False, 0)):
        found = summarise(lm, replace(prompt, chat=chat), plan, paris, Expected(("paris",)))
        assert found.document()["temperatures"][0]["right"]["right"] == right
        assert [row["right"] for row in found.records()] == [chat, False]
        assert found.views()[-1].columns[1].means == f"answers that {'hold' if chat else 'begin with'} 'paris'"


def test_an_empty_answer_is_seen(lm):
    answers = of(lm, Sample(0.5, 0, "", (1,), -1.0, "end"), Sample(0.5, 1, "  ", (1,), -1.0, "end")).views()[0]
    assert [row[3] for row in answers.rows] == ["(nothing)", "␣␣"]


def test_what_the_model_prefers_to_the_expected_answer_is_said(lm, plain):
    ids = lm.encode("The cat").ids
    first = lm.piece(int(plain(ids)[-1].argmax())).decode().strip()
    wrong, right = of(lm, *SAMPLES, expected=Expected(("Paris",))), of(lm, *SAMPLES, expected=Expected((first,)))
    assert f"the model itself prefers {edged(wrong.preferred)}: temperature cannot mend that" in said(wrong)
    assert wrong.preferred.strip().startswith(first)
    assert "mend" not in said(right)
    assert "mend" not in said(of(lm, *SAMPLES))


def test_the_conclusion_compares_the_coldest_answers_with_the_hottest(lm):
    assert said(of(lm, *SAMPLES)) == "different answers: 2 of 3 at T = 0.5, 1 of 1 at T = 1"
    assert said(of(lm, *SAMPLES, expected=Expected(("Paris",)))).startswith(
        "right answers: 67% at T = 0.5, 100% at T = 1"
    )
    assert said(of(lm, SAMPLES[3])) == "at T = 1 the model says ␣PARIS, of course"


def test_first_tokens_stand_beside_their_exact_probability(lm, plain):
    plan = Plan((0.7, 2.0), samples=400, max_tokens=1, seed=3)
    drawn = list(sample(lm, read(lm, "The cat"), plan, plan.places))
    found = summarise(lm, read(lm, "The cat"), plan, drawn)
    row = plain(lm.encode("The cat").ids)[-1]
    for t in plan.temperatures:
        weights = np.exp((row - row.max()) / t)
        exact = weights / weights.sum()
        firsts = [one for one in found.firsts if one.temperature == t]
        assert [one.probability for one in firsts] == pytest.approx(np.sort(exact)[::-1][:5].tolist(), abs=1e-3)
        for one in firsts:
            seen = sum(other.ids[0] == one.token for other in drawn if other.temperature == t) / 400
            assert one.seen == pytest.approx(seen)
            assert one.probability == pytest.approx(exact[one.token], abs=1e-3)


def test_the_first_tokens_distribution_is_kept_whole_where_several_are_drawn(lm, plain):
    few, one = Plan((0.7, 2.0), samples=2, max_tokens=1), Plan((0.7,), max_tokens=1)
    prompt = read(lm, "The cat")
    found = summarise(lm, prompt, few, sample(lm, prompt, few, few.places))
    np.testing.assert_allclose(found.first_logprobs, plain(prompt.tokens.ids)[-1], atol=1e-3)
    assert found == summarise(lm, prompt, few, sample(lm, prompt, few, few.places))  # with arrays compared too
    assert summarise(lm, prompt, one, sample(lm, prompt, one, one.places)).first_logprobs is None


@pytest.mark.parametrize(("shares", "kept"), [((1.0,), True), ((0.75, 0.25), False)])
def test_a_healed_prompts_first_token_has_one_distribution_only_where_there_is_one_cut(lm, plain, shares, kept):
    covering = np.array([5, 9, 300])
    tokens = lm.encode("The")
    cuts = tuple(Backoff(tokens, lm.piece(5)[:1], covering, share) for share in shares)
    prompt, plan = replace(read(lm, "The c"), tokens=tokens, cuts=cuts), Plan((1.0,), samples=2, max_tokens=1)
    found = summarise(lm, prompt, plan, sample(lm, prompt, plan, plan.places))
    assert (found.first_logprobs is not None) is kept
    if kept:
        weights = np.exp(plain(tokens.ids)[-1][covering])
        np.testing.assert_allclose(np.exp(found.first_logprobs[covering]), weights / weights.sum(), atol=1e-4)
        assert np.isfinite(found.first_logprobs).sum() == 3


@pytest.mark.parametrize("penalty", [1.0, 1.5, 3.0])
def test_the_exact_first_token_is_that_which_is_drawn_under_a_penalty_too(lm, lm_folder, penalty):
    prompt = read(lm, "The the the cat")
    with torch.no_grad():
        ids = torch.tensor([[0, *prompt.tokens.ids]])
        logits = AutoModelForCausalLM.from_pretrained(lm_folder)(ids).logits[:, -1]
        exact = torch.softmax(RepetitionPenaltyLogitsProcessor(penalty)(ids[:, 1:], logits), -1)[0].numpy()
    plan = Plan((1.0,), samples=2000, max_tokens=1, seed=3, repetition_penalty=penalty)
    found = summarise(lm, prompt, plan, sample(lm, prompt, plan, plan.places))
    assert [one.probability for one in found.firsts] == pytest.approx(np.sort(exact)[::-1][:5].tolist(), abs=1e-4)
    np.testing.assert_allclose(np.exp(found.first_logprobs), exact, atol=1e-4)
    for one in found.firsts:
        assert one.seen == pytest.approx(one.probability, abs=5 * np.sqrt(one.probability / 2000))


@given(st.lists(st.lists(st.integers(0, 3), min_size=1, max_size=5), min_size=1, max_size=5), st.integers(1, 3))
def test_distinct_n_is_the_share_of_different_n_grams(lm, ids, n):
    found = of(lm, *(Sample(0.5, i, "x", tuple(own), 0.0, "end") for i, own in enumerate(ids)), temperatures=(0.5,))
    grams = [tuple(own[i : i + n]) for own in ids for i in range(len(own)) if i + n <= len(own)]
    expected = len(set(grams)) / len(grams) if grams else math.nan
    assert found.distinct(0.5, n) == pytest.approx(expected, nan_ok=True)


def test_a_summary_orders_the_samples_and_carries_seed_settings_and_provenance(lm):
    plan = Plan((0.5, 1.0), samples=2, max_tokens=3, seed=9, top_k=4)
    prompt = read(lm, "The cat sat on")
    drawn = sorted(sample(lm, prompt, plan, plan.places), key=lambda one: (one.temperature, one.sample))
    found = summarise(lm, prompt, plan, reversed(drawn))
    assert list(found.samples) == drawn
    assert [(row["temperature"], row["sample"]) for row in found.records()] == [(0.5, 0), (0.5, 1), (1.0, 0), (1.0, 1)]
    assert {"seed": 9, "top_k": 4, "top_p": 1.0, "max_tokens": 3, "engine": "torch"}.items() <= found.document().items()
    assert "seed 9, top-k 4" in found.views()[0].notes[0]
