"""What is drawn when not everything is said: the settings decide, and the preset around a prompt."""

import os
from collections.abc import Sequence
from dataclasses import replace

from llmlab.backends.base import CausalLM
from llmlab.config import GenerateSettings
from llmlab.lab.asked import Asked
from llmlab.lab.temperature.drawn import Plan


def planned(
    default: GenerateSettings,
    asked: Asked,
    temperatures: Sequence[float] | None = None,
    *,
    seed: int | None = None,
    stop: Sequence[str] = (),
    same_noise: bool = False,
    **given: float | None,
) -> Plan:
    """What to draw: what is given over the settings; a seed is drawn where one is needed.

    `given` are samples, max_tokens, top_k, top_p, min_p, repetition_penalty. Raises MisuseError as `Plan.check` does.
    """
    chosen = {name: getattr(default, name) if value is None else value for name, value in given.items()}
    stops = tuple(stop) or (*default.stop, *asked.wrap.stop)
    heats = default.temperature if temperatures is None else tuple(temperatures)
    if seed is None and any(heats):  # at T = 0 nothing is drawn
        seed = int.from_bytes(os.urandom(4)) >> 1
    found = Plan(temperatures=heats, seed=seed, stop=stops, same_noise=same_noise, **chosen)  # type: ignore[arg-type]
    found.check()
    return found


def fitted(
    default: GenerateSettings, lm: CausalLM, asked: Asked, plan: Plan, stop: Sequence[str] = ()
) -> tuple[Asked, Plan]:
    """Both as they are for a model: nothing of a base model's preset ends what a chat model says."""
    fit = asked.fitted(lm)
    return fit, plan if fit is asked else replace(plan, stop=tuple(stop) or tuple(default.stop))
