"""The outside world as one object: streams, terminal, width, settings. Made once and handed down."""

import os
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TextIO

from llmlab import config as configuration
from llmlab.config import Config
from llmlab.errors import MisuseError
from llmlab.progress import Progress
from llmlab.render import Format, show
from llmlab.view import Record, Result

PATIENCE_S = 2  # work shorter than this is not worth a line


@dataclass
class World:
    """stdout carries data; stderr carries messages and progress."""

    config_file: Path | None = None
    debug: bool = False

    @cached_property
    def config(self) -> Config:
        return configuration.load(self.config_file)

    def settings(self, engine: str | None, dtype: str | None) -> Config:
        """The settings with the options of the command line on top."""
        from msgspec.structs import replace

        chosen = {key: value for key, value in (("engine", engine), ("dtype", dtype)) if value is not None}
        return replace(self.config, **chosen)

    def show(self, result: Result, form: Format) -> None:
        try:
            show(result, form, sys.stdout, terminal=is_terminal(sys.stdout), width=width())
            sys.stdout.flush()
        except BrokenPipeError:
            _reader_gone()

    def write(self, text: str) -> bool:
        """Write to stdout at once; False when its reader is gone and there is no more to do."""
        try:
            sys.stdout.write(text)
            sys.stdout.flush()
        except BrokenPipeError:
            _reader_gone()
            return False
        return True

    def write_record(self, record: Record) -> bool:
        """The same for one line of jsonl."""
        from llmlab.render.records import to_jsonl

        return self.write(to_jsonl([record]))

    def say(self, message: str) -> None:
        print(f"llmlab: {message}", file=sys.stderr, flush=True)

    @contextmanager
    def progress(self, label: str) -> Iterator[Progress]:
        """A bar on a terminal, a line now and then elsewhere."""
        if not is_terminal(sys.stderr):
            yield _Tenths(self, label).update
            return
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        parts = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn())
        bars = Progress(*parts, TimeRemainingColumn(), console=Console(stderr=True), transient=True)
        task = bars.add_task(label, total=None)

        def update(done: int, total: int) -> None:
            bars.start()  # only now: short work shows nothing
            bars.update(task, completed=done, total=total)

        try:
            yield update
        finally:
            bars.stop()


class _Tenths:
    """Progress as a line each tenth of the work, for logs."""

    def __init__(self, world: World, label: str) -> None:
        self._world, self._label, self._last = world, label, 0
        self._start = time.monotonic()

    def update(self, done: int, total: int) -> None:
        tenth = 10 * done // max(total, 1)
        if tenth > self._last and time.monotonic() - self._start > PATIENCE_S:
            self._last = tenth
            self._world.say(f"{self._label}: {10 * tenth} %")


def texts(arguments: list[str] | None, *, escapes: bool = True) -> list[str]:
    """The texts of the command line; `-` stands for the lines of stdin, which are taken as they are.

    Raises MisuseError for invalid UTF-8, naming the line.
    """
    found: list[str] = []
    for argument in arguments or []:
        found += _lines(stdin()) if argument == "-" else [unescape(argument) if escapes else argument]
    return found


def _lines(text: str) -> list[str]:
    """Lines as Unix and Windows end them; U+2028 and form feeds belong to the text."""
    return [line.removesuffix("\r") for line in text.removesuffix("\n").split("\n")] if text else []


def stdin() -> str:
    """All of stdin; raises MisuseError for what is not UTF-8."""
    raw = sys.stdin.buffer.read()
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise MisuseError(f"stdin is not UTF-8 (line {line})", "convert it first, for example with iconv") from None


def unescape(text: str) -> str:
    r"""\n, \t and \\ of an argument as newline, tab and backslash; any other backslash stays."""
    meanings = {"n": "\n", "t": "\t", "\\": "\\"}
    out, rest = "", text
    while (place := rest.find("\\")) >= 0:
        follower = rest[place + 1 : place + 2]
        out += rest[:place] + meanings.get(follower, "\\" + follower)
        rest = rest[place + 2 :]
    return out + rest


def _reader_gone() -> None:
    """`| head -1`: the reader has what it wants. What Python still holds goes nowhere; typer would end with 1."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def is_terminal(stream: TextIO) -> bool:
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def width() -> int:
    return shutil.get_terminal_size((80, 24)).columns
