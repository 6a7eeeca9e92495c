"""rich's console, which knows what a terminal can show."""

from typing import TextIO

from rich.console import Console

from llmlab.render import Screen


def opened(stream: TextIO, screen: Screen, width: int) -> Console:
    """What writes to a screen: no text is read as markup."""
    return Terminal(
        file=stream,
        width=width,
        force_terminal=screen.terminal or screen.colours,
        force_jupyter=False,  # in a notebook rich would show each line as an output of its own
        markup=False,
        highlight=False,
        emoji=False,
        legacy_windows=False,
        color_system="auto" if screen.colours else None,
        no_color=not screen.colours,
    )


class Terminal(Console):
    """rich ends the process when the reader of a pipe is gone; here the caller decides."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError
