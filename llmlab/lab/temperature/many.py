"""The samples of many prompts, in their order: what is known already is given back, the rest is drawn."""

import math
from collections.abc import Iterable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from itertools import chain

from llmlab.backends.base import CausalLM
from llmlab.backends.served.base import UNNUMBERED, Served
from llmlab.lab.prompt import Prompt
from llmlab.lab.refused import naming
from llmlab.lab.temperature import served
from llmlab.lab.temperature.drawn import Place, Plan, Sample
from llmlab.lab.temperature.generate import sample
from llmlab.view import Record


@dataclass(frozen=True)
class Job:
    """One of many prompts, its samples that are known already, and those that are to be drawn."""

    prompt: Prompt
    places: Sequence[Place]
    known: Sequence[Sample] = ()
    item: int = 1  # the prompt's number
    named: bool = False  # whether an error says which prompt it is of


@dataclass(frozen=True)
class Drawn:
    """A sample of a job, and whether it is new: the others were known."""

    job: Job
    sample: Sample
    new: bool


def sample_each(model: CausalLM, jobs: Iterable[Job], plan: Plan) -> Iterator[Drawn]:
    """What is known of each prompt, then what is drawn, prompt after prompt in their order, each as it is finished."""
    if isinstance(model, Served):
        yield from chain.from_iterable(model.each(partial(_answered, model, plan), _parts(jobs)))
        return
    for job in jobs:
        yield from (Drawn(job, one, new=False) for one in job.known)
        yield from (Drawn(job, one, new=True) for one in sample(model, job.prompt, plan, job.places))


def _parts(jobs: Iterable[Job]) -> Iterator[tuple[Job, Sequence[Place]]]:
    """What a server is asked for at a time, and before that, with no places, what is known."""
    for job in jobs:
        yield job, []
        yield from ((job, places) for places in served.together(job.places))


def _answered(model: Served, plan: Plan, part: tuple[Job, Sequence[Place]]) -> list[Drawn]:
    job, places = part
    if not places:
        return [Drawn(job, one, new=False) for one in job.known]
    with naming(job.item, job.prompt.asked) if job.named else nullcontext():
        return [Drawn(job, one, new=True) for one in served.drawn(model, job.prompt, plan, places)]


def of_record(row: Record) -> Sample:
    """The sample that a record is of; tokens without a number, and what a server did not tell, are null there."""
    ids = tuple(UNNUMBERED if token is None else token for token in row["token_ids"])
    logprob = math.nan if row["logprob_nats"] is None else row["logprob_nats"]
    return Sample(row["temperature"], row["sample"], row["text"], ids, logprob, row["finish"])
