"""Drawing samples and telling the user as they come; what is finished survives an interrupt."""

import sys
from collections.abc import Iterator, Sequence

from llmlab.backends.base import CausalLM
from llmlab.cli.out_file import OutFile
from llmlab.cli.world import World, is_terminal
from llmlab.lab import generation
from llmlab.lab.generation import Plan, Sample
from llmlab.lab.prompt import Prompt
from llmlab.lab.samples import Expected, conditions, record, summarise
from llmlab.lab.text import provenance
from llmlab.lab.trace import Trace
from llmlab.render import Format, harmless
from llmlab.view import Several


def samples(
    world: World,
    lm: CausalLM,
    prompts: Sequence[Prompt],
    plan: Plan,
    expected: Expected,
    out: OutFile | None,
    form: Format,
) -> None:
    """Draw every sample of every prompt. jsonl is written as it comes, other formats at the end.

    After Ctrl-C what was finished is shown, and the interrupt goes on.
    """
    found: list[list[Sample]] = []
    total = len(prompts) * len(plan.temperatures) * plan.samples
    interrupted = False
    try:
        with world.progress("sampling") as progress:
            done = 0
            for prompt in prompts:
                found.append([])
                for one in _drawn(lm, prompt, plan, expected, out):
                    found[-1].append(one)
                    done += 1
                    progress(done, total)
                    if form == "jsonl" and not world.write_record(record(prompt, plan, one, expected, lm.info)):
                        return
    except KeyboardInterrupt:
        interrupted = True
    some = [pair for pair in zip(prompts, found, strict=False) if pair[1]]
    if form != "jsonl" and some:
        said = tuple(summarise(lm, prompt, plan, drawn, expected) for prompt, drawn in some)
        world.show(said[0] if len(said) == 1 else Several("prompts", said), form)
    if interrupted:
        raise KeyboardInterrupt


def trace(world: World, lm: CausalLM, prompt: Prompt, plan: Plan, form: Format) -> None:
    """One sample, step by step; on a terminal its text flows by as it grows."""
    sample: Sample | None = None
    flows = is_terminal(sys.stderr) and form == "table"
    interrupted = False
    try:
        for text, so_far in generation.stream(lm, prompt, plan, trace=True):
            sample = so_far
            if flows:
                print(harmless(text), end="", file=sys.stderr, flush=True)
    except KeyboardInterrupt:
        interrupted = True
    if flows:
        print(file=sys.stderr)
    if sample is not None:
        world.show(Trace(prompt, plan, sample, lm.info), form)
    if interrupted:
        raise KeyboardInterrupt


def stream(world: World, lm: CausalLM, prompt: Prompt, plan: Plan) -> None:
    """One sample as plain text, as it comes; Ctrl-C ends the line."""
    try:
        for text, _ in generation.stream(lm, prompt, plan):
            if not world.write(harmless(text)):
                return
    finally:
        world.write("\n")


def _drawn(lm: CausalLM, prompt: Prompt, plan: Plan, expected: Expected, out: OutFile | None) -> Iterator[Sample]:
    """What the file holds already, then the rest as it is drawn."""
    made_by = {**conditions(prompt, plan), **provenance(lm.info)}
    kept = {(one.temperature, one.sample): one for one in out.samples(prompt.asked, made_by)} if out else {}
    yield from (kept[place] for place in plan.places if place in kept)
    for one in generation.sample_some(lm, prompt, plan, [place for place in plan.places if place not in kept]):
        if out:
            out.append(record(prompt, plan, one, expected, lm.info))
        yield one
