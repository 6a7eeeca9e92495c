"""The verbs of models: list, show, prepare, remove.

What a verb works with is imported when it runs: its help needs none of it.
"""

from typing import Annotated

import typer

from llmlab.cli.model_options import BaseUrlOption
from llmlab.cli.options import FormOptions
from llmlab.cli.verbs import Noun, verb
from llmlab.cli.world import World
from llmlab.errors import MisuseError
from llmlab.language import tr

Name = Annotated[
    str,
    typer.Argument(
        metavar="NAME",
        help="Of the list, a path, organisation/name[@revision], that with :file.gguf, or ollama:NAME.",
    ),
]


@verb("llmlab models list")
def list_(world: World, *, form: FormOptions) -> None:
    """The catalogue: what is installed, what is prepared."""
    from llmlab.models import inventory

    world.show(inventory.listing(world.config), form)


@verb("llmlab models show gemma-3-270m")
def show(world: World, *, name: Name, base_url: BaseUrlOption = None, form: FormOptions) -> None:
    """Architecture, dimensions, and parameters by part: the W and b of each layer; or its servers."""
    from llmlab.models import card, servers, trained

    library = world.library(base_url=tuple(base_url or ()))
    if server := servers.named(library.config, name):
        from llmlab.models import served_card

        world.show(served_card.read(library.config, server, world.environ), form)
        return
    _refuse_url(name, base_url)
    if library.source(name).is_ngram:
        from llmlab.lab.training.ngram import trained_as

        world.show(trained_as(*trained.opened(world.config, name)), form)
        return
    world.show(card.read(library.shop, library.source(name), library.runner(name)), form)


@verb("llmlab models prepare")
def prepare(
    world: World,
    *,
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME...]", help="Models or spaces; none: all that are installed.")
    ] = None,
) -> None:
    """Do now what first use would do: convert models, build spaces; verify what is there."""
    from llmlab.models import inventory

    library, shelf = world.library(thorough=True), world.shelf(thorough=True)
    for name in names or inventory.preparable(world.config):
        try:
            if name in world.config.spaces:
                shelf.open(name)
            else:
                inventory.prepare(library, name)
        except MisuseError as error:  # the engine or dtype of the settings is not for every model
            if names:
                raise
            world.say(tr("{name} is left out: {error}", name=name, error=error))
        else:
            world.say(tr("{name} is ready", name=name))


@verb("llmlab models remove glove-6b-50d")
def remove(world: World, *, name: Name) -> None:
    """Delete a model that you trained; of another what was made from it, and its spaces: it stays installed."""
    from llmlab.models import inventory

    world.say(tr("removed {size:,.1f} MiB of {name}", size=inventory.remove(world.library(), name) / 2**20, name=name))


@verb("llmlab models probe openai:NAME --base-url http://localhost:8000/v1")
def probe(
    world: World,
    *,
    name: Annotated[
        str,
        typer.Argument(metavar="NAME", help="openai:NAME, an entry of your settings, or a model that `serve` runs."),
    ],
    base_url: BaseUrlOption = None,
    form: FormOptions,
) -> None:
    """What a server really can do, found by asking it and checking its answers; kept for the other verbs."""
    from llmlab.models import probing, servers
    from llmlab.models.probed import Probed

    library = world.library(base_url=tuple(base_url or ()))
    if server := servers.named(library.config, name):
        pool = servers.connect(library.config, server, world.environ, world)
        found = probing.probe(library.config, server, pool, world)
    else:
        _refuse_url(name, base_url)
        found = probing.probe_own(library.config, library.source(name), world)
    world.show(Probed(*found), form)


def _refuse_url(name: str, base_url: list[str] | None) -> None:
    """Raise MisuseError for servers of a model of this machine."""
    if base_url:
        message = tr("{model} is a model of this machine, which --base-url is not for", model=name)
        raise MisuseError(message, tr("name openai:NAME"))


models = Noun("models", "What models there are; prepare, inspect and remove them.", list_, show, prepare, remove, probe)
