"""The samples of many prompts are those of each."""

from functools import cache

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from llmlab.lab.prompt import read
from llmlab.lab.temperature import generate, growing
from llmlab.lab.temperature.drawn import Plan, Sample
from llmlab.lab.temperature.many import Job, of_record, sample_each
from llmlab.lab.temperature.samples import draw


def test_samples_of_many_prompts_are_those_of_each_in_their_order(lm):
    plan = Plan(temperatures=(0.0, 1.2), samples=3, max_tokens=4, seed=5)
    prompts = [read(lm, text) for text in ("The cat", "A dog sat", "今天")]
    known = list(generate.sample(lm, prompts[1], plan, plan.places[:2]))
    jobs = [Job(prompts[0], plan.places), Job(prompts[1], plan.places[2:], known), Job(prompts[2], [])]
    found = list(sample_each(lm, iter(jobs), plan))
    alone = [list(generate.sample(lm, one.prompt, plan, one.places)) for one in jobs]
    assert [one.job for one in found] == [jobs[0]] * 6 + [jobs[1]] * 6
    assert [one.sample for one in found if one.new] == [*alone[0], *alone[1]]
    assert [one.sample for one in found if not one.new] == known
    assert found[6].new is found[7].new is False


def test_a_sample_is_what_its_record_says(lm):
    found = draw(lm, read(lm, "The cat"), Plan((0.0, 1.0), samples=2, max_tokens=3, seed=4))
    samples = [of_record(one) for one in found.records()]
    assert samples == list(found.samples)
    assert isinstance(samples[0], Sample)


@pytest.mark.parametrize("engine", ["lm", "llama"])
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_was_lost_is_drawn_again_to_the_last_digit(request, engine, data):
    model = request.getfixturevalue(engine)
    plan = Plan(temperatures=(0.0, 0.7, 1.0), samples=45, max_tokens=6, seed=5)  # 91 rows: more than a group
    prompt = read(model, "The cat")
    whole = set(_whole(engine, model, prompt, plan))
    kept = data.draw(st.sets(st.sampled_from(sorted(whole, key=lambda one: (one.temperature, one.sample)))))
    there = {(one.temperature, one.sample) for one in kept}
    lost = [place for place in plan.places if place not in there]
    (*drawn,) = sample_each(model, [Job(prompt, lost, list(kept))], plan)
    assert {one.sample for one in drawn} == whole
    assert [(one.sample.temperature, one.sample.sample) in there for one in drawn] == [not one.new for one in drawn]
    assert len(drawn) == plan.count


@cache
def _whole(engine, model, prompt, plan):
    return tuple(generate.sample(model, prompt, plan, plan.places))


def test_a_group_of_which_nothing_is_lost_is_not_decoded(lm, monkeypatch):
    plan, prompt, rows = Plan(samples=150, max_tokens=3, seed=5), read(lm, "The cat"), []
    whole = list(generate.sample(lm, prompt, plan, plan.places))
    grow = growing._grow
    monkeypatch.setattr(growing, "_grow", lambda *given: rows.append(len(given[3])) or grow(*given))
    (one,) = generate.sample(lm, prompt, plan, [(1.0, 149)])
    assert rows == [150 - 2 * growing.ROWS]
    assert one == next(other for other in whole if other.sample == 149)
    assert list(generate.sample(lm, prompt, plan, [])) == []
