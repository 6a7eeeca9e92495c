"""Sampling: continuations drawn from softmax(z / T), by a server or here (see growing.py)."""

from collections.abc import Iterator, Sequence

from llmlab.backends.base import CausalLM
from llmlab.backends.served.base import Served
from llmlab.lab.prompt import Prompt
from llmlab.lab.temperature import served
from llmlab.lab.temperature.drawn import Place, Plan, Sample


def sample(model: CausalLM, prompt: Prompt, plan: Plan, wanted: Sequence[Place]) -> Iterator[Sample]:
    """These (temperature, sample number) of the plan, as each is finished. A context is read once."""
    if isinstance(model, Served):
        return served.sample(model, prompt, plan, wanted)
    from llmlab.lab.temperature import growing  # numpy, which a server does without

    return growing.sample(model, prompt, plan, wanted)


def stream(model: CausalLM, prompt: Prompt, plan: Plan, trace: bool = False) -> Iterator[tuple[str, Sample]]:
    """One sample as it grows: whole characters as they come, and the sample so far. The first T of the plan."""
    if isinstance(model, Served) and not trace:
        return served.stream(model, prompt, plan)
    from llmlab.lab.temperature import growing

    return growing.stream(model, prompt, plan, trace)
