"""The verbs to play with: explore, guess, secret.

What draws a screen, or computes, is imported when a verb runs.
"""

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from llmlab.cli.model_options import EngineOptions, ModelOptions
from llmlab.cli.options import STDIN, PictureOptions
from llmlab.cli.terminal import is_terminal
from llmlab.cli.vector_options import SpaceOption
from llmlab.cli.verbs import option, verb
from llmlab.cli.world import World
from llmlab.errors import MisuseError
from llmlab.lab.text import unescape
from llmlab.lab.vectors.question import refuse_nameless
from llmlab.language import tr

if TYPE_CHECKING:
    from llmlab.cli.dialogue import Played
    from llmlab.explore.desk import Desk
    from llmlab.view import Record

SeedOption = Annotated[
    int | None, option("--seed", metavar="N", min=0, help="Of what is drawn; drawn itself without one.")
]


@verb("llmlab explore", "llmlab explore 今天天气很", "llmlab explore --word love --space glove")
def explore(
    world: World,
    *,
    text: Annotated[
        str | None, typer.Argument(metavar="[TEXT]", help="The text to begin with.", show_default=False)
    ] = None,
    word: Annotated[str | None, option("--word", metavar="WORD", help="Begin with this word's neighbours.")] = None,
    space: SpaceOption = None,
    seed: SeedOption = None,
    model: ModelOptions,
) -> None:
    """A screen to play on: the next token, branch by branch, and a walk from word to word."""
    from llmlab.explore.opening import explore

    refuse_nameless(space)
    stdin = world.stdin
    if stdin is None or not all(is_terminal(stream, world.environ) for stream in (stdin, world.stdout)):
        raise MisuseError(
            tr("explore is a screen to play on: it needs a terminal"), tr("see llmlab next and llmlab neighbors")
        )
    code = explore(_desk(world, unescape(text or ""), word or "", space, _known(seed), model), stdin)
    raise typer.Exit(code)


@verb("llmlab guess", "llmlab guess configs/exercises/guess.zh.txt --seed 1", "llmlab guess book.txt --by character")
def guess(
    world: World,
    *,
    file: Annotated[
        Path | None,
        typer.Argument(metavar="[FILE]", help="The text; without one, ours in your language.", show_default=False),
    ] = None,
    by: Annotated[
        Literal["character", "word"] | None,
        option("--by", metavar="PART", help="character or word; else a word where words have spaces."),
    ] = None,
    length: Annotated[int, option("--length", metavar="N", min=1, help="How many are asked (20).")] = 20,
    seed: SeedOption = None,
    model: ModelOptions,
    form: PictureOptions,
) -> None:
    """Shannon's game: guess a text part by part, against the model.

    Answers are lines of stdin; an empty one tells the part.
    """
    from llmlab.cli import dialogue
    from llmlab.lab.probability import passage
    from llmlab.lab.probability.guess import GuessingGame, guess

    path = _text(file)
    asked = passage.excerpt(world.files.text(path), str(file or path.name), length, _known(seed), by)
    lm = model.causal_lm(world)
    with world.progress(tr("reading")) as progress:
        game = GuessingGame(passage.read(lm, model.spellings(world), asked, progress))
    dialogue.say(world, dialogue.guess_begins(game))
    played = dialogue.turns(world, game, guess, dialogue.guess_prompt, dialogue.guess_reply)
    _play(world, game, played, form)


@verb("llmlab secret", "llmlab secret --space glove --seed 7", "llmlab secret --language zh")
def secret(
    world: World,
    *,
    space: SpaceOption = None,
    language: Annotated[
        str, option("--language", metavar="LANG", help="Of the hidden word: en, zh ...; else the space's own.")
    ] = "",
    seed: SeedOption = None,
    computing: EngineOptions,
    form: PictureOptions,
) -> None:
    """Find a hidden word by similarity: each guess is told how near it is.

    Answers are lines of stdin: a word, ? for a hint, ! to give up.
    """
    from llmlab.cli import dialogue
    from llmlab.lab.vectors.secret import SecretGame, guess, hide, space_for

    name = space_for(world.config, space, language)
    game = SecretGame(hide(computing.shelf(world).open(name), _known(seed), language))
    dialogue.say(world, dialogue.secret_begins(game))
    played = dialogue.turns(world, game, guess, dialogue.secret_prompt, dialogue.secret_reply)
    _play(world, game, played, form)


def _play(world: World, game: "Played", games: "Iterator[Played]", form: PictureOptions) -> None:
    """Play to the end and show what came of it; records are written as they come."""
    if form.flows and not form.quiet:
        world.stream(_records(games), form)
        return
    for after in games:
        game = after
    world.show(game, form)


def _records(games: "Iterator[Played]") -> "Iterator[list[Record]]":
    """What each game has more than the one before it."""
    count = 0
    for game in games:
        yield game.records()[count:]
        count = len(game.records())


def _text(file: Path | None) -> Path:
    """The text to guess, which is not where the answers are. Raises MisuseError for stdin."""
    from llmlab.lab.probability.passage import own

    if str(file) == STDIN:
        raise MisuseError(tr("stdin holds the answers"), tr("give the text as a file"))
    return file or own()


def _known(seed: int | None) -> int:
    return secrets.randbelow(2**31) if seed is None else seed


def _desk(world: World, text: str, word: str, space: str | None, seed: int, model: ModelOptions) -> "Desk":
    """What the screen is opened with; its models speak on it, and no longer on stderr."""
    from llmlab.explore.desk import Desk, Voice
    from llmlab.explore.walk import Walk
    from llmlab.models.library import Library
    from llmlab.spaces.shelf import Shelf

    voice = Voice(world)
    shelf = Shelf(Library(world.settings(**model.computing), voice, environ=world.environ))
    start = ("llmlab", *(("--config", str(world.config_file)) if world.config_file else ()))
    engine = (*(("--engine", model.engine) if model.engine else ()), *(("--dtype", model.dtype) if model.dtype else ()))
    servers = [word for url in model.base_url or () for word in ("--base-url", url)]
    engine += (*servers, *(("--parallel", str(model.parallel)) if model.parallel else ()))
    bos = {None: (), True: ("--bos",), False: ("--no-bos",)}[model.bos]
    walk = Walk(space or world.config.space, world.config.neighbors.metric, chosen=space is not None)
    asked = model.model or world.config.model
    return Desk(shelf, voice, asked, walk, seed, text, word, start, engine, bos)
