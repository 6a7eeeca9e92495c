"""The verbs of the cache: list, check, repair, clean.

What a verb works with is imported when it runs: its help needs none of it.
"""

from typing import Annotated

from llmlab.cli.options import FormOptions
from llmlab.cli.verbs import Noun, option, verb
from llmlab.cli.world import World
from llmlab.errors import DamagedError, MisuseError
from llmlab.language import tr


@verb("llmlab cache list")
def list_(world: World, *, form: FormOptions) -> None:
    """What is in the cache: when it was made, when it was last read, how much place it takes."""
    from llmlab.store.kept import stock

    world.show(stock(world.config), form)


@verb("llmlab cache check")
def check(world: World, *, form: FormOptions) -> None:
    """Read every byte and compare it with the checksums that were written when it was made.

    Ends with 1 where a file is not what was written, and names it.
    """
    from llmlab.store.checking import check

    found = check(world.config, world)
    world.show(found, form)
    if found.damaged:
        names = tr(", ").join(one.kept.name for one in found.damaged)
        raise DamagedError(tr("damaged: {names}", names=names), "llmlab cache repair")


@verb("llmlab cache repair")
def repair(world: World, *, form: FormOptions) -> None:
    """Check, and make anew what is damaged; say what to do about the rest.

    What is made of a model or of a file is made from it again. Ends with 1 where something is damaged still.
    """
    from llmlab.store.checking import check
    from llmlab.store.repairing import repair

    done = repair(world.shelf(thorough=True), check(world.config, world))
    world.show(done, form)
    if done.damaged:
        names = tr(", ").join(one.kept.name for one in done.damaged)
        raise DamagedError(tr("damaged still: {names}", names=names), tr("each is told above with what to do"))


@verb("llmlab cache clean", "llmlab cache clean --yes")
def clean(
    world: World,
    *,
    yes: Annotated[bool, option("--yes", help="Free it without asking.")] = False,
    form: FormOptions,
) -> None:
    """Free what nobody needs: what killed runs left, what is of another version, of files that are gone.

    Spaces that you built or imported and models that you trained stay.
    """
    from llmlab.store.cleaning import free, litter

    found = litter(world.config)
    world.show(found, form)
    size = tr("{size:,.1f} MiB", size=found.size / 2**20)
    if found.waste and not (yes or _agreed(world, size)):
        raise MisuseError(tr("nothing is deleted; {size} could be freed", size=size), tr("give --yes"))
    freed = free(world.config, found)
    if found.waste:
        world.say(tr("freed {size:,.1f} MiB", size=freed / 2**20))


def _agreed(world: World, size: str) -> bool:
    """Whether who watches says yes."""
    if not (world.converses and world.stdin and world.stdin.isatty()):
        return False
    return (world.ask(tr("Free {size}? [y/N] ", size=size)) or "").strip().lower() in ("y", "yes")


cache = Noun("cache", "What is made once and kept: list, check, repair and clean it.", list_, check, repair, clean)
