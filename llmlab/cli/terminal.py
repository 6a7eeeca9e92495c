"""What a stream leads to: whether somebody watches it, whether it can be steered, how wide it is."""

import os
from collections.abc import Mapping
from typing import TextIO

WIDTH = 80  # cells, where nobody says how many


def is_watched(stream: TextIO | None) -> bool:
    """Whether it is a terminal, where lines are folded."""
    return bool(stream and stream.isatty())


def is_terminal(stream: TextIO | None, environ: Mapping[str, str]) -> bool:
    """Whether it is one that can be steered: that has colours, and where a line is drawn anew."""
    return is_watched(stream) and environ.get("TERM") != "dumb"


def terminal_width(stream: TextIO | None, environ: Mapping[str, str]) -> int:
    """Cells of a line: COLUMNS, else those of the terminal that it leads to, else 80."""
    if (columns := environ.get("COLUMNS", "")).isdecimal():
        return int(columns)
    try:
        return os.get_terminal_size(stream.fileno()).columns or WIDTH  # type: ignore[union-attr]
    except (AttributeError, ValueError, OSError):  # closed, or no terminal
        return WIDTH
