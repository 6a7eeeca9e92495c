"""Opening the screen. Textual is imported here, when the screen is asked for, and nowhere before."""

import os
import time
from threading import Thread
from typing import TextIO

from llmlab.errors import Exit, MissingError
from llmlab.explore.desk import Desk
from llmlab.language import tr

HINT = 'pip install "llmlab[explore]"'
WATCH_S = 1.0


def explore(desk: Desk, stdin: TextIO) -> int:
    """Play until the user leaves, or the terminal is gone; the exit code, of a signal too.

    The model that is asked for is opened before, so that what is wrong with it is said there. Raises MissingError
    without Textual, and what opening a model raises.
    """
    try:
        from llmlab.explore.screen import Explorer
    except ModuleNotFoundError as error:
        if error.name and error.name.partition(".")[0] == "textual":
            raise MissingError(tr("the screen needs textual"), HINT) from None
        raise
    from llmlab.explore.play import Play

    play = Play(desk.model, desk.library.causal_lm(desk.model), desk.seed)
    Thread(target=_watch, args=(stdin,), daemon=True, name="llmlab-terminal").start()
    code = Explorer(desk, play).run()
    return Exit.INTERRUPTED if code is None else code  # asyncio ends it itself at SIGINT


def _watch(stdin: TextIO) -> None:
    """End the process when the terminal is gone: Textual would wait for ever to write to it.

    Most terminals that go send SIGHUP, which ends it too; not those that ignore it (nohup), or are no controlling one.
    """
    while stdin.isatty():
        time.sleep(WATCH_S)
    os._exit(Exit.FAILURE)
