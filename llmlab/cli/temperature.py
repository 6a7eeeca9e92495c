"""The verbs of the temperature lab: generate, trace, tree.

What a verb computes with is imported when it runs: its help needs none of it.
"""

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from msgspec import Struct

from llmlab.cli import beside
from llmlab.cli.draw_options import DrawOptions, FilterOptions, HeatOptions, OneTemperature, fitted, plan
from llmlab.cli.model_options import ModelOptions, ModelsOptions
from llmlab.cli.options import PictureOptions, ReadingOptions
from llmlab.cli.out_options import OutOptions
from llmlab.cli.prompt_options import PromptOptions
from llmlab.cli.verbs import SHOWN, option, verb
from llmlab.cli.world import World
from llmlab.errors import MisuseError
from llmlab.lab.asked import Asked
from llmlab.language import later, tr

if TYPE_CHECKING:
    from llmlab.bulk.shard import Shard
    from llmlab.lab.temperature.drawn import Plan
    from llmlab.lab.temperature.expected import Expected

LEAVE = later("leave out one of them")

SettingsOption = Annotated[bool, option("--show-settings", panel=SHOWN, help="Say everything that applies.")]


class ManyOptions(Struct, frozen=True):
    """Many samples, what makes one right, and where they go."""

    samples: Annotated[int | None, option("--samples", "-n", metavar="N", help="Samples at each temperature.")] = None
    prompts: Annotated[
        Path | None,
        option("--prompts", metavar="FILE", help="Many prompts: a file, one a line, each once; or -."),
    ] = None
    same_noise: Annotated[bool, option("--same-noise", help="The same Gumbel noise at every T: only T differs.")] = (
        False
    )
    expect: Annotated[
        list[str] | None,
        option(
            "--expect",
            metavar="TEXT",
            help="What a right answer begins with; in a chat, holds.",
        ),
    ] = None
    expect_regex: Annotated[
        list[str] | None, option("--expect-regex", metavar="PATTERN", help="A right answer matches this pattern.")
    ] = None
    anywhere: Annotated[bool, option("--anywhere", help="The expected word may stand anywhere in the answer.")] = False
    every: Annotated[bool, option("--all", panel=SHOWN, help="Every answer, and more measures.")] = False
    stream: Annotated[bool, option("--stream", panel=SHOWN, help="One sample as plain text, as it comes.")] = False

    def expected(self, reading: ReadingOptions, asked: Asked) -> "Expected":
        """What the options expect, else what the preset expects of its own question."""
        from llmlab.lab.temperature.expected import Expected

        texts = [reading.text(one) for one in self.expect or ()]
        return Expected.of(texts, self.expect_regex or (), self.anywhere, asked.expect)

    def part(self, filed: OutOptions, inputs: int, *, alone: bool) -> "Shard":
        """Which prompts are this process's own. Raises MisuseError for files that go with nothing of this."""
        if not alone:
            filed.refuse(later("{option} is for one model"), tr("give one --model"))
        if self.stream:
            filed.refuse(later("{option} does not go with {other}"), tr(LEAVE), other="--stream")
        if filed.shard and not self.prompts:
            raise MisuseError(tr("--shard is of many prompts"), tr("add --prompts FILE"))
        return filed.part(inputs)

    def check(self, plan: "Plan", form: PictureOptions, *, alone: bool) -> None:
        """Raise MisuseError for a stream of more than one text, and for what is of one model `alone`."""
        for name in () if alone else ("stream", "every"):
            if getattr(self, name):
                message = tr("{option} is for one model", option=_option(name))
                raise MisuseError(message, tr("give one --model"))
        if not self.stream:
            return
        plan.check_single("--stream")
        if not form.plain:
            hint = tr("leave out --stream, or --format, --quiet and --plot")
            raise MisuseError(tr("--stream writes plain text"), hint)
        for name in ("samples", "prompts", "same_noise", "expect", "expect_regex", "anywhere", "every"):
            if getattr(self, name) not in (None, False):
                message = tr("{option} does not go with {other}", option=_option(name), other="--stream")
                raise MisuseError(message, tr(LEAVE))


def _option(name: str) -> str:
    """What a field of ManyOptions is called."""
    return "--all" if name == "every" else f"--{name.replace('_', '-')}"


@verb(
    "llmlab generate --temperature 0.2",
    "llmlab generate --preset zh --sweep 0:2:0.5 --samples 20",
)
def generate(
    world: World,
    *,
    asking: PromptOptions,
    heat: HeatOptions,
    many: ManyOptions,
    filed: OutOptions,
    draw: DrawOptions,
    filters: FilterOptions,
    show_settings: SettingsOption = False,
    models: ModelsOptions,
    reading: ReadingOptions,
    form: PictureOptions,
) -> None:
    """Sample continuations from softmax(z / T), and nothing else unless asked for."""
    from llmlab.bulk.sorts import SAMPLES
    from llmlab.cli.runs import Run

    asked = asking.asked(world, models.each, reading, many.prompts)
    expected = many.expected(reading, asked)
    shard = many.part(filed, asked.count, alone=not models.several)
    planned = partial(plan, world, asked, reading, heat, filters, draw, samples=many.samples, shared=shard.count > 1)
    with filed.file(world, SAMPLES, shard) as out:
        drawn = planned(same_noise=many.same_noise, seed=out.seed if out else None)
        many.check(drawn, form, alone=not models.several)
        if models.several:
            _say(world, drawn, show_settings)
            return beside.generate(world, asking, asked, drawn, draw, expected, models, reading, form)
        model = models.one
        lm = model.causal_lm(world)
        asked, drawn = fitted(world, lm, asked, drawn, draw)
        _say(world, drawn, show_settings)
        prompts = asking.read(world, model, replace(asked, texts=shard.own(asked.texts)), reading)
        run = Run(world, lm, drawn, form, expected, out, shard, asked.count, every=many.every)
        run.stream(next(prompts)) if many.stream else run.samples(prompts)


@verb('llmlab trace "Once upon a time" --max-tokens 10', "llmlab trace --temperature 1.5 --seed 1")
def trace(
    world: World,
    *,
    asking: PromptOptions,
    heat: OneTemperature,
    draw: DrawOptions,
    filters: FilterOptions,
    show_settings: SettingsOption = False,
    model: ModelOptions,
    reading: ReadingOptions,
    form: PictureOptions,
) -> None:
    """One sample step by step: what was drawn, how likely it was, what else there was."""
    from llmlab.cli.runs import Run

    asked = asking.asked(world, [model], reading)
    drawn = plan(world, asked, reading, heat, filters, draw)
    drawn.check_single("trace")
    lm = model.causal_lm(world)
    asked, drawn = fitted(world, lm, asked, drawn, draw)
    _say(world, drawn, show_settings)
    (prompt,) = asking.read(world, model, asked, reading)
    Run(world, lm, drawn, form).trace(prompt)


@verb('llmlab tree "The capital of" --depth 2 --branch 2')
def tree(
    world: World,
    *,
    asking: PromptOptions,
    depth: Annotated[int, option("--depth", metavar="N", help="How many tokens deep (3).")] = 3,
    branch: Annotated[int, option("--branch", metavar="N", help="Children of a node (3).")] = 3,
    heat: OneTemperature,
    filters: FilterOptions,
    model: ModelOptions,
    reading: ReadingOptions,
    form: PictureOptions,
) -> None:
    """The likeliest continuations as a tree; nothing is drawn."""
    from llmlab.lab.temperature.tree import check, grow

    asked = asking.asked(world, [model], reading)
    drawn = plan(world, asked, reading, heat, filters)
    drawn.check_single("tree")
    check(depth, branch, drawn)
    lm = model.causal_lm(world)
    asked, drawn = fitted(world, lm, asked, drawn)
    (prompt,) = asking.read(world, model, asked, reading)
    with world.progress(tr("growing")) as progress:
        grown = grow(lm, prompt, depth, branch, drawn, progress)
    world.show(grown, form)


def _say(world: World, plan: "Plan", asked_for: bool) -> None:
    if asked_for:
        world.say(plan.statement)
