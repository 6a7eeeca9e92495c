"""The commands of a lesson's page, run one after the other: llmlab's own in this process, where what one has opened the
next finds open; those with a pipe or a loop by a shell.

Pages come with the program, and nothing else is ever run. They are run where the user is; what a page calls configs/...
is where the program has it.
"""

import io
import os
import re
import shlex
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import PIPE, Popen
from typing import TYPE_CHECKING, TextIO

from llmlab.cli import ended
from llmlab.cli.terminal import is_terminal
from llmlab.cli.world import World
from llmlab.errors import Exit
from llmlab.language import spoken, tr
from llmlab.packaged import packaged
from llmlab.render.markdown import drawn
from llmlab.view import Picture, Result

if TYPE_CHECKING:
    from llmlab.cli.options import FormOptions
    from llmlab.lessons.pages import Lesson

SHELL = frozenset("|;&<>$`")  # what only a shell understands
PACKAGED = re.compile(r"(?<!\S)configs/")  # at the beginning of a word
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
    waits = bool(world.stdin and all(is_terminal(one, world.environ) for one in (world.stdin, world.stdout)))
    worst = 0
    for place, (said, command) in enumerate(lesson.steps):
        world.write("\n" * bool(place))
        if not _wanted(world, said, command, waits):
            break
        code = run_one(world, command)
        if code == Exit.INTERRUPTED:
            return code
        if world.unread:
            break
        worst = max(worst, code)
    else:
        if waits:
            read = f"llmlab lesson {lesson.number}"
            world.tell("\n" + tr("what to look for, and a task: {command}", command=read) + "\n")
    return worst


def _wanted(world: World, said: str, command: str, waits: bool) -> bool:
    """Show a command; whether it is to be run."""
    if waits and said:
        world.stdout.write(drawn(said, world.width, colours=world.colours).strip("\n") + "\n\n")
    if not world.write(f"$ {command}\n"):
        return False
    if not waits:
        return True
    typed = world.ask(tr("Enter runs it, q ends: "))
    return typed is not None and typed.strip() not in QUITS


def run_one(world: World, command: str) -> int:
    """Run a command and write what it prints; its exit code."""
    inner = World(_arguments(world, command), _environ(world), world.stdin, world.stdout, world.stderr)
    code = _ended(world, inner, command)
    world.unread |= inner.unread
    return code


def recorded(world: World, command: str) -> tuple[int, str, list[tuple[Result, Sequence[Picture]]]]:
    """The exit code of a command, what it prints on 80 cells, and the results that it shows.

    What it says goes to this world's stderr, which is a file.
    """
    environ = {**_environ(world), "COLUMNS": "80", "NO_COLOR": "1", "TERM": "xterm"}
    out = Screen80()
    inner = Recorder(_arguments(world, command), environ, None, out, world.stderr)
    return _ended(world, inner, command, world.stderr), out.getvalue(), inner.seen


def _ended(world: World, inner: World, command: str, messages: TextIO | None = None) -> int:
    """Run a command in a world of its own, with what is open in this one; its exit code."""
    if SHELL & set(command) or not command.startswith("llmlab "):
        return _by_shell(inner, command, messages)
    world.lend(inner)
    return ended(inner)


def _arguments(world: World, command: str) -> list[str]:
    said = [f"--{name}" for name in ("quiet", "verbose", "debug") if getattr(world, name)]
    return said + shlex.split(_placed(command))[1:]


def _placed(command: str) -> str:
    """A command with the program's own folder for configs."""
    own = shlex.quote(str(packaged()))
    return PACKAGED.sub(lambda _: f"{own}/", command)


def _environ(world: World) -> dict[str, str]:
    """This run's language, settings and llmlab, which a shell finds too; the page says what comes next."""
    own = {
        "LLMLAB_LANG": spoken(),
        "LLMLAB_HINTS": "false",
        "PATH": os.pathsep.join((str(Path(sys.executable).parent), world.environ.get("PATH", os.defpath))),
    }
    settings = {"LLMLAB_CONFIG": str(world.config_file)} if world.config_file else {}
    return {**world.environ, **own, **settings}


def _by_shell(inner: World, command: str, messages: TextIO | None) -> int:
    """Run a command by a shell; its messages go to a file, else where this process's go."""
    shell = shutil.which("sh", path=inner.environ["PATH"])
    if shell is None:
        inner.say(
            tr("no sh is installed, which this command needs") + tr("; ") + tr("run what stands before the first |"),
            always=True,
        )
        return Exit.FAILURE
    line = [shell, "-c", _placed(command)]
    environ = {**inner.environ, "PYTHONIOENCODING": "utf-8"}  # as its output is read here, whatever the system's is
    with Popen(line, stdout=PIPE, stderr=messages, env=environ, encoding="utf-8", errors="replace") as process:
        assert process.stdout
        all(map(inner.write, process.stdout))  # until nobody reads it: the shell is told by its closed pipe
    code = process.returncode
    return code if code >= 0 else 128 - code  # of a signal, as a shell counts
