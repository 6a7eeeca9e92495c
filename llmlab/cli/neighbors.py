"""llmlab neighbors"""

from collections.abc import Callable
from functools import cache, partial
from typing import Annotated, Literal

import typer

from llmlab.backends.base import Encoder
from llmlab.cli.options import DtypeOption, EngineOption, FormatOption
from llmlab.cli.world import World, texts
from llmlab.config import Config, Metric
from llmlab.errors import MisuseError
from llmlab.lab import arithmetic, words
from llmlab.lab import neighbors as lab
from llmlab.lab import space as spaces
from llmlab.lab.arithmetic import Term
from llmlab.lab.space import Query
from llmlab.models.spaces import encoder_of, open_space
from llmlab.store.space import SpaceFiles
from llmlab.view import Several

app = typer.Typer(rich_markup_mode=None, add_completion=False)

EXAMPLES = """\b
Examples:
  llmlab neighbors love
  llmlab neighbors love hate --space glove --metric l2
  llmlab neighbors love --within 0.6
  llmlab neighbors "king - man + woman" --space glove --method mul"""


@app.command(epilog=EXAMPLES)
def neighbors(
    ctx: typer.Context,
    word: Annotated[list[str], typer.Argument(help="Words, or sums such as 'king - man + woman'; - reads stdin.")],
    k: Annotated[int | None, typer.Option("-k", help="How many.")] = None,
    within: Annotated[
        float | None, typer.Option(help="All words at most so far, or for cosine and dot at least so similar.")
    ] = None,
    space: Annotated[str | None, typer.Option("--space", "-s", help="minilm, glove, gemma, or one of yours.")] = None,
    metric: Annotated[Metric | None, typer.Option(help="How nearness is measured.")] = None,
    method: Annotated[
        Literal["add", "mul"], typer.Option(help="How a sum is ranked: 3CosAdd, or 3CosMul with cosines.")
    ] = "add",
    engine: EngineOption = None,
    dtype: DtypeOption = None,
    form: FormatOption = "table",
) -> None:
    """The nearest words to a word by a distance function. The word itself is left out."""
    world: World = ctx.obj
    config = world.settings(engine, dtype)
    asked = [one.strip() for one in texts(word, escapes=False)]
    if within is not None and k is not None:
        raise MisuseError("-k and --within are two ways to say how many", "give one of them")
    if method == "mul" and (within is not None or metric not in (None, "cosine")):
        raise MisuseError("--method mul ranks by cosines", "leave out --metric and --within")
    chosen_k, chosen = config.neighbors.k if k is None else k, metric or config.neighbors.metric
    if not asked:
        raise MisuseError("no word is given", "give a word, for example: love")
    results = []
    opened_as = cache(partial(open_space, config, world))
    encoder_for = cache(lambda name: encoder_of(config, world, opened_as(name)))
    for text in asked:
        name = space or _space_for(world, config, text)
        opened = opened_as(name)
        terms = arithmetic.parse(text)
        queries = [_query(world, config, opened, term, partial(encoder_for, name)) for term in terms]
        query = queries[0] if len(terms) == 1 else arithmetic.combine(text, terms, queries, chosen == "cosine")
        if method == "mul":
            results.append(lab.by_product(opened, text, terms, queries, chosen_k))
        elif within is not None:
            results.append(lab.within(opened, query, within, chosen))
        else:
            results.append(lab.nearest(opened, query, chosen_k, chosen))
    world.show(results[0] if len(results) == 1 else Several("queries", results), form)


def _query(
    world: World, config: Config, space: SpaceFiles, term: Term, open_encoder: Callable[[], Encoder | None]
) -> Query:
    row = spaces.row_of(space, term.word)
    encoder = None if row is not None else open_encoder()
    query = spaces.look_up(space, term.word, encoder, ", ".join(config.spaces))
    if row is None:
        world.say(f"{term.word!r} is not in the vocabulary of {space.facts['name']}: its vector comes from the encoder")
    return query


def _space_for(world: World, config: Config, word: str) -> str:
    """The default space, or the one configured for the script of a word that the default space lacks."""
    language = words.language(word)
    entry = config.spaces.get(config.space)
    if entry is None or not language or {"*", language} & set(entry.languages) or language not in config.languages:
        return config.space
    chosen = config.languages[language]
    world.say(f"{config.space} has no {language} words: using the space {chosen} (choose another with --space)")
    return chosen
