"""The verbs of the probability lab that set a model an exam: choose, pairs, perplexity.

What a verb computes with is imported when it runs: its help needs none of it.
"""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from llmlab.cli.options import FileArgument, ModelOptions, PictureOptions, ReadingOptions
from llmlab.cli.verbs import SHOWN, option, verb
from llmlab.cli.world import World
from llmlab.errors import MisuseError


@verb(
    'llmlab choose "The capital of France is" -c " Paris" -c " London"',
    "llmlab choose configs/exercises/choices.jsonl",
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
    model: ModelOptions,
    reading: ReadingOptions,
    form: PictureOptions,
) -> None:
    """P(choice | context) of several choices; or how often a file's right ones are the likeliest.

    A file is jsonl with context, choices, answer, or csv/tsv: context, answer, others.
    """
    from llmlab.lab.probability.choose import check, choose
    from llmlab.lab.probability.quiz import QUESTIONS, answer

    if choice:
        context, choices = reading.one(world, asked), [reading.text(one) for one in choice]
        check(context, choices)
        with world.progress("scoring"):
            one = choose(model.causal_lm(world), context, choices, glue=glue, allow_special=reading.allow_special)
        world.show(one, form, partial(one.views, per_token=per_token))
        return
    if asked != "-" and not Path(asked).exists():
        raise MisuseError(f"{asked!r} is no file, and no choice is given", 'for example -c " Paris" -c " London"')
    questions = world.files.records(Path(asked), QUESTIONS)
    lm = model.causal_lm(world)
    with world.progress("scoring") as progress:
        found = answer(lm, questions, glue=glue, allow_special=reading.allow_special, progress=progress)
    world.show(found, form)


@verb("llmlab pairs configs/exercises/pairs.jsonl", piped=True)
def pairs(
    world: World,
    *,
    file: FileArgument,
    model: ModelOptions,
    reading: ReadingOptions,
    form: PictureOptions,
) -> None:
    """How often a model finds the good sentence of a pair likelier than the bad one.

    A file is jsonl as in BLiMP (sentence_good, sentence_bad, UID), or csv/tsv: good, bad, group.
    """
    from llmlab.lab.probability.pairs import PAIRS, judge

    told = world.files.records(file, PAIRS)
    lm = model.causal_lm(world)
    with world.progress("scoring") as progress:
        found = judge(lm, told, allow_special=reading.allow_special, progress=progress)
    world.show(found, form)


@verb("llmlab perplexity LICENSE", "llmlab perplexity book.txt --window 512 --stride 128", piped=True)
def perplexity(
    world: World,
    *,
    file: FileArgument,
    window: Annotated[int, option("--window", metavar="N", min=0, help="Tokens read at once (1024).")] = 0,
    stride: Annotated[
        int, option("--stride", metavar="N", min=0, help="Tokens from window to window (half a window).")
    ] = 0,
    model: ModelOptions,
    reading: ReadingOptions,
    form: PictureOptions,
) -> None:
    """How well a model predicts a long text: perplexity, bits per byte and per character."""
    from llmlab.files.opening import called
    from llmlab.lab.probability.perplexity import measure

    blocks, size = world.files.blocks(file)
    lm = model.causal_lm(world)
    cut = {"window": window, "stride": stride}
    with world.progress("scoring") as progress:
        special = reading.allow_special
        found = measure(lm, called(file), blocks, size, **cut, allow_special=special, progress=progress)
    world.show(found, form)
