"""llmlab generate"""

import math
import re
import secrets
from pathlib import Path
from typing import Annotated

import typer

from llmlab.cli import data_files, generate_runs, modes
from llmlab.cli.modes import Mode
from llmlab.cli.options import DtypeOption, EngineOption, EscapesOption, FormatOption, ModelOption, SpecialOption
from llmlab.cli.out_file import OutFile
from llmlab.cli.world import World, stdin, unescape
from llmlab.config import Config, PresetEntry
from llmlab.errors import MisuseError
from llmlab.lab import prompt as prompts
from llmlab.lab import samples as said
from llmlab.lab import temperature, tree
from llmlab.lab.generation import Plan
from llmlab.models.engines import open_causal_lm

app = typer.Typer(rich_markup_mode=None, add_completion=False)

ASK = frozenset({"prompt", "preset", "raw", "show_prompt", "temperatures", "sweep", "show_settings"})
FILTERS = frozenset({"top_k", "top_p", "min_p"})
DRAW = ASK | FILTERS | {"repetition_penalty", "max_tokens", "seed", "stop"}
MANY = frozenset({"samples", "same_noise", "expect", "expect_regex", "prompt_file", "out"})
MODES = (
    Mode("distribution", "distribution", ASK | FILTERS),
    Mode("tree", "depth", ASK | FILTERS | {"branch"}),
    Mode("trace", "trace", DRAW),
    Mode("stream", "streaming", DRAW),
    Mode("samples", "", DRAW | MANY),
)

MOST_TEMPERATURES = 1000

EXAMPLES = """\b
Examples:
  llmlab generate "The capital of France is" --temperature 0,0.7,1.5 --samples 5
  llmlab generate --sweep 0:1.5:0.5 --samples 20 --expect Paris
  llmlab generate "The capital of France is" --distribution --temperature 0.2,0.7,1,1.5,2
  llmlab generate "Once upon a time" --trace --max-tokens 10
  llmlab generate "The capital of" --tree 3 --branch 3
  llmlab generate --prompts questions.txt --preset qa --out answers.jsonl"""


@app.command(epilog=EXAMPLES)
def generate(
    ctx: typer.Context,
    prompt: Annotated[
        str | None, typer.Argument(help="Text to continue; - reads stdin; none: a fixed question.")
    ] = None,
    temperatures: Annotated[
        str | None, typer.Option("--temperature", "-t", help="One T, or several: 0,0.7,1.5.")
    ] = None,
    sweep: Annotated[str | None, typer.Option(help="Temperatures from:to:step, for example 0:2:0.25.")] = None,
    samples: Annotated[int | None, typer.Option("--samples", "-n", help="Samples at each temperature.")] = None,
    max_tokens: Annotated[int | None, typer.Option(help="Longest continuation.")] = None,
    seed: Annotated[int | None, typer.Option(help="Same seed, same text. Random when not given, and shown.")] = None,
    top_k: Annotated[int | None, typer.Option(help="Keep the K likeliest tokens; 0 is off.")] = None,
    top_p: Annotated[float | None, typer.Option(help="Keep the likeliest tokens of this mass; 1 is off.")] = None,
    min_p: Annotated[float | None, typer.Option(help="Keep tokens this likely relative to the best; 0 is off.")] = None,
    repetition_penalty: Annotated[
        float | None, typer.Option(help="Make tokens already there less likely; 1 is off.")
    ] = None,
    stop: Annotated[list[str] | None, typer.Option(help="Stop before this text; may be repeated.")] = None,
    same_noise: Annotated[
        bool, typer.Option("--same-noise", help="The same Gumbel noise at every T: only T differs between the rows.")
    ] = False,
    expect: Annotated[list[str] | None, typer.Option(help="A right answer holds this text; may be repeated.")] = None,
    expect_regex: Annotated[list[str] | None, typer.Option(help="A right answer matches this pattern.")] = None,
    prompt_file: Annotated[
        Path | None, typer.Option("--prompts", help="Many prompts: a file with one a line, or - for stdin.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Add records to this jsonl file; go on where it ends.")] = None,
    distribution: Annotated[
        bool, typer.Option("--distribution", help="The next token's exact distribution at each T; draws nothing.")
    ] = False,
    depth: Annotated[
        int | None, typer.Option("--tree", help="The likeliest continuations, so deep; draws nothing.")
    ] = None,
    branch: Annotated[int, typer.Option(help="With --tree: children of a node.", min=1)] = 3,
    trace: Annotated[bool, typer.Option("--trace", help="One sample, step by step.")] = False,
    streaming: Annotated[bool, typer.Option("--stream", help="One sample as plain text, as it comes.")] = False,
    preset: Annotated[str | None, typer.Option(help="Wrap the prompt for a base model, for example qa.")] = None,
    raw: Annotated[bool, typer.Option("--raw", help="The prompt as it is, without a chat template.")] = False,
    show_prompt: Annotated[bool, typer.Option("--show-prompt", help="Say what the model reads.")] = False,
    show_settings: Annotated[bool, typer.Option("--show-settings", help="Say everything that applies.")] = False,
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
    mode = modes.find(ctx, MODES).name
    asked, preset = _asked(config, prompt, prompt_file, preset, escapes)
    wrap = _preset(config, preset)
    if raw and preset:
        raise MisuseError("--raw and --preset are two ways to say what the model reads", "give one of them")
    target = ctx.with_resource(OutFile(out)) if out else None
    default = config.generate
    drawn_seed = target.seed if target and seed is None else None
    stops = [unescape(one) if escapes else one for one in stop or []] or [*default.stop, *wrap.stop]
    plan = Plan(
        temperatures=_temperatures(temperatures, sweep, default.temperature),
        samples=default.samples if samples is None else samples,
        max_tokens=default.max_tokens if max_tokens is None else max_tokens,
        seed=seed if seed is not None else secrets.randbelow(2**31) if drawn_seed is None else drawn_seed,
        top_k=default.top_k if top_k is None else top_k,
        top_p=default.top_p if top_p is None else top_p,
        min_p=default.min_p if min_p is None else min_p,
        repetition_penalty=default.repetition_penalty if repetition_penalty is None else repetition_penalty,
        stop=tuple(stops),
        same_noise=same_noise,
    )
    plan.check()
    expected = _expected([unescape(one) if escapes else one for one in expect or []], expect_regex or [])
    if mode in ("tree", "trace", "stream") and len(plan.temperatures) > 1:
        raise MisuseError(f"--{mode} is of one temperature", "give one T")
    if mode == "stream" and form != "table":
        raise MisuseError("--stream writes plain text", "leave out --format, or leave out --stream")
    if mode == "tree":
        tree.check(depth or 0, branch, plan)
    if show_settings:
        world.say(_settings(plan))
    lm = open_causal_lm(config, world, model or "")
    read = [prompts.read(lm, one, template=wrap.template, raw=raw, allow_special=allow_special) for one in asked]
    if show_prompt:
        for one in read:
            world.say(f"the model reads {f'{lm.info.bos} and ' if lm.info.bos else ''}{one.text!r}")
    match mode:
        case "distribution":
            world.show(temperature.distribution(lm, read[0], plan), form)
        case "tree":
            with world.progress("growing") as progress:
                grown = tree.grow(lm, read[0], depth or 0, branch, plan, progress)
            world.show(grown, form)
        case "trace":
            generate_runs.trace(world, lm, read[0], plan, form)
        case "stream":
            generate_runs.stream(world, lm, read[0], plan)
        case _:
            generate_runs.samples(world, lm, read, plan, expected, target, form)


def _asked(
    config: Config, prompt: str | None, file: Path | None, preset: str | None, escapes: bool
) -> tuple[list[str], str]:
    """The prompts, and the preset around them: without a prompt, the settings' question and its preset."""
    if prompt is not None and file is not None:
        raise MisuseError("PROMPT and --prompts are two ways to say the same", "give one of them")
    if file is not None:
        return data_files.lines(file), preset or ""
    if prompt is None:
        return [config.generate.question], config.generate.question_preset if preset is None else preset
    text = stdin() if prompt == "-" else unescape(prompt) if escapes else prompt
    if not text:
        raise MisuseError("the prompt is empty", "give at least one character")
    return [text], preset or ""


def _preset(config: Config, name: str) -> PresetEntry:
    if not name:
        return PresetEntry(template="")
    if name not in config.presets:
        raise MisuseError(f"no preset is called {name!r}", f"one of: {', '.join(config.presets)}")
    return config.presets[name]


def _temperatures(given: str | None, sweep: str | None, default: tuple[float, ...]) -> tuple[float, ...]:
    if given is not None and sweep is not None:
        raise MisuseError("--temperature and --sweep are two ways to say the same", "give one of them")
    try:
        if sweep is None:
            return default if given is None else tuple(float(part) for part in given.split(","))
        start, end, step = (float(part) for part in sweep.split(":"))
        steps = math.floor((end - start) / step + 1e-9)
        if steps in range(MOST_TEMPERATURES):
            return tuple(round(start + i * step, 10) for i in range(steps + 1))
    except (ValueError, ArithmeticError):
        pass
    if sweep is not None:
        raise MisuseError(f"sweep {sweep!r} is not from:to:step, upwards", "for example 0:2:0.25")
    raise MisuseError(f"temperature {given!r} is not a list of numbers", "for example 0,0.7,1.5")


def _expected(texts: list[str], patterns: list[str]) -> said.Expected:
    for pattern in patterns:
        try:
            re.compile(pattern)
        except re.error as error:
            raise MisuseError(f"{pattern!r} is no pattern: {error}", "see Python's re") from None
    if not all([*texts, *patterns]):
        raise MisuseError("an expected text is empty", "give at least one character")
    return said.Expected(tuple(texts), tuple(patterns))


def _settings(plan: Plan) -> str:
    """Everything that bears on what is drawn, in the order it applies."""
    on_off = [
        ("repetition penalty", plan.repetition_penalty, 1),
        ("top-k", plan.top_k, 0),
        ("top-p", plan.top_p, 1),
        ("min-p", plan.min_p, 0),
    ]
    words = [f"{name} {'off' if value == off else f'{value:g}'}" for name, value, off in on_off]
    words.insert(1, f"temperature {', '.join(f'{t:g}' for t in plan.temperatures)}")
    stops = ", ".join(map(repr, plan.stop)) or "none"
    draws = "the same Gumbel noise at every T" if plan.same_noise else "independent noise at every T"
    words += [f"max tokens {plan.max_tokens}", f"stop {stops}", f"samples {plan.samples}", f"seed {plan.seed}", draws]
    return "; ".join(words)
