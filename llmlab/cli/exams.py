"""The verbs of the probability lab that set a model an exam: choose, pairs, perplexity, calibration.

What a verb computes with is imported when it runs: its help needs none of it.
"""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from llmlab.cli import beside, each
from llmlab.cli.model_options import ModelOptions, ModelsOptions
from llmlab.cli.options import STDIN, FileArgument, PictureOptions, ReadingOptions
from llmlab.cli.out_options import OutOptions
from llmlab.cli.shot_options import ShotOptions
from llmlab.cli.verbs import SHOWN, option, verb
from llmlab.cli.world import World
from llmlab.errors import MisuseError
from llmlab.language import later, tr

if TYPE_CHECKING:  # numpy is loaded when a verb computes
    from llmlab.lab.probability.pairs import Pairs
    from llmlab.lab.probability.prompting import Prompting
    from llmlab.lab.probability.quiz import Quiz
    from llmlab.lab.probability.shots import Shots


@verb(
    'llmlab choose "The capital of France is" -c " Paris" -c " London"',
    "llmlab choose configs/exercises/choices.jsonl",
    "llmlab choose configs/exercises/opposites.jsonl --shots 0,1,2,4,8",
    piped=True,
)
def choose(
    world: World,
    *,
    asked: Annotated[
        str,
        typer.Argument(
            metavar="CONTEXT|FILE", help="What stands before every choice; or questions.", show_default=False
        ),
    ],
    choice: Annotated[
        list[str] | None, option("--choice", "-c", metavar="TEXT", help="A continuation; give several.")
    ] = None,
    glue: Annotated[bool, option("--glue", help="Put no space between a word of the context and a choice.")] = False,
    per_token: Annotated[bool, option("--per-token", panel=SHOWN, help="Means over tokens and characters.")] = False,
    filed: OutOptions,
    shots: ShotOptions,
    model: ModelOptions,
    reading: ReadingOptions,
    form: PictureOptions,
) -> None:
    """P(choice | context) of several choices; or how often a file's right ones are the likeliest.

    A file is jsonl with context, choices, answer, or csv/tsv: context, answer, others.
    """
    from llmlab.lab.probability.choose import check, choose

    prompting = shots.prompting(reading)
    filed.check(form)
    if not choice:
        how = {"glue": glue, "allow_special": reading.allow_special}
        return _questions(world, Path(asked), prompting, filed, model, form, how)
    filed.refuse(later("{option} is for a file's questions"), tr("leave it out, or -c"))
    if prompting:
        hint = tr("leave out --shots and --template, or -c")
        raise MisuseError(tr("examples and wordings are for a file's questions"), hint)
    context, choices = reading.one(world, asked), [reading.text(one) for one in choice]
    check(context, choices)
    with world.progress(tr("scoring")):
        one = choose(model.causal_lm(world), context, choices, glue=glue, allow_special=reading.allow_special)
    world.show(one, form, partial(one.views, per_token=per_token))


def _questions(
    world: World,
    file: Path,
    prompting: "Prompting | None",
    filed: OutOptions,
    model: ModelOptions,
    form: PictureOptions,
    how: dict[str, bool],
) -> None:
    """A file's questions as they are, or after examples."""
    if prompting or form.whole:
        filed.refuse(later("{option} is for questions without examples"), tr("leave it out, or --shots, --template"))
        world.show(_answered(world, file, prompting, model, how), form)
    else:
        each.questions(world, checked(file), filed, model, form, **how)


def _answered(
    world: World, file: Path, prompting: "Prompting | None", model: ModelOptions, how: dict[str, bool]
) -> "Quiz | Shots":
    """All of a file's questions at once."""
    from llmlab.lab.probability.quiz import QUESTIONS, answer
    from llmlab.lab.probability.shots import after_examples

    questions = world.files.records(checked(file), QUESTIONS)
    if prompting:
        prompting.check(len(questions))
    lm = model.causal_lm(world)
    with world.progress(tr("scoring")) as progress:
        if prompting:
            return after_examples(lm, questions, prompting, **how, progress=progress)
        return answer(lm, questions, **how, progress=progress)


def checked(file: Path) -> Path:
    """A file of questions. Raises MisuseError where there is none: it may have been a context without choices."""
    if str(file) != STDIN and not file.exists():
        none = tr("{file!r} is no file, and no choice is given", file=str(file))
        raise MisuseError(none, tr('for example -c " Paris" -c " London"'))
    return file


@verb("llmlab pairs configs/exercises/pairs.jsonl", piped=True)
def pairs(
    world: World,
    *,
    file: FileArgument,
    filed: OutOptions,
    models: ModelsOptions,
    reading: ReadingOptions,
    form: PictureOptions,
) -> None:
    """How often a model finds the good sentence of a pair likelier than the bad one.

    A file is jsonl as in BLiMP (sentence_good, sentence_bad, UID), or csv/tsv: good, bad, group.
    """
    from llmlab.lab.probability.pairs import PAIRS

    filed.check(form, alone=not models.several)
    if models.several:
        return beside.pairs(world, world.files.records(file, PAIRS), models, reading, form)
    if form.whole:
        world.show(_judged(world, file, models.one, reading), form)
    else:
        each.pairs(world, file, filed, models.one, reading, form)


def _judged(world: World, file: Path, model: ModelOptions, reading: ReadingOptions) -> "Pairs":
    """All of a file's pairs at once."""
    from llmlab.lab.probability.pairs import PAIRS, judge

    told = world.files.records(file, PAIRS)
    lm = model.causal_lm(world)
    with world.progress(tr("scoring")) as progress:
        return judge(lm, told, allow_special=reading.allow_special, progress=progress)


@verb("llmlab perplexity LICENSE", "llmlab perplexity book.txt --window 512 --stride 128", piped=True)
def perplexity(
    world: World,
    *,
    file: FileArgument,
    window: Annotated[int, option("--window", metavar="N", min=0, help="Tokens read at once (1024).")] = 0,
    stride: Annotated[
        int, option("--stride", metavar="N", min=0, help="Tokens from window to window (half a window).")
    ] = 0,
    filed: OutOptions,
    models: ModelsOptions,
    reading: ReadingOptions,
    form: PictureOptions,
) -> None:
    """How well a model predicts a long text: perplexity, bits per byte and per character."""
    from llmlab.files.opening import called
    from llmlab.lab.probability.perplexity import measure

    filed.check(form, alone=not models.several)
    if models.several:
        return beside.perplexity(world, file, window, stride, models, reading, form)
    blocks, size = world.files.blocks(file)
    if filed.given:
        return each.windows(world, file, window, stride, filed, models.one, reading, form)
    lm = models.one.causal_lm(world)
    cut = {"window": window, "stride": stride}
    with world.progress(tr("scoring")) as progress:
        special = reading.allow_special
        found = measure(lm, called(file), blocks, size, **cut, allow_special=special, progress=progress)
    world.show(found, form)


@verb(
    "llmlab calibration README.md",
    "llmlab calibration book.txt --tokens 0 --bins 20",
    piped=True,
)
def calibration(
    world: World,
    *,
    file: FileArgument,
    bins: Annotated[int, option("--bins", metavar="N", min=1, help="Of the likeliest token's P (10).")] = 10,
    tokens: Annotated[int, option("--tokens", metavar="N", min=0, help="Read so many (4000); 0 is all.")] = 4000,
    seed: Annotated[int, option("--seed", metavar="N", min=0, help="Of what the intervals come from (0).")] = 0,
    model: ModelOptions,
    reading: ReadingOptions,
    form: PictureOptions,
) -> None:
    """Is 40 % really 40 %? What a model gives the tokens of a text, against how often they come."""
    from llmlab.files.opening import called
    from llmlab.lab.probability.calibration import calibration, check

    check(bins, tokens, seed)
    blocks, _ = world.files.blocks(file)
    lm = model.causal_lm(world)
    asked = {"bins": bins, "tokens": tokens, "seed": seed}
    with world.progress(tr("scoring")) as progress:
        special = reading.allow_special
        found = calibration(lm, called(file), blocks, **asked, allow_special=special, progress=progress)
    world.show(found, form)
