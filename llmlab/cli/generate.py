"""llmlab generate"""

import secrets
from typing import Annotated

import typer

from llmlab.cli.options import DtypeOption, EngineOption, EscapesOption, FormatOption, ModelOption, SpecialOption
from llmlab.cli.world import World, stdin, unescape
from llmlab.config import GenerateSettings
from llmlab.errors import MisuseError
from llmlab.lab import temperature as lab
from llmlab.models.engines import open_causal_lm

app = typer.Typer(rich_markup_mode=None)


@app.command(epilog='Example: llmlab generate "The capital of France is" --temperature 0,0.7,1.5 --samples 5')
def generate(
    ctx: typer.Context,
    prompt: Annotated[
        str | None, typer.Argument(help="Text to continue; - reads stdin; none: a fixed question.")
    ] = None,
    temperature: Annotated[
        str | None, typer.Option("--temperature", "-t", help="One T, or several: 0,0.7,1.5.")
    ] = None,
    samples: Annotated[int | None, typer.Option("--samples", "-n", help="Samples at each temperature.")] = None,
    max_tokens: Annotated[int | None, typer.Option(help="Longest continuation.")] = None,
    seed: Annotated[int | None, typer.Option(help="Same seed, same text. Random when not given, and shown.")] = None,
    top_k: Annotated[int | None, typer.Option(help="Keep the K likeliest tokens; 0 is off.")] = None,
    top_p: Annotated[float | None, typer.Option(help="Keep the likeliest tokens of this mass; 1 is off.")] = None,
    min_p: Annotated[float | None, typer.Option(help="Keep tokens this likely relative to the best; 0 is off.")] = None,
    stop: Annotated[list[str] | None, typer.Option(help="Stop before this text; may be repeated.")] = None,
    model: ModelOption = None,
    engine: EngineOption = None,
    dtype: DtypeOption = None,
    form: FormatOption = "table",
    allow_special: SpecialOption = False,
    escapes: EscapesOption = True,
) -> None:
    """Sample continuations from softmax(z / T), and nothing else unless asked for. T = 0 is argmax."""
    world: World = ctx.obj
    config = world.settings(engine, dtype)
    default = config.generate
    text = stdin() if prompt == "-" else default.question if prompt is None else unescape(prompt) if escapes else prompt
    plan = lab.Plan(
        temperatures=_temperatures(temperature, default),
        samples=default.samples if samples is None else samples,
        max_tokens=default.max_tokens if max_tokens is None else max_tokens,
        seed=secrets.randbelow(2**31) if seed is None else seed,
        top_k=default.top_k if top_k is None else top_k,
        top_p=default.top_p if top_p is None else top_p,
        min_p=default.min_p if min_p is None else min_p,
        stop=tuple(unescape(one) if escapes else one for one in stop or default.stop),
    )
    plan.check(text)
    lm = open_causal_lm(config, world, model or "")
    with world.progress("sampling") as progress:
        drawn = lab.sample(lm, text, plan, allow_special=allow_special, progress=progress)
    world.show(drawn, form)


def _temperatures(given: str | None, default: GenerateSettings) -> tuple[float, ...]:
    if given is None:
        return default.temperature
    try:
        return tuple(float(part) for part in given.split(","))
    except ValueError:
        raise MisuseError(f"temperature {given!r} is not a list of numbers", "for example 0,0.7,1.5") from None
