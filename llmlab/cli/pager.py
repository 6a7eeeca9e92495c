"""A long text on a terminal, a screen at a time, as git shows it: with PAGER, or less, or more."""

import os
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping

from llmlab.cli.terminal import is_terminal
from llmlab.cli.world import World

KEYS = "[Space] [b] [q]"  # its prompt: less mars what is not ASCII there


def page(world: World, text: str) -> None:
    """Write a text; by a pager where it is longer than the terminal, on which somebody can type."""
    pager = _pager(world.environ)
    short = text.count("\n") < shutil.get_terminal_size((80, 24)).lines
    typed = world.stdin is sys.stdin and sys.stdin is not None and is_terminal(sys.stdin, world.environ)
    if short or not pager or not typed:
        world.stdout.write(text)
        world.stdout.flush()
        return
    usual = {"LESS": f"FRXPs{KEYS}$", "LESSCHARSET": "utf-8"}  # FRX as git: in colours, and it stays on the screen
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the pager's own
    try:
        subprocess.run(pager, input=text, env={**usual, **world.environ}, encoding="utf-8", check=False)
    finally:
        signal.signal(signal.SIGINT, before)


def _pager(environ: Mapping[str, str]) -> list[str]:
    """The words that start the pager; none where there is none, or none is wanted."""
    if (asked := environ.get("PAGER")) is not None:
        try:
            words = shlex.split(asked)
        except ValueError:  # a quotation mark without its other
            return []
        return words if words and shutil.which(words[0]) else []
    known = ("less",) if os.name == "nt" else ("less", "more")  # Windows' own knows neither colours nor UTF-8
    return next(([name] for name in known if shutil.which(name)), [])
