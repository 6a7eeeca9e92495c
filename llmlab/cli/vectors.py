"""The verbs of the vector lab: embed, neighbors, odd, why.

What a verb computes with is imported when it runs: its help needs none of it.
"""

from functools import partial
from itertools import chain
from typing import Annotated, Any

import typer

from llmlab.cli.model_options import EngineOptions, ModelOptions
from llmlab.cli.options import PictureOptions, listed, streams, words
from llmlab.cli.vector_options import MetricOption, PlaceOptions, SourceOptions, WhichOptions
from llmlab.cli.verbs import SHOWN, option, verb
from llmlab.cli.world import World
from llmlab.errors import MisuseError
from llmlab.language import later, tr

WORDS = later("Words or sentences; - reads one a line from stdin.")


def texts(metavar: str, help: str = WORDS) -> Any:
    return typer.Argument(metavar=metavar, help=help, show_default=False)


@verb(
    "llmlab embed cat dog car",
    'llmlab embed "He likes movies" --tokens',
    "llmlab embed love --model gemma-3-270m",
    'llmlab embed "river bank" bank --word bank -m gemma-3-270m --engine torch',
    piped=True,
)
def embed(
    world: World,
    *,
    text: Annotated[list[str], texts("TEXT...")],
    source: SourceOptions,
    tokens: Annotated[bool, option("--tokens", help="A row vector a token.")] = False,
    metric: MetricOption = "cosine",
    strip: Annotated[
        bool, option("--strip", panel=SHOWN, help="All values as a heat strip; one text has it anyway.")
    ] = False,
    full: Annotated[bool, option("--full", panel=SHOWN, help="All values, not only the first and last.")] = False,
    model: ModelOptions,
    form: PictureOptions,
) -> None:
    """The vector of a word or sentence; how near each pair is when there are several.

    Of a language model (--model): the look-up in its embedding table, a row a token.
    """
    from llmlab.lab.vectors.embed import numbered

    come = streams(text, form)
    given = list(text if come else words(world, text).each)
    asked = source.of(world, model)
    asked.check([one.strip() for one in given])
    parts = words(world, text).batches() if come else iter([given])
    first = next(parts, [])  # what comes later has the encoder of what came first
    of = asked.for_language(first).each(tokens, metric, strip)
    found = map(of, chain(filter(None, [first]), parts))
    if form.quiet and come:
        world.stream_values(some.values() for some in found)
    elif come:
        world.stream(numbered(some.records() for some in found), form)
    else:
        shown = of(given).by(metric)
        world.show(shown, form, partial(shown.views, full=full, strip=strip))


@verb("llmlab odd cat dog car", "llmlab odd 神 奇 人 妖 --space configs/exercises/characters.csv", piped=True)
def odd(
    world: World,
    *,
    text: Annotated[list[str], texts("WORD WORD WORD...")],
    source: SourceOptions,
    model: ModelOptions,
    form: PictureOptions,
) -> None:
    """Which of several words does not belong: the one least similar to the mean of all."""
    from llmlab.lab.vectors.odd import odd_one_out, too_few

    given = list(words(world, text).each)
    asked = source.of(world, model)
    asked.check(given)
    if len(given) < 3:
        raise too_few()
    world.show(odd_one_out(asked.for_language(given).vectors(given)), form)


@verb(
    "llmlab why king queen --space glove",
    "llmlab why 小明 小陈 --space configs/exercises/people.csv --standardize",
    piped=True,
)
def why(
    world: World,
    *,
    text: Annotated[list[str], texts("A B")],
    source: SourceOptions,
    columns: Annotated[
        str | None, option("--columns", metavar="A,B", help="Only these columns of a table, or dimensions by number.")
    ] = None,
    metric: MetricOption = "cosine",
    model: ModelOptions,
    form: PictureOptions,
) -> None:
    """Why two words or texts are near: what each dimension adds to their similarity."""
    from llmlab.lab.vectors.why import explain, not_two

    given = list(words(world, text).each)
    asked = source.of(world, model)
    asked.check(given)
    if len(given) != 2:
        raise not_two()
    chosen = [] if columns is None else listed(columns)
    if not all(chosen):
        message = tr("--columns {columns!r} holds an empty name", columns=columns)
        raise MisuseError(message, tr("for example --columns 身高,体重"))
    world.show(explain(asked.for_language(given).vectors(given).by(metric), chosen), form)


@verb(
    "llmlab neighbors love",
    "llmlab neighbors love --spaces minilm,glove,gemma",
    "llmlab neighbors love --within 0.6 --exclude-forms",
    'llmlab neighbors "king - man + woman" --space glove --method mul',
    piped=True,
)
def neighbors(
    world: World,
    *,
    word: Annotated[list[str], texts("WORD...", later("Words, or sums: 'king - man + woman'; - is stdin."))],
    which: WhichOptions,
    place: PlaceOptions,
    computing: EngineOptions,
    form: PictureOptions,
) -> None:
    """The nearest words to a word by a distance function. The word itself is left out."""
    from llmlab.lab.vectors.asking import ask

    question, names = which.question(world), place.names(which.sort)
    asked = words(world, word).each
    first = next(asked, None)
    if first is None:
        raise MisuseError(tr("no word is given"), tr("give a word, for example: love"))
    shelf = computing.shelf(world)
    found = (ask(shelf, text, question, place.one or "", names, place.standardize) for text in chain([first], asked))
    world.show_each(found, "queries", form)
