"""The commands of a lesson's page, run one after the other: llmlab's own in this process, where what one has opened the
next finds open; those with a pipe or a loop by a shell.

Pages come with the program, and nothing else is ever run. They name files as configs/..., which is where they are run.
"""

import io
import os
import shlex
import shutil
import sys
from collections.abc import Callable, Sequence
from contextlib import chdir
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import PIPE, Popen
from typing import TYPE_CHECKING, Any

from llmlab.cli import ended
from llmlab.cli.world import World, is_terminal
from llmlab.errors import Exit, MissingError
from llmlab.language import spoken, tr
from llmlab.packaged import packaged
from llmlab.render.markdown import drawn
from llmlab.view import Picture, Result

if TYPE_CHECKING:
    from llmlab.cli.options import FormOptions
    from llmlab.lessons.pages import Lesson

SHELL = frozenset("|;&<>$`")  # what only a shell understands
QUITS = ("q", "Q")


@dataclass
class Recorder(World):
    """A world that remembers the results that were shown as tables, and as what."""

    seen: list[tuple[Result, Sequence[Picture]]] = field(default_factory=list)

    def show(
        self,
        result: Result,
        form: "FormOptions",
        views: Callable[[], Sequence[Picture]] | None = None,
        values: Callable[[], Sequence[str]] | None = None,
    ) -> bool:
        if form.plain:
            self.seen.append((result, (views or result.views)()))
        return super().show(result, form, views, values)


class Screen80(io.StringIO):
    """A terminal of 80 cells that nobody watches."""

    def isatty(self) -> bool:
        return True


def run(world: World, lesson: "Lesson") -> int:
    """Run a lesson's commands, on a terminal each after what is said of it and Enter; the worst of their exit codes."""
    waits = world.stdin and all(is_terminal(stream, world.environ) for stream in (world.stdin, world.stdout))
    worst = 0
    for place, (said, command) in enumerate(lesson.steps):
        world.write("\n" * bool(place))
        if waits and said:
            world.stdout.write(drawn(said, world.width, colours=not world.environ.get("NO_COLOR")).strip("\n") + "\n\n")
        world.write(f"$ {command}\n")
        if waits:
            typed = world.ask(tr("Enter runs it, q ends: "))
            if typed is None or typed.strip() in QUITS:
                break
        code = run_one(world, command)
        if code == Exit.INTERRUPTED:
            return code
        worst = max(worst, code)
    else:
        if waits:
            read = f"llmlab lesson {lesson.number}"
            world.tell("\n" + tr("what to look for, and a task: {command}", command=read) + "\n")
    return worst


def run_one(world: World, command: str) -> int:
    """Run a command and write what it prints; its exit code."""
    with chdir(packaged().parent):
        if _alone(command):
            inner = World(_arguments(world, command), _environ(world), world.stdin, world.stdout, world.stderr)
            world.lend(inner)
            return ended(inner)
        return _by_shell(command, _environ(world), world.write)


def recorded(world: World, command: str) -> tuple[int, str, list[tuple[Result, Sequence[Picture]]]]:
    """The exit code of a command, what it prints on 80 cells, and the results that it shows."""
    out = Screen80()
    environ = {**_environ(world), "COLUMNS": "80", "NO_COLOR": "1", "TERM": "xterm"}
    with chdir(packaged().parent):
        if not _alone(command):
            return _by_shell(command, environ, out.write), out.getvalue(), []
        said = io.StringIO()
        inner = Recorder(_arguments(world, command), environ, None, out, said)
        world.lend(inner)
        code = ended(inner)
        if code:
            world.tell(said.getvalue())
        return code, out.getvalue(), inner.seen


def _alone(command: str) -> bool:
    """Whether a command is one of llmlab alone."""
    return command.startswith("llmlab ") and not SHELL & set(command)


def _arguments(world: World, command: str) -> list[str]:
    return ["--debug"] * world.debug + shlex.split(command)[1:]


def _environ(world: World) -> dict[str, str]:
    """This run's language, settings and llmlab, whatever folder a command is run in; the page says what comes next."""
    own = {
        "LLMLAB_LANG": spoken(),
        "LLMLAB_HINTS": "false",
        "PATH": os.pathsep.join((str(Path(sys.executable).parent), _path(world))),
    }
    settings = {"LLMLAB_CONFIG": str(world.config_file.resolve())} if world.config_file else {}
    return {**world.environ, **own, **settings}


def _path(world: World) -> str:
    return world.environ.get("PATH", os.defpath)


def _by_shell(command: str, environ: dict[str, str], write: Callable[[str], Any]) -> int:
    """Run a shell's command; its messages go where this process's go. Raises MissingError where there is no shell."""
    shell = shutil.which("sh", path=environ["PATH"])
    if shell is None:
        raise MissingError(tr("no sh is installed, which this command needs"), tr("run what stands before the first |"))
    with Popen([shell, "-c", command], stdout=PIPE, env=environ, text=True, encoding="utf-8") as process:
        for line in process.stdout or ():
            write(line)
    return process.returncode
