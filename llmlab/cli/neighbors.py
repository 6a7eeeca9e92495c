"""llmlab neighbors"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from typing import Annotated, Literal

import typer

from llmlab.backends.base import Encoder
from llmlab.cli.options import DtypeOption, EngineOption, FormatOption, StandardizeOption
from llmlab.cli.world import World, texts
from llmlab.config import Config, Metric
from llmlab.errors import MisuseError
from llmlab.lab import arithmetic, words
from llmlab.lab import neighbors as lab
from llmlab.lab import space as spaces
from llmlab.lab.filters import Keep
from llmlab.lab.neighbors import Neighbors, Sort
from llmlab.lab.space import Query
from llmlab.models.spaces import encoder_of, open_space
from llmlab.store.space import SpaceFiles
from llmlab.view import Several

app = typer.Typer(rich_markup_mode=None, add_completion=False)

EXAMPLES = """\b
Examples:
  llmlab neighbors love
  llmlab neighbors love --spaces minilm,glove,gemma
  llmlab neighbors love hate --space glove --metric l2
  llmlab neighbors love --within 0.6 --exclude-forms
  llmlab neighbors love --against hate --against cat
  llmlab neighbors "king - man + woman" --space glove --method mul"""


@dataclass(frozen=True)
class Question:
    """What is asked of every word."""

    k: int
    within: float | None
    metric: Metric
    mul: bool
    exact: bool
    against: tuple[str, ...]
    exclude_forms: bool
    pattern: str | None
    min_frequency: float | None
    sort: Sort


@app.command(epilog=EXAMPLES)
def neighbors(
    ctx: typer.Context,
    word: Annotated[list[str], typer.Argument(help="Words, or sums such as 'king - man + woman'; - reads stdin.")],
    k: Annotated[int | None, typer.Option("-k", help="How many.")] = None,
    within: Annotated[
        float | None, typer.Option(help="All words at most so far, or for cosine and dot at least so similar.")
    ] = None,
    against: Annotated[
        list[str] | None, typer.Option(help="Rank this candidate; may be repeated, - reads them from stdin.")
    ] = None,
    space: Annotated[
        str | None, typer.Option("--space", "-s", help="minilm, glove, gemma, one of yours, or a file of vectors.")
    ] = None,
    side: Annotated[str | None, typer.Option("--spaces", help="Several, side by side: minilm,glove,gemma.")] = None,
    metric: Annotated[Metric | None, typer.Option(help="How nearness is measured.")] = None,
    method: Annotated[
        Literal["add", "mul"], typer.Option(help="How a sum is ranked: 3CosAdd, or 3CosMul with cosines.")
    ] = "add",
    exclude_forms: Annotated[
        bool, typer.Option("--exclude-forms", help="Without inflections of the word: love, loves, loving.")
    ] = False,
    pattern: Annotated[
        str | None, typer.Option("--words", help="Only words that this expression matches whole.")
    ] = None,
    min_frequency: Annotated[
        float | None, typer.Option(help="Only words of this Zipf frequency: 3 once, 6 a thousand times in a million.")
    ] = None,
    sort: Annotated[Sort, typer.Option(help="The order of the rows.")] = "nearness",
    exact: Annotated[
        bool, typer.Option("--exact", help="Compare all words of a space that has an approximate index.")
    ] = False,
    standardize: StandardizeOption = False,
    engine: EngineOption = None,
    dtype: DtypeOption = None,
    form: FormatOption = "table",
) -> None:
    """The nearest words to a word by a distance function. The word itself is left out."""
    world: World = ctx.obj
    config = world.settings(engine, dtype)
    asked = [one.strip() for one in texts(word, escapes=False)]
    candidates = tuple(one.strip() for one in texts(against, escapes=False) if one.strip())
    _check(asked, k, within, against, candidates, method, metric, space, side, sort)
    question = Question(
        config.neighbors.k if k is None else k, within, metric or config.neighbors.metric, method == "mul", exact,
        candidates, exclude_forms, pattern, min_frequency, sort,
    )  # fmt: skip
    opened_as = cache(partial(open_space, config, world, standardize=standardize))
    encoder_for = cache(lambda name: encoder_of(config, world, opened_as(name)))
    names = list(dict.fromkeys(name.strip() for name in side.split(","))) if side else []

    def answer(text: str, name: str) -> Neighbors:
        opened = opened_as(name)
        return _answer(question, opened, text, partial(_query, world, config, opened, partial(encoder_for, name)))

    if names:
        from llmlab.lab.side_by_side import SideBySide

        found: list[SideBySide | Neighbors] = [
            SideBySide(tuple(answer(text, name) for name in names)) for text in asked
        ]
    else:
        found = [answer(text, space or _space_for(world, config, text)) for text in asked]
    world.show(found[0] if len(found) == 1 else Several("queries", found), form)


def _check(
    asked: list[str],
    k: int | None,
    within: float | None,
    against: list[str] | None,
    candidates: tuple[str, ...],
    method: str,
    metric: str | None,
    space: str | None,
    side: str | None,
    sort: str,
) -> None:
    """Raise MisuseError for options that contradict each other."""
    if not asked:
        raise MisuseError("no word is given", "give a word, for example: love")
    if side and (sort != "nearness" or len(set(side.split(","))) < 2):
        raise MisuseError("--spaces takes two spaces or more, nearest words first", "leave out --sort, or use --space")
    if space and side:
        raise MisuseError("--space and --spaces are two ways to say where", "give one of them")
    if side is not None and not all(name.strip() for name in side.split(",")):
        raise MisuseError(f"--spaces {side!r} holds an empty name", "for example --spaces minilm,glove")
    if sum((k is not None, within is not None, against is not None)) > 1:
        raise MisuseError("-k, --within and --against are different ways to say which words", "give one of them")
    if against is not None and not candidates:
        raise MisuseError("--against holds no candidates", "for example --against hate --against cat")
    if method == "mul" and (within is not None or against or metric not in (None, "cosine")):
        raise MisuseError("--method mul ranks all words by cosines", "leave out --metric, --within and --against")


def _answer(question: Question, space: SpaceFiles, text: str, look_up: Callable[[str], Query]) -> Neighbors:
    terms = arithmetic.parse(text)
    queries = [look_up(term.word) for term in terms]
    query = queries[0]
    if len(terms) > 1:
        query = arithmetic.combine(text, terms, queries, question.metric == "cosine")
    language = spaces.language_of(space, text)
    keep = _keep(question, [term.word for term in terms], language)
    if question.against:
        found = lab.among(space, query, [look_up(one) for one in question.against], question.metric, keep)
    elif question.mul:
        found = lab.by_product(space, text, terms, queries, question.k, keep)
    elif question.within is not None:
        found = lab.within(space, query, question.within, question.metric, keep)
    else:
        found = lab.nearest(space, query, question.k, question.metric, keep, question.exact)
    if question.sort == "nearness" and question.min_frequency is None:
        return found
    from llmlab.lab.filters import frequency

    wants_frequency = question.sort == "frequency" or question.min_frequency is not None
    return found.sorted(question.sort, partial(frequency, language=language) if wants_frequency else None)


def _keep(question: Question, asked: list[str], language: str) -> Keep | None:
    """Which words may be neighbours; None for all."""
    if not question.exclude_forms and question.pattern is None and question.min_frequency is None:
        return None
    from llmlab.lab import filters

    tests: list[Keep] = []
    if question.pattern is not None:
        tests.append(filters.matching(question.pattern))
    if question.min_frequency is not None:
        tests.append(filters.at_least(question.min_frequency, language))
    if question.exclude_forms:
        tests.append(filters.not_forms_of(asked, language))
    return lambda word: all(test(word) for test in tests)


def _query(
    world: World, config: Config, space: SpaceFiles, open_encoder: Callable[[], Encoder | None], word: str
) -> Query:
    row = spaces.row_of(space, word)
    encoder = None if row is not None else open_encoder()
    query = spaces.look_up(space, word, encoder, ", ".join(config.spaces))
    if row is None:
        world.say(f"{word!r} is not in the vocabulary of {space.facts['name']}: its vector comes from the encoder")
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
