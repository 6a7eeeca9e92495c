"""The outside world as one object: streams, arguments, environment, terminal. Made once, handed down, and replaced
whole in tests.
"""

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from llmlab.cli.lang import asked
from llmlab.cli.terminal import is_terminal, is_watched, terminal_width
from llmlab.errors import LabError, reason
from llmlab.language import Language, system_language, tr
from llmlab.progress import Resumed, silent
from llmlab.render import Screen, show
from llmlab.render.fold import fold
from llmlab.render.safe import LAYOUT, harmless
from llmlab.threads import told
from llmlab.view import Picture, Pictured, Record, Result, Several

if TYPE_CHECKING:  # loaded when a verb asks for one: `llmlab --help` needs none
    from llmlab.cli.options import FormOptions
    from llmlab.config import Computing, Config
    from llmlab.files import Files
    from llmlab.models.library import Library
    from llmlab.spaces.shelf import Shelf


@dataclass
class World:
    """stdout carries data; stderr carries messages and progress."""

    argv: Sequence[str] = field(default_factory=lambda: sys.argv[1:])
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    stdin: TextIO | None = field(default_factory=lambda: sys.stdin)  # None where the shell has closed it
    stdout: TextIO = field(default_factory=lambda: sys.stdout)  # None likewise; nothing is done then
    stderr: TextIO = field(default_factory=lambda: sys.stderr)
    config_file: Path | None = None
    debug: bool = False  # says what `verbose` says, and shows tracebacks
    verbose: bool = False  # what is opened is said too
    quiet: bool = False  # of all that is said, errors alone are
    unread: bool = False  # nobody reads stdout any more

    def __post_init__(self) -> None:
        self._library, self._shelf = cache(self._make_library), cache(self._make_shelf)
        self._explained: set[tuple[str, str]] = set()  # columns, once an output
        self.shown: Result | None = None  # the last one

    @cached_property
    def language(self) -> Language:
        """What --lang or LLMLAB_LANG asks for; else the system's on a terminal, and English in a pipe.

        It is looked for wherever it stands: what is wrong with a command line is told in it too.
        """
        return self.language_for(shown=is_terminal(self.stdout, self.environ))

    def language_for(self, *, shown: bool) -> Language:
        """The same, for what a person is `shown` or a program reads."""
        return asked(self.argv, self.environ) or (system_language(self.environ) if shown else "en")

    @cached_property
    def config(self) -> "Config":
        from llmlab.config import load

        return load(self.config_file, self.environ)

    @cached_property
    def files(self) -> "Files":
        from llmlab.files import Files

        return Files(self.stdin, self.say)

    def library(
        self, engine: str | None = None, dtype: str | None = None, *, thorough: bool = False, **more: Any
    ) -> "Library":
        """The models, with what the options ask for, as in Computing; made once."""
        return self._library(thorough, self._asked(engine=engine, dtype=dtype, **more))

    def shelf(
        self, engine: str | None = None, dtype: str | None = None, *, thorough: bool = False, **more: Any
    ) -> "Shelf":
        """The spaces, over the same models; made once."""
        return self._shelf(thorough, self._asked(engine=engine, dtype=dtype, **more))

    def settings(self, **asked: Any) -> "Config":
        """The settings with what the options ask for."""
        return self._asked(**asked).over(self.config)

    def _asked(self, **asked: Any) -> "Computing":
        from llmlab.config import Computing

        return Computing(**asked)

    def _make_library(self, thorough: bool, asked: "Computing") -> "Library":
        from llmlab.models.library import Library

        settings = asked.over(self.config)
        self.detail(lambda: told(settings.threads, self.environ))
        return Library(settings, self, thorough, self.environ)

    def _make_shelf(self, thorough: bool, asked: "Computing") -> "Shelf":
        from llmlab.spaces.shelf import Shelf

        return Shelf(self._library(thorough, asked), thorough)

    def lend(self, other: "World") -> None:
        """Let another world, of a command inside this one's, find open what this one has opened."""
        other._library, other._shelf = self._library, self._shelf

    def show(
        self,
        result: Result,
        form: "FormOptions",
        views: Callable[[], Sequence[Picture]] | None = None,
        values: Callable[[], Sequence[str]] | None = None,
    ) -> bool:
        """Write a result and its pictures; `views` and `values` are its own, unless the verb's options ask for others.

        False: nobody reads it.
        """
        self.shown = result
        read = form.plots_to_stdout or self._write(result, form, views, values)
        if form.plots:
            self._picture(result, form)
        return read

    def _picture(self, result: Result, form: "FormOptions") -> None:
        """Save a result's pictures; `-` is the json of one on stdout."""
        from llmlab.cli.options import PictureOptions
        from llmlab.render.plot import save, to_json

        assert isinstance(result, Pictured)
        assert isinstance(form, PictureOptions)
        for path in form.plots:
            if str(path) == "-":
                self.write(to_json(result, form.theme))
            else:
                with self.progress(tr("drawing")):
                    save(result, path, form.theme, self.say)
                self.say(tr("the picture is {path}", path=path))

    def _write(
        self,
        result: Result,
        form: "FormOptions",
        views: Callable[[], Sequence[Picture]] | None,
        values: Callable[[], Sequence[str]] | None,
    ) -> bool:
        if form.quiet:
            return self.write_values((values or result.values)())
        try:
            to = Screen(is_watched(self.stdout), self.width, self.colours, self._explained)
            show(result, form.format, self.stdout, to, bom=form.bom, safe=form.safe_csv, views=views)
            self.stdout.flush()
        except BrokenPipeError:
            self._reader_gone()
            return False
        except OSError as error:
            raise _unwritten(error) from None
        return True

    def show_each(self, results: Iterable[Pictured], name: str, form: "FormOptions") -> None:
        """Write results as they come; JSON, which is one text, at the end. `name` is what they are about there."""
        if form.format == "json" or form.plots:
            self.show(Several(name, list(results)), form)
        elif form.format == "table":
            for number, one in enumerate(results):
                gap = "\n" if number and not form.quiet else ""
                if not (self.write(gap) and self.show(one, form)):
                    return
        else:
            self.stream((one.records() for one in results), form)

    def stream(self, batches: Iterable[Sequence[Record]], form: "FormOptions") -> None:
        """Write jsonl, csv or tsv as the records come."""
        from llmlab.render.records import streamed

        for text in streamed(batches, form.format, bom=form.bom, safe=form.safe_csv):
            if not self.write(text):
                return

    def stream_values(self, batches: Iterable[Sequence[str]]) -> None:
        """Write values as they come, until nobody reads them."""
        all(map(self.write_values, batches))

    def write_values(self, values: Sequence[str]) -> bool:
        """Write values, a line each, at once; False when nobody reads them any more."""
        from llmlab.render.records import to_lines

        return self.write(to_lines(values))

    def write(self, text: str) -> bool:
        """Write running text to stdout at once; False when its reader is gone and there is no more to do."""
        try:
            self.stdout.write(harmless(text, LAYOUT))
            self.stdout.flush()
        except BrokenPipeError:
            self._reader_gone()
            return False
        except OSError as error:
            raise _unwritten(error) from None
        return True

    def say(self, message: str, *, always: bool = False) -> None:
        """One line on stderr, whatever the message holds; a terminal folds it between words. `always`: an error."""
        line = harmless(f"llmlab: {' '.join(message.split())}")
        self.tell("\n".join(fold(line, self.told_width) if is_watched(self.stderr) else [line]) + "\n", always=always)

    def detail(self, message: Callable[[], str]) -> None:
        """The same of what only --verbose and --debug ask for."""
        if self.verbose or self.debug:
            self.say(message())

    def tell(self, text: str, *, always: bool = False) -> None:
        """Write running text to stderr at once."""
        if always or not self.quiet:
            print(harmless(text, LAYOUT), end="", file=self.stderr, flush=True)

    def ask(self, prompt: str) -> str | None:
        """The next line that the user types, after a prompt, or of what is piped, without one; None after the last."""
        own = self.stdin is not None and self.stdin is sys.stdin  # which `input` reads
        if not (own and all(is_terminal(one, self.environ) for one in (sys.stdin, self.stdout))):
            return next(self._lines, None)
        with suppress(ImportError):  # Windows edits lines itself
            import readline  # with it `input` lets a line be edited

            readline.parse_and_bind("set convert-meta off")  # in the locale C too what is typed is UTF-8
        try:
            return input(harmless(prompt))
        except EOFError:
            self.tell("\n")
            return None

    @cached_property
    def _lines(self) -> Iterator[str]:
        return self.files.typed()

    @property
    def piped(self) -> bool:
        """Whether something is piped to stdin; waits until that is known."""
        return bool(self.stdin and not self.stdin.isatty() and self.stdin.buffer.peek(1))  # type: ignore[attr-defined]

    @property
    def talks(self) -> bool:
        """Whether somebody watches stderr."""
        return is_terminal(self.stderr, self.environ)

    @property
    def converses(self) -> bool:
        """Whether somebody watches both what is answered and what is said about it."""
        return self.talks and is_terminal(self.stdout, self.environ)

    @property
    def colours(self) -> bool:
        """Whether stdout is coloured: a terminal is without NO_COLOR (no-color.org), with FORCE_COLOR a pipe too."""
        if self.environ.get("NO_COLOR"):
            return False
        return is_terminal(self.stdout, self.environ) or self.environ.get("FORCE_COLOR", "0") not in ("", "0")

    @property
    def width(self) -> int:
        """Cells of a line of stdout: COLUMNS, else the terminal's, else 80."""
        return terminal_width(self.stdout, self.environ)

    @property
    def told_width(self) -> int:
        """The same of stderr."""
        return terminal_width(self.stderr, self.environ)

    @contextmanager
    def progress(self, label: str) -> Iterator[Resumed]:
        """A bar on a terminal, a line now and then elsewhere."""
        from llmlab.cli.watch import MovingBar
        from llmlab.progress import Lines, Watch

        if self.quiet:
            yield silent
            return
        watch = Watch(MovingBar(self, label) if self.talks else Lines(self.say, label))
        try:
            yield watch.update
        finally:
            watch.end()

    def _reader_gone(self) -> None:
        """`| head -1`: the reader has what it wants. What Python still holds goes nowhere; typer would end with 1."""
        self.unread = True
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self.stdout.fileno())
        os.close(nowhere)


def _unwritten(error: OSError) -> LabError:
    return LabError(tr("stdout cannot be written: {reason}", reason=reason(error)), tr("see where > or | leads"))
