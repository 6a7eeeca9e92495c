"""llmlab neighbors"""

from typing import Annotated

import typer

from llmlab.cli.options import DtypeOption, EngineOption, FormatOption
from llmlab.cli.world import World, stdin
from llmlab.config import Config, Metric
from llmlab.lab import neighbors as lab
from llmlab.lab import space as spaces
from llmlab.lab import words
from llmlab.models.spaces import encoder_of, open_space

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command(epilog="Examples: llmlab neighbors love | llmlab neighbors love --space glove --metric l2")
def neighbors(
    ctx: typer.Context,
    word: Annotated[str, typer.Argument(help="A word (or, where the space has an encoder, any text); - reads stdin.")],
    k: Annotated[int | None, typer.Option("-k", help="How many.")] = None,
    space: Annotated[str | None, typer.Option("--space", "-s", help="minilm, glove, gemma, or one of yours.")] = None,
    metric: Annotated[Metric | None, typer.Option(help="How nearness is measured.")] = None,
    engine: EngineOption = None,
    dtype: DtypeOption = None,
    form: FormatOption = "table",
) -> None:
    """The nearest words to a word by a distance function. The word itself is left out."""
    world: World = ctx.obj
    config = world.settings(engine, dtype)
    asked = (stdin() if word == "-" else word).strip()
    opened = open_space(config, world, space or _space_for(world, config, asked))
    row = spaces.row_of(opened, asked)
    encoder = None if row is not None else encoder_of(config, world, opened)
    query = spaces.look_up(opened, asked, encoder, ", ".join(config.spaces))
    if row is None:
        world.say(f"{asked!r} is not in the vocabulary of {opened.facts['name']}: its vector comes from the encoder")
    chosen_k = config.neighbors.k if k is None else k
    world.show(lab.nearest(opened, query, chosen_k, metric or config.neighbors.metric), form)


def _space_for(world: World, config: Config, word: str) -> str:
    """The default space, or the one configured for the script of a word that the default space lacks."""
    language = words.language(word)
    entry = config.spaces.get(config.space)
    if entry is None or not language or {"*", language} & set(entry.languages) or language not in config.languages:
        return config.space
    chosen = config.languages[language]
    world.say(f"{config.space} has no {language} words: using the space {chosen} (choose another with --space)")
    return chosen
