"""The verb doctor: what is here, and what is missing."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from llmlab.cli.options import FormOptions
from llmlab.cli.terminal import is_watched
from llmlab.cli.verbs import option, verb
from llmlab.cli.world import World
from llmlab.language import spoken, tr

if TYPE_CHECKING:  # loaded when it runs
    from llmlab.doctor.report import Fact

OURS = ("LLMLAB_", "HF_", "OMP_")  # variables that change what llmlab does


@verb("llmlab doctor", "llmlab doctor --network", "llmlab doctor --format json")
def doctor(
    world: World,
    *,
    network: Annotated[
        bool, option("--network", help="Ask the hub for a sign of life, for 2 s at most; else nobody is asked.")
    ] = False,
    form: FormOptions,
) -> None:
    """What is here, and what is missing: one screen for a bug report.

    It tells of versions, processor, memory, cache, models, fonts and the terminal. Nothing is loaded or mended; no key
    and no folder of your home is told.
    """
    from llmlab.doctor import examine

    world.show(examine(world.config, [*_terminal(world), *_settings(world)], network=network), form)


def _terminal(world: World) -> "list[Fact]":
    """Where the answer is read."""
    from llmlab.doctor.report import Fact

    watched = is_watched(world.stdout)
    encoding = getattr(world.stdout, "encoding", None) or "utf-8"
    coloured = tr("coloured") if world.colours else tr("without colours")
    lacks = "" if _writes(encoding) else tr("{encoding} has no Chinese letters", encoding=encoding)
    return [
        Fact("terminal", "terminal", watched, tr("a terminal") if watched else tr("a pipe or a file")),
        Fact("terminal", "type", world.environ.get("TERM"), world.environ.get("TERM", "")),
        Fact("terminal", "encoding", encoding, encoding, lacks, "PYTHONIOENCODING=utf-8" if lacks else ""),
        Fact("terminal", "width", world.width, tr("{width} cells wide", width=world.width)),
        Fact("terminal", "colours", world.colours, coloured),
        Fact("terminal", "language", spoken(), spoken()),
    ]


def _settings(world: World) -> "list[Fact]":
    """What the user has set: in which file, and by which variables, but not what they say."""
    from llmlab.config import user_file
    from llmlab.doctor.report import Fact, homeless

    named = sorted(name for name in world.environ if name.startswith(OURS))
    given = world.config_file or Path(world.environ.get("LLMLAB_CONFIG") or user_file())
    file = homeless(given) if given.is_file() else None
    told = tr("set: {names}", names=" ".join(named)) if named else tr("no variables")
    return [Fact("settings", "file", file, file or tr("no file")), Fact("settings", "variables", named, told)]


def _writes(encoding: str) -> bool:
    try:
        return bool("中文".encode(encoding))
    except (UnicodeEncodeError, LookupError):
        return False
