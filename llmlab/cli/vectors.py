"""The verbs of the vector lab: embed, neighbors, odd, why.

What a verb computes with is imported when it runs: its help needs none of it.
"""

from collections.abc import Callable
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Annotated, Any

import typer

from llmlab.cli.options import EngineOptions, ModelOptions, PictureOptions, batches, streams, words
from llmlab.cli.vector_options import MetricOption, PlaceOptions, SourceOptions, WhichOptions
from llmlab.cli.verbs import SHOWN, option, verb
from llmlab.cli.world import World
from llmlab.errors import MisuseError
from llmlab.lab import languages
from llmlab.lab.vectors.question import Question

if TYPE_CHECKING:
    from llmlab.lab.vectors.embed import Embeddings
    from llmlab.spaces.lookup import Query
    from llmlab.spaces.shelf import Shelf
    from llmlab.spaces.space import Space

WORDS = "Words or sentences; - reads one a line from stdin."


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
    given = list(text if come else words(world, text))
    source.check([one.strip() for one in given], model)
    parts = batches(words(world, text)) if come else iter([given])
    first = next(parts, [])  # what comes later has the encoder of what came first
    model = source.for_language(world, first, model)
    of = _vectors_of(world, source, tokens, metric, strip, model)
    found = map(of, chain(filter(None, [first]), parts))
    if form.quiet and come:
        world.stream_values(some.values() for some in found)
    elif come:
        world.stream(numbered(some.records() for some in found), form)
    else:
        shown = of(given).by(metric)
        world.show(shown, form, partial(shown.views, full=full, strip=strip))


def _vectors_of(
    world: World, source: SourceOptions, tokens: bool, metric: str, strip: bool, model: ModelOptions
) -> "Callable[[list[str]], Embeddings]":
    """What gives texts their vectors: one to each, or to each of their tokens."""
    asked = tokens or (source.layer is not None and source.word is None)
    if asked:
        _check_tokens(source, metric, strip, "--tokens")
    elif source.looks_up(world, model):
        _check_tokens(source, metric, strip, "a look-up in a model's table")
    else:
        return lambda given: source.vectors(world, given, model)
    return lambda given: source.rows(world, given, model)


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

    given = list(words(world, text))
    source.check(given, model)
    if len(given) < 3:
        raise too_few()
    model = source.for_language(world, given, model)
    world.show(odd_one_out(source.vectors(world, given, model)), form)


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

    given = list(words(world, text))
    source.check(given, model)
    if len(given) != 2:
        raise not_two()
    model = source.for_language(world, given, model)
    chosen = [] if columns is None else [name.strip() for name in columns.replace("，", ",").split(",")]
    if not all(chosen):
        raise MisuseError(f"--columns {columns!r} holds an empty name", "for example --columns 身高,体重")
    world.show(explain(source.vectors(world, given, model).by(metric), chosen), form)


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
    word: Annotated[list[str], texts("WORD...", "Words, or sums: 'king - man + woman'; - is stdin.")],
    which: WhichOptions,
    place: PlaceOptions,
    computing: EngineOptions,
    form: PictureOptions,
) -> None:
    """The nearest words to a word by a distance function. The word itself is left out."""
    question, names = which.question(world), place.names(which.sort)
    asked = words(world, word)
    first = next(asked, None)
    if first is None:
        raise MisuseError("no word is given", "give a word, for example: love")
    shelf = world.shelf(computing.engine, computing.dtype)
    found = (_answers(world, shelf, place, names, question, text) for text in chain([first], asked))
    world.show_each(found, "queries", form)


def _answers(world: World, shelf: "Shelf", place: PlaceOptions, names: list[str], question: Question, text: str) -> Any:
    """What one space says of a word, or several side by side."""
    from llmlab.lab.vectors.arithmetic import parse
    from llmlab.lab.vectors.elsewhere import better_at_sums
    from llmlab.lab.vectors.neighbors import answer

    k, is_sum = world.config.neighbors.k, len(parse(text)) > 1

    def of(name: str) -> Any:
        space = shelf.open(name, place.standardize)
        if is_sum and space.facts.kind == "encoder":
            world.say(better_at_sums(shelf, space, text))
        return answer(space, text, question, partial(_query, world, shelf, space), k)

    if not names:
        return of(place.space or _space_for(world, text))
    from llmlab.lab.vectors.side_by_side import SideBySide

    return SideBySide(tuple(of(name) for name in names))


def _query(world: World, shelf: "Shelf", space: "Space", word: str) -> "Query":
    """The vector of a word, from the encoder where the space lacks it."""
    from llmlab.lab.vectors.arithmetic import unspaced
    from llmlab.lab.vectors.elsewhere import ask_spaces
    from llmlab.spaces.lookup import look_up, row_of

    known = row_of(space, word) is not None
    query = look_up(
        space, word, None if known else shelf.encoder_of(space), partial(ask_spaces, shelf, space.facts.name)
    )
    if not known:
        said = "; ".join(filter(None, [query.remark or "its vector comes from the encoder", unspaced(word)]))
        world.say(f"{word!r} is not in the vocabulary of {space.facts.name}: {said}")
    return query


def _space_for(world: World, word: str) -> str:
    """The default space, or the one configured for the script of a word that the default space lacks."""
    own, chosen = world.config.space, languages.space_for(world.config, word)
    if chosen != own:
        name = languages.NAMES[languages.language(word)]
        world.say(f"{own} has no {name} words: using the space {chosen} (choose another with --space)")
    return chosen


def _check_tokens(source: SourceOptions, metric: str, strip: bool, what: str) -> None:
    """Raise MisuseError, before a model is opened, for what a matrix of tokens has no use for."""
    unfit = {"--space": source.space, "--word": source.word is not None}
    unfit |= {"--metric": metric != "cosine", "--strip": strip}
    for name, on in unfit.items():
        if on:
            raise MisuseError(f"{name} does not go with {what}", "leave out one of them")
