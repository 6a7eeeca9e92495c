"""The verbs of completion: install, show. What follows at Tab is in completing.py, what a shell needs in shells.py."""

from pathlib import Path
from typing import Annotated

import typer

from llmlab.cache import put
from llmlab.cli import shells
from llmlab.cli.verbs import Noun, verb
from llmlab.cli.world import World
from llmlab.errors import LabError, reason
from llmlab.language import later, tr


@verb("llmlab completion install", "llmlab completion install zsh >> ~/.zshrc")
def install(
    world: World,
    *,
    shell: Annotated[
        shells.Shell | None,
        typer.Argument(metavar="[SHELL]", help="bash, zsh, fish or powershell; else the one you are in."),
    ] = None,
) -> None:
    """Let Tab complete verbs, options, models, spaces, words. Writes one file, and prints what you must add.

    A shell's settings are left to you: the line for them goes to stdout, so that >> can add it.
    """
    chosen = shell or shells.running(world.environ)
    path = shells.place(chosen, world.environ)
    _put(world, chosen, path)
    line = shells.line(chosen, path)
    if line and not shells.has_line(chosen, line, world.environ):
        world.say(tr("this line belongs in {settings}; new shells complete then:", settings=shells.SETTINGS[chosen]))
        world.write(f"{line}\n")
    else:
        world.say(tr("a new {shell} completes llmlab", shell=chosen))


@verb("llmlab completion show fish")
def show(
    world: World,
    *,
    shell: Annotated[
        shells.Shell, typer.Argument(metavar="SHELL", help="bash, zsh, fish or powershell.", show_default=False)
    ],
) -> None:
    """The script that makes a shell complete llmlab."""
    world.write(shells.script(shell))


def _put(world: World, shell: shells.Shell, path: Path) -> None:
    """Write the script, unless it is there; say which of both."""
    text, done = shells.script(shell), later("the script for {shell} is there already: {path}")
    try:
        if not (path.is_file() and path.read_text(encoding="utf-8", errors="replace") == text):
            path.parent.mkdir(parents=True, exist_ok=True)
            put(path, text.encode())
            done = later("the script for {shell} is written: {path}")
    except OSError as error:
        hint = tr("write it yourself: llmlab completion show {shell}", shell=shell)
        raise LabError(tr("cannot write {path}: {reason}", path=path, reason=reason(error)), hint) from error
    world.say(tr(done, shell=shell, path=path))


completion = Noun("completion", "Tab in your shell: verbs, options, models, spaces, words.", install, show)
