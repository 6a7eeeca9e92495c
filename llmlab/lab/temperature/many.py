"""The samples of many prompts, in their order: what is known already is given back, the rest is drawn."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from llmlab.backends.base import CausalLM
from llmlab.lab.prompt import Prompt
from llmlab.lab.temperature.generate import Place, Plan, Sample, sample


@dataclass(frozen=True)
class Job:
    """One of many prompts, its samples that are known already, and those that are to be drawn."""

    prompt: Prompt
    places: Sequence[Place]
    known: Sequence[Sample] = ()


@dataclass(frozen=True)
class Drawn:
    """A sample of a job, and whether it is new: the others were known."""

    job: Job
    sample: Sample
    new: bool


def sample_each(model: CausalLM, jobs: Iterable[Job], plan: Plan) -> Iterator[Drawn]:
    """What is known of each prompt, then what is drawn, prompt after prompt in their order, each as it is finished."""
    for job in jobs:
        yield from (Drawn(job, one, new=False) for one in job.known)
        yield from (Drawn(job, one, new=True) for one in sample(model, job.prompt, plan, job.places))
