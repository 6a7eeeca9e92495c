"""The samples of many prompts are those of each."""

from llmlab.lab.prompt import read
from llmlab.lab.temperature import generate
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
