"""The lessons' pages: which there are, and what stands on one: its title, its sections, its commands and their output.

A page is configs/lessons/NN-name.LANGUAGE.md, ordinary Markdown; the chapters beside them have no number.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from llmlab.errors import MisuseError
from llmlab.language import spoken, tr
from llmlab.packaged import packaged
from llmlab.render.fences import FENCED

NAMED = re.compile(r"(?P<number>\d+)-(?P<name>\w+)\.(?P<language>\w+)\.md")
TITLE = re.compile(r"\A# \d+ +(.*)\n")
AROUND = re.compile(r"^\[[^\]]*\]\(\S+\.md\).*\n\n?", re.MULTILINE)  # the line that leads to the pages beside
CONSOLE = "```console\n"
COMMAND = re.compile(r"^\$ ", re.MULTILINE)


@dataclass(frozen=True)
class Session:
    """A command of a page, and what it printed when the page was written."""

    command: str
    output: str


Block = str | Session  # of Markdown, or a command


@dataclass(frozen=True)
class Lesson:
    """A page in one language."""

    number: int
    name: str
    text: str

    @property
    def title(self) -> str:
        found = TITLE.match(self.text)
        return found[1].strip() if found else self.name

    @property
    def body(self) -> str:
        """The page without the line that leads to others, which only a reader of files can follow."""
        return AROUND.sub("", self.text, count=1)

    @property
    def steps(self) -> Iterator[tuple[str, str]]:
        """The commands, each after what is said of it."""
        for _, body in sections(self.body):
            said = ""
            for block in blocks(body):
                if isinstance(block, Session):
                    yield said.strip(), block.command
                said = "" if isinstance(block, Session) else block


def folder() -> Path:
    """Where the pages are."""
    return packaged() / "lessons"


def lessons() -> list[Lesson]:
    """All lessons in the language of the run, in their order."""
    found = [(NAMED.fullmatch(path.name), path) for path in folder().iterdir()]
    named = [(match, path) for match, path in found if match and match["language"] == spoken()]
    pages = [Lesson(int(one["number"]), one["name"], path.read_text("utf-8")) for one, path in named]
    return sorted(pages, key=lambda page: page.number)


def find(asked: str) -> Lesson:
    """A lesson by its number, name or title. Raises MisuseError, which names those there are, for another."""
    known = lessons()
    for one in known:
        if asked.strip() in (one.name, one.title, str(one.number), f"{one.number:02}"):
            return one
    names = tr(", ").join(f"{one.number} {one.name}" for one in known)
    raise MisuseError(tr("there is no lesson {name}", name=asked), tr("there are {names}", names=names))


def sections(text: str) -> list[tuple[str, str]]:
    """The headings of a page and what stands below each; first what stands below its title."""
    found = [("", "")]
    for part in FENCED.split(TITLE.sub("", text)):
        if part.startswith("```"):
            found[-1] = (found[-1][0], found[-1][1] + part)
            continue
        first, *others = re.split(r"^## ", part, flags=re.MULTILINE)
        found[-1] = (found[-1][0], found[-1][1] + first)
        found += [(heading.strip(), rest) for heading, _, rest in (one.partition("\n") for one in others)]
    return found


def blocks(text: str) -> Iterator[Block]:
    """Markdown, and between it the commands of the console blocks."""
    for part in FENCED.split(text):
        if part.startswith(CONSOLE):
            yield from _sessions(part.removeprefix(CONSOLE).rstrip().removesuffix("```"))
        elif part.strip():
            yield part


def _sessions(block: str) -> Sequence[Session]:
    told = [one.partition("\n") for one in COMMAND.split(block)[1:]]
    return [Session(command.strip(), output.rstrip("\n")) for command, _, output in told]
