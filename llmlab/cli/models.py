"""llmlab models list | show | prepare | remove"""

from typing import Annotated

import typer

from llmlab.cli.options import FormatOption
from llmlab.cli.world import World
from llmlab.models import card, inventory
from llmlab.models.engines import workshop
from llmlab.models.sources import locate

app = typer.Typer(rich_markup_mode=None, add_completion=False, help="What models there are; prepare and remove them.")

Name = Annotated[str, typer.Argument(help="Catalogue name, folder, .gguf file, or organisation/name[@revision].")]


@app.command("list", epilog="Example: llmlab models list")
def list_(ctx: typer.Context, form: FormatOption = "table") -> None:
    """The catalogue: what is installed, what is prepared."""
    world: World = ctx.obj
    world.show(inventory.listing(world.config), form)


@app.command(epilog="Example: llmlab models show gemma-3-270m")
def show(ctx: typer.Context, name: Name, form: FormatOption = "table") -> None:
    """Architecture, dimensions, and parameters by part: the W and b of each layer."""
    world: World = ctx.obj
    world.show(card.read(workshop(world.config, world), locate(world.config, name)), form)


@app.command(epilog="Example: llmlab models prepare")
def prepare(
    ctx: typer.Context,
    names: Annotated[list[str] | None, typer.Argument(help="Models or spaces; none: all that are installed.")] = None,
) -> None:
    """Do now what first use would do: convert models, build spaces. Verifies the checksums of what is there."""
    world: World = ctx.obj
    for name in names or inventory.preparable(world.config):
        inventory.prepare(world.config, world, name)
        world.say(f"{name} is ready")


@app.command(epilog="Example: llmlab models remove glove-6b-50d")
def remove(ctx: typer.Context, name: Name) -> None:
    """Delete what was converted from a model, and the spaces made of it. The model itself stays installed."""
    world: World = ctx.obj
    world.say(f"removed {inventory.remove(world.config, world, name) / 2**20:,.0f} MiB of {name} from the cache")
