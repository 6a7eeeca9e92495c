"""The verb serve: a server that keeps a model open, for many commands. What runs is in models/serving/registry.py."""

from typing import TYPE_CHECKING, Annotated

import typer
from msgspec import Struct

from llmlab.cli.model_options import DtypeOption
from llmlab.cli.options import FormOptions
from llmlab.cli.verbs import option, verb
from llmlab.cli.world import World
from llmlab.errors import MisuseError
from llmlab.language import later, tr

if TYPE_CHECKING:
    from llmlab.models.serving.registry import Running

STOPPED = later("the server of {model} (process {pid}) is ended")


class ServerOptions(Struct, frozen=True):
    """What is done to servers, and where one that is started listens."""

    list: Annotated[bool, option("--list", help="Show which run.")] = False
    stop: Annotated[bool, option("--stop", help="End that of MODEL, or all of yours.")] = False
    detach: Annotated[bool, option("--detach", help="Leave it running, until --stop; else until Ctrl-C.")] = False
    parallel: Annotated[
        int | None, option("--parallel", metavar="N", min=1, max=64, help="Texts that it computes at once; else 4.")
    ] = None
    port: Annotated[
        int | None, option("--port", metavar="N", min=1, max=65535, help="Where it listens; else a free one.")
    ] = None
    dtype: DtypeOption = None
    host: Annotated[
        str | None, option("--host", metavar="ADDRESS", help="Let other machines reach it, at this address of yours.")
    ] = None

    def __post_init__(self) -> None:
        """Raise MisuseError for what contradicts itself."""
        given = [f"--{name}" for name in self.__struct_fields__ if getattr(self, name)]
        if (self.list or self.stop) and len(given) > 1:
            raise MisuseError(
                tr("{option} does not go with {other}", option=given[0], other=given[1]), tr("give one of them")
            )


@verb("llmlab serve", "llmlab serve smollm2-135m-instruct --detach", "llmlab serve --list", "llmlab serve --stop")
def serve(
    world: World,
    *,
    model: Annotated[str, typer.Argument(metavar="[MODEL]", help="A GGUF model; else that of the settings.")] = "",
    server: ServerOptions,
    form: FormOptions,
) -> None:
    """Keep a model open in a server, for commands with --engine server.

    It is llama.cpp's own server, on this machine alone. It answers whoever has its key, which stands in your cache.
    """
    if server.stop:
        _stop(world, model)
    elif server.list:
        _list(world, model, form)
    else:
        _start(world, model, server, form)


def _start(world: World, model: str, server: ServerOptions, form: FormOptions) -> None:
    """Start one, and stay with it unless it is to be left."""
    from llmlab.models.serving import launch, registry
    from llmlab.models.serving.listed import Servers

    library = world.library(dtype=server.dtype)
    host, port = server.host or registry.LOOPBACK, server.port or 0
    place = launch.Place(host, port, server.parallel or launch.PARALLEL, server.detach)
    running, process = launch.start(library, model or world.config.model, place)
    if not place.is_loopback:
        world.say(tr("other machines can reach it at {host}; it answers whoever has its key", host=place.host))
    if server.detach:
        world.show(Servers((running,)), form)
        return
    with launch.attended(running, process, world):
        world.show(Servers((running,)), form)
    world.say(tr(STOPPED, model=running.model, pid=running.pid))


def _list(world: World, model: str, form: FormOptions) -> None:
    from llmlab.models.serving import registry
    from llmlab.models.serving.listed import Servers

    found = _every(world, model)
    silent = frozenset(one.pid for one in found if not registry.answers(one))
    world.show(Servers(found, model, silent), form)


def _stop(world: World, model: str) -> None:
    from llmlab.models.serving import registry

    found = _every(world, model)
    for one in found:
        registry.stop(one, world)
        world.say(tr(STOPPED, model=one.model, pid=one.pid))
    if not found:
        world.say(tr("no server runs for {model}", model=model) if model else tr("no server runs"))


def _every(world: World, model: str) -> "tuple[Running, ...]":
    """Those of a model, as they call it or as it is found now; or all."""
    from llmlab.models.serving import registry

    running = registry.every(world.config, world)
    if not model or (named := [one for one in running if one.model == model]):
        return tuple(named if model else running)
    slug = world.library().source(model).slug
    return tuple(one for one in running if one.folder.name == slug)
