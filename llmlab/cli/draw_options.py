"""Options of temperature: at which, which tokens may be drawn, what is drawn."""

import math
from typing import TYPE_CHECKING, Annotated

from msgspec import Struct
from msgspec.structs import asdict

from llmlab.backends.settings import Settings
from llmlab.cli.options import ReadingOptions, listed
from llmlab.cli.verbs import option
from llmlab.cli.world import World
from llmlab.errors import MisuseError
from llmlab.lab.asked import Asked
from llmlab.language import tr

if TYPE_CHECKING:  # numpy is loaded when a verb computes
    from llmlab.backends.base import CausalLM
    from llmlab.lab.temperature.drawn import Plan

MOST_TEMPERATURES = 1000


class OneTemperature(Struct, frozen=True):
    """At which temperature."""

    temperature: Annotated[
        str | None, option("--temperature", "-t", metavar="T", help="0 is argmax, 1 the model itself.")
    ] = None

    def temperatures(self, default: tuple[float, ...]) -> tuple[float, ...]:
        """Raises MisuseError for what is no number."""
        return _listed(self.temperature, default)


class HeatOptions(Struct, frozen=True):
    """At which temperatures."""

    temperature: Annotated[
        str | None, option("--temperature", "-t", metavar="T", help="One T, or several: 0,0.7,1.5. 0 is argmax.")
    ] = None
    sweep: Annotated[
        str | None, option("--sweep", metavar="A:B:STEP", help="Temperatures from:to:step, such as 0:2:0.25.")
    ] = None

    def temperatures(self, default: tuple[float, ...]) -> tuple[float, ...]:
        """Raises MisuseError for what is no list of numbers."""
        if self.temperature is not None and self.sweep is not None:
            raise MisuseError(tr("--temperature and --sweep are two ways to say the same"), tr("give one of them"))
        return _listed(self.temperature, default) if self.sweep is None else _swept(self.sweep)


class FilterOptions(Struct, frozen=True):
    """Which tokens may be drawn."""

    top_k: Annotated[int | None, option("--top-k", metavar="K", help="Keep the K likeliest tokens; 0 is off.")] = None
    top_p: Annotated[
        float | None, option("--top-p", metavar="P", help="Keep the likeliest tokens of this mass; 1 is off.")
    ] = None
    min_p: Annotated[
        float | None, option("--min-p", metavar="P", help="Keep tokens this likely beside the best; 0 is off.")
    ] = None

    def settings(self, repetition_penalty: float) -> Settings:
        """The filters that are given, and the penalty. Raises MisuseError for what is none."""
        given = {name: value for name, value in asdict(self).items() if value is not None}
        return Settings(repetition_penalty=repetition_penalty, **given)


class DrawOptions(Struct, frozen=True):
    """How text is drawn."""

    max_tokens: Annotated[int | None, option("--max-tokens", metavar="N", help="Longest continuation, in tokens.")] = (
        None
    )
    seed: Annotated[
        int | None, option("--seed", metavar="N", help="Same seed, same text; drawn and shown without one.")
    ] = None
    repetition_penalty: Annotated[
        float | None,
        option("--repetition-penalty", metavar="X", help="Make tokens already there less likely; 1 is off."),
    ] = None
    stop: Annotated[
        list[str] | None, option("--stop", metavar="TEXT", help="Stop before this text; may be repeated.")
    ] = None


NO_DRAWING = DrawOptions()  # the settings decide


def plan(
    world: World,
    asked: Asked,
    reading: ReadingOptions,
    heat: HeatOptions | OneTemperature,
    filters: FilterOptions,
    draw: DrawOptions = NO_DRAWING,
    *,
    samples: int | None = None,
    same_noise: bool = False,
    seed: int | None = None,
    shared: bool = False,
) -> "Plan":
    """What to draw: the options over the settings. `seed` is of a run that goes on; else one is drawn if needed.

    Raises MisuseError where that is needed for work that is `shared` out: all its parts have one seed.
    """
    from llmlab.lab.temperature.plans import planned

    heats, seed = heat.temperatures(world.config.generate.temperature), seed if draw.seed is None else draw.seed
    if shared and seed is None and any(heats):
        raise MisuseError(tr("each shard would draw a seed of its own"), tr("give --seed N, the same to all"))
    given = asdict(filters) | {"max_tokens": draw.max_tokens, "repetition_penalty": draw.repetition_penalty}
    return planned(
        world.config.generate,
        asked,
        heats,
        seed=seed,
        stop=[reading.text(one) for one in draw.stop or ()],
        same_noise=same_noise,
        samples=samples,
        **given,
    )


def fitted(
    world: World, lm: "CausalLM", asked: Asked, plan: "Plan", draw: DrawOptions = NO_DRAWING
) -> "tuple[Asked, Plan]":
    """Both as they are for a model."""
    from llmlab.lab.temperature import plans

    return plans.fitted(world.config.generate, lm, asked, plan, plan.stop if draw.stop else ())


def _listed(temperatures: str | None, default: tuple[float, ...]) -> tuple[float, ...]:
    """The temperatures of a list between commas."""
    if temperatures is None:
        return default
    try:
        return tuple(float(part) for part in listed(temperatures))
    except ValueError:
        message = tr("temperature {temperatures!r} is not a list of numbers", temperatures=temperatures)
        raise MisuseError(message, tr("for example 0,0.7,1.5")) from None


def _swept(sweep: str) -> tuple[float, ...]:
    """The temperatures of from:to:step."""
    try:
        start, end, step = (float(part) for part in sweep.split(":"))
        steps = math.floor((end - start) / step + 1e-9)
        if steps in range(MOST_TEMPERATURES):
            return tuple(round(start + i * step, 10) for i in range(steps + 1))
    except (ValueError, ArithmeticError):
        pass
    raise MisuseError(tr("sweep {sweep!r} is not from:to:step, upwards", sweep=sweep), tr("for example 0:2:0.25"))
