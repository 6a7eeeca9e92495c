"""The verbs that several models answer: each is asked in turn, and the answers stand beside each other."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from llmlab.cli.draw_options import DrawOptions, fitted
from llmlab.cli.look_options import LookOptions
from llmlab.cli.model_options import ModelsOptions
from llmlab.cli.options import STDIN, PictureOptions, ReadingOptions
from llmlab.cli.world import World
from llmlab.errors import MisuseError
from llmlab.language import tr
from llmlab.view import Several

if TYPE_CHECKING:  # numpy is loaded when a verb computes
    from llmlab.backends.settings import Settings
    from llmlab.cli.prompt_options import PromptOptions
    from llmlab.config import PresetEntry
    from llmlab.lab.asked import Asked
    from llmlab.lab.probability.pairs import Pair
    from llmlab.lab.temperature.drawn import Plan
    from llmlab.lab.temperature.expected import Expected
    from llmlab.lab.temperature.samples import Samples


def prob(
    world: World,
    texts: Sequence[str],
    look: LookOptions,
    models: ModelsOptions,
    reading: ReadingOptions,
    form: PictureOptions,
) -> None:
    """Which model finds each text likelier."""
    from llmlab.lab.probability.beside.prob import probabilities

    for name in look.__struct_fields__:
        if getattr(look, name) != getattr(LookOptions(), name):
            only = tr("{option} is for one model", option=f"--{name.replace('_', '-')}")
            raise MisuseError(only, tr("give one --model"))
    with world.progress(tr("scoring")) as progress:
        lms, special = models.causal_lms(world), reading.allow_special
        found = probabilities(lms, texts, allow_special=special, progress=progress)
    world.show(found, form)


def compare(world: World, a: str, b: str, models: ModelsOptions, reading: ReadingOptions, form: PictureOptions) -> None:
    """How much likelier each model finds one text than another."""
    from llmlab.lab.probability.beside.compare import differences

    with world.progress(tr("scoring")) as progress:
        lms, special = models.causal_lms(world), reading.allow_special
        found = differences(lms, a, b, allow_special=special, progress=progress)
    world.show(found, form)


def next_(
    world: World,
    text: str,
    wrap: "PresetEntry",
    by: Literal["token", "character", "word"] | None,
    k: int,
    temperatures: Sequence[float],
    filters: "Settings",
    chat: bool,
    models: ModelsOptions,
    reading: ReadingOptions,
    form: PictureOptions,
) -> None:
    """What each model expects next."""
    from llmlab.lab.probability.beside.next import check_beside, expectations
    from llmlab.lab.prompt import context

    check_beside(temperatures, filters)
    read = partial(context, asked=text, template=wrap.template, chat=chat, allow_special=reading.allow_special)
    with world.progress(tr("reading")):
        found = expectations(models.with_spellings(world), read, by, k, temperatures[0])
    world.show(found, form)


def pairs(
    world: World, told: "Sequence[Pair]", models: ModelsOptions, reading: ReadingOptions, form: PictureOptions
) -> None:
    """How often each model is right, and how often they agree."""
    from llmlab.lab.probability.beside.pairs import judged

    with world.progress(tr("scoring")) as progress:
        lms, special = models.causal_lms(world), reading.allow_special
        found = judged(lms, told, allow_special=special, progress=progress)
    world.show(found, form)


def perplexity(
    world: World,
    file: Path,
    window: int,
    stride: int,
    models: ModelsOptions,
    reading: ReadingOptions,
    form: PictureOptions,
) -> None:
    """How well each model predicts a long text; stdin, which is read once, is held."""
    from llmlab.files.opening import called
    from llmlab.lab.probability.beside.perplexity import measured

    blocks, size = world.files.blocks(file)
    held = list(blocks) if str(file) == STDIN else []
    cut = {"window": window, "stride": stride}
    with world.progress(tr("scoring")) as progress:
        lms, special = models.causal_lms(world), reading.allow_special
        again = partial(_blocks, world, file, held, size)
        found = measured(lms, called(file), again, **cut, allow_special=special, progress=progress)
    world.show(found, form)


def _blocks(world: World, file: Path, held: list[str], size: int) -> tuple[Iterator[str], int]:
    return (iter(held), size) if str(file) == STDIN else world.files.blocks(file)


def generate(
    world: World,
    asking: "PromptOptions",
    asked: "Asked",
    drawn: "Plan",
    draw: DrawOptions,
    expected: "Expected",
    models: ModelsOptions,
    reading: ReadingOptions,
    form: PictureOptions,
) -> None:
    """What the answers of each model are like; after Ctrl-C those of the models that had finished are shown."""
    from llmlab.lab.temperature import samples
    from llmlab.lab.temperature.beside import SamplesBeside

    found: list[list[Samples]] = []  # of each model, a prompt each
    texts = list(asked.texts)  # those of stdin come once
    try:
        for one in models.each:
            lm = one.causal_lm(world)
            of_one, plan = fitted(world, lm, replace(asked, texts=iter(texts)), drawn, draw)
            prompts = asking.read(world, one, of_one, reading)
            with world.progress(tr("sampling")) as progress:
                found.append([samples.draw(lm, prompt, plan, expected, progress) for prompt in prompts])
            one.library(world).forget()
            del lm, prompts
    finally:
        if found:
            world.show(Several("prompts", [SamplesBeside(some) for some in zip(*found, strict=True)]), form)
