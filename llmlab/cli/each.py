"""The exams input by input: of files of any number, in memory of one size, kept in a file and shared out if asked."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from llmlab.cli.model_options import ModelOptions
from llmlab.cli.options import PictureOptions, ReadingOptions
from llmlab.cli.out_options import OutOptions
from llmlab.cli.world import World
from llmlab.language import tr
from llmlab.stream import Stream

if TYPE_CHECKING:  # numpy is loaded when a verb computes
    from llmlab.bulk.sorts import Sort
    from llmlab.cli.asking import Asking

T = TypeVar("T")


def texts(
    world: World, texts: Stream[str], filed: OutOptions, model: ModelOptions, special: bool, form: PictureOptions
) -> None:
    """The probability of each text."""
    from llmlab.bulk.sorts import TEXTS
    from llmlab.cli import asking

    _show(world, form, filed, TEXTS, texts, lambda: asking.of_texts(model.causal_lm(world), allow_special=special))


def pairs(
    world: World, file: Path, filed: OutOptions, model: ModelOptions, reading: ReadingOptions, form: PictureOptions
) -> None:
    """Whether the good sentence of each pair is the likelier one."""
    from llmlab.bulk.sorts import PAIRS
    from llmlab.cli import asking
    from llmlab.lab.probability import pairs

    with world.progress(tr("reading")):
        inputs = world.files.counted(file, lambda files: files.each(file, pairs.PAIRS))
    asked = partial(asking.of_pairs, allow_special=reading.allow_special)
    _show(world, form, filed, PAIRS, inputs, lambda: asked(model.causal_lm(world)))


def questions(
    world: World, file: Path, filed: OutOptions, model: ModelOptions, form: PictureOptions, **how: bool
) -> None:
    """Which choice of each question is the likeliest."""
    from llmlab.bulk.sorts import CHOICES
    from llmlab.cli import asking
    from llmlab.lab.probability.quiz import QUESTIONS

    with world.progress(tr("reading")):
        inputs = world.files.counted(file, lambda files: files.each(file, QUESTIONS))
    _show(world, form, filed, CHOICES, inputs, lambda: asking.of_questions(model.causal_lm(world), **how))


def windows(
    world: World,
    file: Path,
    window: int,
    stride: int,
    filed: OutOptions,
    model: ModelOptions,
    reading: ReadingOptions,
    form: PictureOptions,
) -> None:
    """A record of each window of a long text."""
    from llmlab.bulk.sorts import WINDOWS
    from llmlab.cli import asking
    from llmlab.files.opening import called
    from llmlab.lab.probability.perplexity import cut, windows_of

    lm, name, special = model.causal_lm(world), called(file), reading.allow_special
    cuts = windows_of(lm, window, stride)
    with world.progress(tr("reading")):
        inputs = world.files.counted(file, lambda files: cut(lm, name, files.blocks(file)[0], cuts, special))
    asked = asking.of_windows(lm, name, cuts)
    _show(world, form, filed, WINDOWS, inputs, lambda: asked)


def _show(
    world: World,
    form: PictureOptions,
    filed: OutOptions,
    sort: "Sort",
    inputs: "Stream[T]",
    asking: "Callable[[], Asking[T]]",
) -> None:
    """Score every input; `asking` opens the model, when all else is known to be right."""
    from llmlab.bulk.sorts import TEXTS
    from llmlab.cli.bulk import BulkRun

    shard = filed.part(inputs.count, named=sort is not TEXTS)
    with filed.file(world, sort, shard) as out:
        if not filed.nothing(world, out, shard, inputs.count):
            BulkRun(world, form, sort, out, shard).show(inputs, asking())
