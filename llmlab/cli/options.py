"""Options that several verbs share, in groups, and what each group comes to."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from msgspec import Struct

from llmlab.cli.verbs import MODEL, SHOWN, option
from llmlab.cli.world import World
from llmlab.config import Dtype, Engine
from llmlab.errors import MisuseError
from llmlab.render import Format

if TYPE_CHECKING:  # numpy is loaded when a verb computes
    from llmlab.backends.base import CausalLM

TEXT = "give at least one character"

FormatOption = Annotated[
    Format,
    option("--format", "-f", metavar="FORM", panel=SHOWN, help="table, or for scripts json, jsonl, csv, tsv."),
]
StandardizeOption = Annotated[bool, option("--standardize", help="Number columns of a table: (x - mean) / deviation.")]
FileArgument = Annotated[Path, typer.Argument(metavar="FILE", help="The file; - reads stdin.", show_default=False)]


EngineOption = Annotated[
    Engine | None, option("--engine", metavar="NAME", panel=MODEL, help="auto, llama.cpp, torch or ctranslate2.")
]
DtypeOption = Annotated[
    Dtype | None,
    option("--dtype", metavar="TYPE", panel=MODEL, help="auto, native, float32, float16 or bfloat16."),
]


class EngineOptions(Struct, frozen=True):
    """What computes."""

    engine: EngineOption = None
    dtype: DtypeOption = None


class ModelOptions(Struct, frozen=True):
    """Which model answers, and what computes."""

    model: Annotated[
        str | None,
        option("--model", "-m", metavar="NAME", panel=MODEL, help="Of `llmlab models list`, a folder, or a hub id."),
    ] = None
    engine: EngineOption = None
    dtype: DtypeOption = None

    def causal_lm(self, world: World) -> "CausalLM":
        return world.library(self.engine, self.dtype).causal_lm(self.model or "")


class ReadingOptions(Struct, frozen=True):
    """How text of the command line is read."""

    allow_special: Annotated[
        bool, option("--allow-special", panel=MODEL, help="Read control tokens such as <bos> in the text as tokens.")
    ] = False
    no_escapes: Annotated[
        bool, option("--no-escapes", panel=MODEL, help=r"Take \n, \t and \\ in arguments as they stand.")
    ] = False

    def text(self, argument: str) -> str:
        return argument if self.no_escapes else unescape(argument)

    def texts(self, world: World, arguments: Sequence[str]) -> list[str]:
        """Texts; `-` stands for the lines of stdin, taken as they are. Raises MisuseError for an empty one."""
        found = [text for one in arguments for text in (lines(world) if one == "-" else [self.text(one)])]
        if not found:
            raise MisuseError("no text is given", TEXT)
        if not all(found):
            which = f"text {found.index('') + 1}" if len(found) > 1 else "the text"
            raise MisuseError(f"{which} is empty", TEXT)
        return found

    def one(self, world: World, argument: str) -> str:
        """One text; `-` is all of stdin, without its last line end."""
        text = world.files.stdin.removesuffix("\n").removesuffix("\r") if argument == "-" else self.text(argument)
        if not text:
            raise MisuseError("no text is given" if argument == "-" else "the text is empty", TEXT)
        return text


def lines(world: World) -> list[str]:
    """The lines of stdin as Unix and Windows end them; U+2028 and form feeds belong to the text."""
    text = world.files.stdin
    return [line.removesuffix("\r") for line in text.removesuffix("\n").split("\n")] if text else []


def words(world: World, arguments: Sequence[str] | None) -> list[str]:
    """Words of the command line, without the spaces around them; `-` stands for the lines of stdin."""
    found = [word for one in arguments or () for word in (lines(world) if one == "-" else [one])]
    return [word.strip() for word in found]


def unescape(text: str) -> str:
    r"""\n, \t and \\ of an argument as newline, tab and backslash; any other backslash stays."""
    meanings = {"n": "\n", "t": "\t", "\\": "\\"}
    out, rest = "", text
    while (place := rest.find("\\")) >= 0:
        follower = rest[place + 1 : place + 2]
        out += rest[:place] + meanings.get(follower, "\\" + follower)
        rest = rest[place + 2 :]
    return out + rest
