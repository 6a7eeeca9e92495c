"""Options of temperature: at which, which tokens may be drawn, what is drawn, and what the model reads before it."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from msgspec import Struct
from msgspec.structs import asdict

from llmlab.cli.options import STDIN, ModelOptions, ReadingOptions
from llmlab.cli.verbs import SHOWN, option
from llmlab.cli.world import World
from llmlab.config import GenerateSettings, PresetEntry
from llmlab.errors import MisuseError

if TYPE_CHECKING:  # numpy is loaded when a verb computes
    from llmlab.backends.sampling import Settings
    from llmlab.lab.prompt import Prompt
    from llmlab.lab.temperature.generate import Plan

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
            raise MisuseError("--temperature and --sweep are two ways to say the same", "give one of them")
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

    def settings(self, default: "Settings") -> "Settings":
        """The filters that are given, over others. Raises MisuseError for what is none."""
        given = {name: value for name, value in asdict(self).items() if value is not None}
        return replace(default, **given)


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


class PromptOptions(Struct, frozen=True):
    """What a model reads before it answers."""

    prompt: Annotated[
        str | None,
        typer.Argument(metavar="[PROMPT]", help="Text to continue; - is stdin; none: a fixed question."),
    ] = None
    preset: Annotated[
        str | None,
        option("--preset", metavar="NAME", help="Wrap the prompt for a base model: qa, zh, ..."),
    ] = None
    raw: Annotated[bool, option("--raw", help="The prompt as it is, without a chat template.")] = False
    heal: Annotated[
        bool | None,
        option("--heal/--no-heal", help="Whether a prompt that ends inside a token goes on with that token (it does)."),
    ] = None
    show_prompt: Annotated[bool, option("--show-prompt", panel=SHOWN, help="Say what the model reads.")] = False

    def asked(self, world: World, reading: ReadingOptions, file: Path | None = None) -> "Asked":
        """The prompts, and the preset around them. Raises MisuseError for what contradicts itself."""
        if self.raw and self.preset:
            raise MisuseError("--raw and --preset are two ways to say what the model reads", "give one of them")
        if self.prompt is not None and file is not None:
            raise MisuseError("PROMPT and --prompts are two ways to say the same", "give one of them")
        texts: Iterator[str] | list[str]
        if file is not None:
            texts = prompts_of(world, file)
        elif self.prompt is not None:
            texts = [reading.one(world, self.prompt)]
        else:
            return _own_question(world, self.preset or world.config.generate.preset)
        return Asked(iter(texts), len(texts) if isinstance(texts, list) else 0, preset_of(world, self.preset or ""))

    def read(self, world: World, model: ModelOptions, asked: "Asked", reading: ReadingOptions) -> "Iterator[Prompt]":
        """What the model reads for each of the prompts, as they come."""
        from llmlab.lab import prompt as prompts

        lm = model.causal_lm(world)
        special, template = reading.allow_special, asked.wrap.template
        for text in asked.texts:
            read = prompts.read(lm, text, template=template, raw=self.raw, allow_special=special)
            one = read if self.heal is False else prompts.mended(lm, model.spellings(world), read, bool(self.heal))
            if self.show_prompt:
                world.say(f"the model reads {f'{lm.info.bos} and ' if lm.info.bos else ''}{one.text!r}")
            yield one


@dataclass(frozen=True)
class Asked:
    """Prompts as they come, how many (0: nobody knows yet), what stands around each, and what is a right answer."""

    texts: Iterator[str]
    count: int
    wrap: PresetEntry
    expect: tuple[str, ...] = ()  # of a preset's own question


def _own_question(world: World, preset: str) -> Asked:
    """What a preset asks when no prompt is given. Raises MisuseError for one that asks nothing."""
    wrap = preset_of(world, preset)
    if not wrap.question:
        raise MisuseError(f"the preset {preset!r} has no question of its own", "give a PROMPT")
    return Asked(iter([wrap.question]), 1, wrap, wrap.expect)


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
) -> "Plan":
    """What to draw: the options over the settings. `seed` is of a run that goes on; else one is drawn if needed."""
    import secrets

    from llmlab.lab.temperature.generate import Plan

    default: GenerateSettings = world.config.generate
    given = {name: getattr(filters, name) for name in ("top_k", "top_p", "min_p")}
    given |= {"max_tokens": draw.max_tokens, "repetition_penalty": draw.repetition_penalty, "samples": samples}
    chosen = {name: getattr(default, name) if value is None else value for name, value in given.items()}
    stops = [reading.text(one) for one in draw.stop or ()] or [*default.stop, *asked.wrap.stop]
    heats = heat.temperatures(default.temperature)
    known = draw.seed if draw.seed is not None else seed
    if known is None and any(heats):  # at T = 0 nothing is drawn
        known = secrets.randbelow(2**31)
    found = Plan(temperatures=heats, seed=known, stop=tuple(stops), same_noise=same_noise, **chosen)
    found.check()
    return found


def preset_of(world: World, name: str) -> PresetEntry:
    """A way to wrap a prompt; "" leaves it as it is."""
    if not name:
        return PresetEntry(template="")
    if name not in world.config.presets:
        raise MisuseError(f"no preset is called {name!r}", f"one of: {', '.join(world.config.presets)}")
    return world.config.presets[name]


def prompts_of(world: World, file: Path) -> Iterator[str] | list[str]:
    """Prompts, one a line, each once: a prompt said twice would be the same samples twice. stdin's are a stream."""
    from llmlab.files.opening import called

    found = _once(line for _, line in world.files.lines(file))
    first = next(found, None)
    if first is None:
        raise MisuseError(f"{called(file)} holds no prompts", "one prompt a line")
    return chain([first], found) if str(file) == STDIN else [first, *found]


def _once(lines: Iterable[str]) -> Iterator[str]:
    seen: set[str] = set()
    for line in lines:
        if line not in seen:
            seen.add(line)
            yield line


def _listed(temperatures: str | None, default: tuple[float, ...]) -> tuple[float, ...]:
    """The temperatures of a list between commas."""
    if temperatures is None:
        return default
    try:
        return tuple(float(part) for part in temperatures.split(","))
    except ValueError:
        message = f"temperature {temperatures!r} is not a list of numbers"
        raise MisuseError(message, "for example 0,0.7,1.5") from None


def _swept(sweep: str) -> tuple[float, ...]:
    """The temperatures of from:to:step."""
    try:
        start, end, step = (float(part) for part in sweep.split(":"))
        steps = math.floor((end - start) / step + 1e-9)
        if steps in range(MOST_TEMPERATURES):
            return tuple(round(start + i * step, 10) for i in range(steps + 1))
    except (ValueError, ArithmeticError):
        pass
    raise MisuseError(f"sweep {sweep!r} is not from:to:step, upwards", "for example 0:2:0.25")
