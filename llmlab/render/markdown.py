"""Markdown on a terminal, as rich draws it, but with lines broken as Chinese is, and sessions as they are on one."""

import io
import re
from typing import Any, ClassVar

from markdown_it import MarkdownIt
from rich.console import Console, ConsoleOptions, RenderResult
from rich.markdown import CodeBlock, Heading, Markdown, Paragraph
from rich.text import Text
from rich.theme import Theme

from llmlab.render.fences import FENCED
from llmlab.render.fold import HAN, cells, fold, pieces
from llmlab.render.safe import LAYOUT, harmless

BETWEEN = re.compile(rf"(?<=[{HAN}“”‘’…])\n *(?=[{HAN}“”‘’…])")  # lines of a paragraph; Chinese has no space there
LOOKS = Theme(
    {"markdown.h1": "bold", "markdown.h2": "bold cyan", "markdown.code": "cyan", "markdown.item.bullet": "cyan"}
)
WIDEST = 100  # cells of a line that is read with ease


def drawn(text: str, width: int, *, colours: bool) -> str:
    """A page as lines of so many cells, with the codes of a terminal."""
    out = io.StringIO()
    console = Console(
        file=out,
        width=min(width, WIDEST),
        force_terminal=True,
        force_jupyter=False,
        legacy_windows=False,
        color_system="standard" if colours else None,
        no_color=not colours,
        theme=LOOKS,
    )
    console.print(_Page(joined(harmless(text, LAYOUT))))
    return "".join(f"{line.rstrip()}\n" for line in out.getvalue().splitlines())


def joined(text: str) -> str:
    """Markdown without the line ends between Chinese characters, which would be read as spaces."""
    parts = FENCED.split(text)
    return "".join(part if part.startswith("```") else BETWEEN.sub("", part) for part in parts)


class _Folded(Paragraph):
    """A paragraph in lines as `fold` breaks them."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        return _lines(self.text, options.max_width)


class _Plain(Heading):
    """A heading at the left, as all else stands."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        return _lines(self.text, options.max_width)


class _Fence(CodeBlock):
    """A session or code, two cells to the right: what is typed stands out from what is printed."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        session = self.lexer_name == "console"
        for line in str(self.text).rstrip().split("\n"):
            style = "bold" if not session or line.startswith("$ ") else ""
            for part in fold(line, options.max_width - 2):
                yield Text(f"  {part}", style, no_wrap=True, overflow="ignore")


class _Page(Markdown):
    """A page whose markup is text: nothing of it is left out."""

    elements: ClassVar[dict[str, Any]] = {
        **Markdown.elements,
        "paragraph_open": _Folded,
        "heading_open": _Plain,
        "fence": _Fence,
    }

    def __init__(self, source: str) -> None:
        super().__init__(source, hyperlinks=False)
        self.parsed = parser().parse(source)


def parser() -> MarkdownIt:
    """Of lessons: CommonMark with tables, without HTML."""
    return MarkdownIt("commonmark", {"html": False}).enable("table")


def _lines(text: Text, width: int) -> RenderResult:
    """A styled text in lines of so many cells."""
    ends, used, place = [], 0, 0
    for piece in pieces(text.plain, width):
        if used and used + cells(piece.rstrip(" ")) > width:
            ends.append(place)
            used = -(len(piece) - len(piece.lstrip(" ")))
        used += cells(piece)
        place += len(piece)
    for line in text.divide(ends):
        line.rstrip()
        first = len(line.plain) - len(line.plain.lstrip(" "))
        yield Text.assemble(line[first:] if first else line, no_wrap=True, overflow="ignore", end="\n")
