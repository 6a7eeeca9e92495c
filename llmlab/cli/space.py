"""llmlab space build | import | list | show | remove | export | check | eval"""

from pathlib import Path
from typing import Annotated, Literal

import typer

from llmlab.cli.options import DtypeOption, EngineOption, FormatOption, StandardizeOption
from llmlab.cli.world import World
from llmlab.errors import MisuseError
from llmlab.models import own_spaces
from llmlab.models.spaces import open_space

app = typer.Typer(
    rich_markup_mode=None, add_completion=False, help="Spaces of your own: build, import, compare and export them."
)

Precision = Literal["auto", "float32", "float16"]
Name = Annotated[str, typer.Argument(help="Its name.")]
PrecisionOption = Annotated[
    Precision, typer.Option(help="How numbers are stored. auto: float16 where it changes no neighbour.")
]


@app.command(epilog="Example: llmlab space build zh --model gemma-3-270m --vocab wordfreq:zh:50000")
def build(
    ctx: typer.Context,
    name: Name,
    model: Annotated[str, typer.Option("--model", "-m", help="The model that gives the vectors.")],
    vocab: Annotated[
        str, typer.Option(help="wordfreq:LANGUAGE:COUNT, a file with one word a line, or model: its own words.")
    ],
    precision: PrecisionOption = "auto",
    engine: EngineOption = None,
    dtype: DtypeOption = None,
) -> None:
    """Build a space from a model and a vocabulary. An interrupted build goes on where it was."""
    world: World = ctx.obj
    made = own_spaces.build(world.settings(engine, dtype), world, name, model, vocab, precision)
    world.say(f"the space {name} has {len(made.words):,} words x {made.dimension}")


@app.command("import", epilog="Example: llmlab space import mine vectors.vec")
def import_(
    ctx: typer.Context,
    name: Name,
    file: Annotated[
        str,
        typer.Argument(help="word2vec text or binary (.bin), GloVe, fastText .vec, .npy, .safetensors, .csv, .tsv."),
    ],
    words: Annotated[Path | None, typer.Option(help="The words of a .npy or .safetensors, one a line.")] = None,
    standardize: StandardizeOption = False,
    precision: PrecisionOption = "auto",
    case: Annotated[
        Literal["keep", "lower"] | None,
        typer.Option(
            help="keep: words are found as written. lower: in lower case too; chosen where no word has capitals."
        ),
    ] = None,
    language: Annotated[str, typer.Option(help="Its language, for inflections and frequencies, such as fr.")] = "",
) -> None:
    """Make a space of a file of vectors."""
    world: World = ctx.obj
    made = own_spaces.import_file(world.config, world, name, file, words, standardize, precision, case or "", language)
    for note in made.facts["notes"]:
        world.say(note)
    world.say(f"the space {name} has {len(made.words):,} words x {made.dimension} ({made.facts['format']})")


@app.command("list", epilog="Example: llmlab space list")
def list_(ctx: typer.Context, form: FormatOption = "table") -> None:
    """The spaces that there are."""
    world: World = ctx.obj
    world.show(own_spaces.listing(world.config), form)


@app.command(epilog="Example: llmlab space show minilm")
def show(ctx: typer.Context, name: Name, form: FormatOption = "table") -> None:
    """What a space was made from, how it is stored, and how its words are looked up."""
    world: World = ctx.obj
    world.show(own_spaces.sheet(world.config, world, name), form)


@app.command(epilog="Example: llmlab space remove mine")
def remove(ctx: typer.Context, name: Name) -> None:
    """Delete a space of your own."""
    world: World = ctx.obj
    world.say(f"removed {own_spaces.remove(world.config, world, name) / 2**20:,.1f} MiB of {name}")


@app.command(epilog="Example: llmlab space export glove glove.bin")
def export(
    ctx: typer.Context,
    name: Name,
    file: Annotated[Path, typer.Argument(help="Ending in .vec, .txt, .bin, .csv, .tsv, or .npy (words in .txt).")],
) -> None:
    """Write a space to a file that other programs read."""
    world: World = ctx.obj
    world.say(f"wrote {own_spaces.export(world.config, world, name, file):,} words to {file}")


@app.command(epilog="Example: llmlab space check glove")
def check(ctx: typer.Context, name: Name) -> None:
    """Verify a space: checksums, numbers, no word twice."""
    world: World = ctx.obj
    made = own_spaces.check(world.config, world, name)
    world.say(f"{name} is whole: {len(made.words):,} words x {made.dimension}")


@app.command("eval", epilog="Example: llmlab space eval glove --analogies configs/exercises/analogies.txt")
def evaluate(
    ctx: typer.Context,
    name: Name,
    similarity: Annotated[
        Path | None, typer.Option(help="Word pairs with people's scores: two words and a number a line.")
    ] = None,
    analogies: Annotated[
        Path | None, typer.Option(help="Analogies as in questions-words.txt: ': section', then four words a line.")
    ] = None,
    form: FormatOption = "table",
) -> None:
    """How good a space is: correlation with people's scores of word pairs, or accuracy at analogies."""
    from llmlab.cli import word_files
    from llmlab.lab import evaluation

    world: World = ctx.obj
    if (similarity is None) == (analogies is None):
        raise MisuseError("space eval takes one file", "give --similarity FILE or --analogies FILE")
    if similarity is not None:
        pairs = word_files.pairs(similarity)
        world.show(evaluation.similarity(open_space(world.config, world, name), pairs), form)
    elif analogies is not None:
        questions = word_files.analogies(analogies)
        world.show(evaluation.analogies(open_space(world.config, world, name), questions), form)
