"""Samples that a server draws: what it is asked for, and what comes of its answers.

A server draws with noise of its own, so that a seed's samples are others than those of an engine here; sample i of a
seed is still the same text whatever is drawn beside it, where the server keeps to its seed (`llmlab models probe`). It
does not always tell the token that ends a text.
"""

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

from llmlab.backends.served.base import Draw, Increment, Served
from llmlab.errors import UnsupportedError
from llmlab.lab.prompt import Prompt
from llmlab.lab.temperature.drawn import Place, Plan, Sample
from llmlab.language import tr

SEEDS = 2**31  # servers take a seed below it


def sample(model: Served, prompt: Prompt, plan: Plan, wanted: Sequence[Place]) -> Iterator[Sample]:
    """These places of the plan, several at once."""
    for found in model.each(partial(drawn, model, prompt, plan), together(wanted)):
        yield from found


def together(wanted: Sequence[Place]) -> list[list[Place]]:
    """Places that are asked for together: at T = 0 all samples are one."""
    cold = [place for place in wanted if place[0] == 0]
    return [*([cold] if cold else []), *([place] for place in wanted if place[0] > 0)]


def drawn(model: Served, prompt: Prompt, plan: Plan, places: Sequence[Place]) -> list[Sample]:
    """One continuation, for each of these places."""
    check(plan)
    temperature, number = places[0]
    one = _sample(plan, temperature, number, [model.drawn(_asked(prompt, plan, temperature, number))])
    return [replace(one, sample=other) for _, other in places]


def stream(model: Served, prompt: Prompt, plan: Plan) -> Iterator[tuple[str, Sample]]:
    """One sample as it grows: what is new of its text, and the sample so far."""
    check(plan)
    temperature, shown, found = plan.temperatures[0], "", list[Increment]()
    for one in model.draw(_asked(prompt, plan, temperature, 0)):
        found.append(one)
        text = plan.settled("".join(part.text for part in found), finished=bool(one.finish))
        yield text[len(shown) :], _sample(plan, temperature, 0, found)
        shown = text


def check(plan: Plan) -> None:
    """Raise UnsupportedError for what is drawn with our own noise."""
    if plan.same_noise:
        message = tr("a server draws with noise of its own, not with the same at every temperature")
        raise UnsupportedError(message, "llama.cpp", tr("leave out --same-noise"))


def _asked(prompt: Prompt, plan: Plan, temperature: float, number: int) -> Draw:
    seed = zlib.crc32(f"{plan.seed} {temperature!r} {number}".encode()) % SEEDS
    return Draw(prompt.tokens, prompt.messages, plan.settings(temperature), plan.max_tokens, seed, plan.stop)


def _sample(plan: Plan, temperature: float, number: int, found: Sequence[Increment]) -> Sample:
    """What so many increments come to; its log-probability is nan where the server does not tell it."""
    text = "".join(part.text for part in found)
    finish = found[-1].finish or "interrupted"
    tokens = [token for part in found for token in part.tokens]
    logprob = sum(token.logprob for token in tokens) if tokens else float("nan")
    ids = tuple(token.number for token in tokens)
    return Sample(temperature, number, plan.settled(text, finished=finish != "interrupted"), ids, logprob, finish)
