"""The verbs to play with: explore. All that draws its screen is imported when it runs."""

import secrets
from typing import TYPE_CHECKING, Annotated

import typer

from llmlab.cli.options import ModelOptions
from llmlab.cli.vector_options import SpaceOption
from llmlab.cli.verbs import option, verb
from llmlab.cli.world import World, is_terminal
from llmlab.errors import MisuseError
from llmlab.lab.text import unescape
from llmlab.lab.vectors.question import refuse_nameless

if TYPE_CHECKING:
    from llmlab.explore.desk import Desk


@verb("llmlab explore", "llmlab explore 今天天气很", "llmlab explore --word love --space glove")
def explore(
    world: World,
    *,
    text: Annotated[
        str | None, typer.Argument(metavar="[TEXT]", help="The text to begin with.", show_default=False)
    ] = None,
    word: Annotated[str | None, option("--word", metavar="WORD", help="Begin with this word's neighbours.")] = None,
    space: SpaceOption = None,
    seed: Annotated[
        int | None, option("--seed", metavar="N", min=0, help="Of what is drawn; drawn itself without one.")
    ] = None,
    model: ModelOptions,
) -> None:
    """A screen to play on: the next token, branch by branch, and a walk from word to word."""
    from llmlab.explore.opening import explore

    refuse_nameless(space)
    stdin = world.stdin
    if stdin is None or not all(is_terminal(stream, world.environ) for stream in (stdin, world.stdout)):
        raise MisuseError("explore is a screen to play on: it needs a terminal", "see llmlab next and llmlab neighbors")
    known = secrets.randbelow(2**31) if seed is None else seed
    explore(_desk(world, unescape(text or ""), word or "", space, known, model), stdin)


def _desk(world: World, text: str, word: str, space: str | None, seed: int, model: ModelOptions) -> "Desk":
    """What the screen is opened with; its models speak on it, and no longer on stderr."""
    from llmlab.explore.desk import Desk, Voice
    from llmlab.explore.walk import Walk
    from llmlab.models.library import Library
    from llmlab.spaces.shelf import Shelf

    voice = Voice(world)
    shelf = Shelf(Library(world.settings(model.engine, model.dtype, model.bos), voice))
    start = ("llmlab", *(("--config", str(world.config_file)) if world.config_file else ()))
    engine = (*(("--engine", model.engine) if model.engine else ()), *(("--dtype", model.dtype) if model.dtype else ()))
    bos = {None: (), True: ("--bos",), False: ("--no-bos",)}[model.bos]
    walk = Walk(space or world.config.space, world.config.neighbors.metric, chosen=space is not None)
    asked = model.model or world.config.model
    return Desk(shelf, voice, asked, walk, seed, text, word, start, engine, bos)
