"""Options that several verbs share, in groups, and what each group comes to."""

from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer
from msgspec import Struct

from llmlab.cli.verbs import MODEL, SHOWN, option
from llmlab.cli.world import World
from llmlab.errors import MisuseError
from llmlab.lab.text import unescape
from llmlab.language import later, tr
from llmlab.render import Format, Theme
from llmlab.stream import Stream

if TYPE_CHECKING:  # numpy is loaded when a verb computes
    pass

T = TypeVar("T")
STDIN = "-"
TEXT = later("give at least one character")

StandardizeOption = Annotated[bool, option("--standardize", help="Number columns of a table: (x - mean) / deviation.")]
FileArgument = Annotated[Path, typer.Argument(metavar="FILE", help="The file; - reads stdin.", show_default=False)]


class FormOptions(Struct, frozen=True):
    """In which form a result is written."""

    format: Annotated[
        Format,
        option("--format", "-f", metavar="FORM", panel=SHOWN, help="table, or for scripts json, jsonl, csv, tsv."),
    ] = "table"
    bom: Annotated[
        bool, option("--bom", panel=SHOWN, help="Begin csv and tsv with the mark that spreadsheets look for.")
    ] = False
    safe_csv: Annotated[
        bool, option("--safe-csv", panel=SHOWN, help="In csv and tsv ' before texts that spreadsheets would compute.")
    ] = False
    quiet: Annotated[
        bool, option("--quiet", "-q", panel=SHOWN, help="The one value alone: a probability, a word, a vector.")
    ] = False

    def __post_init__(self) -> None:
        """Raise MisuseError for what contradicts itself."""
        for name, given in (("--bom", self.bom), ("--safe-csv", self.safe_csv)):
            if given and self.format not in ("csv", "tsv"):
                raise MisuseError(
                    tr("{option} goes with csv and tsv", option=name),
                    tr("add --format csv, or leave out {option}", option=name),
                )
        if self.quiet and self.format != "table":
            raise MisuseError(tr("--quiet prints one value, --format whole records"), tr("give one of them"))

    @property
    def plots(self) -> Sequence[Path]:
        """Files for the result's picture."""
        return ()

    @property
    def hovers(self) -> bool:
        """Whether a picture is asked for that tells more under the pointer."""
        return any(str(path) == STDIN or path.name.endswith((".html", ".vl.json")) for path in self.plots)

    @property
    def plots_to_stdout(self) -> bool:
        """Whether the picture stands in the result's place."""
        return Path(STDIN) in self.plots

    @property
    def plain(self) -> bool:
        """Whether a table is asked for and nothing else."""
        return self.format == "table" and not self.quiet and not self.plots

    @property
    def whole(self) -> bool:
        """Whether all is written at once, and so must be kept till then."""
        return self.format == "json" or bool(self.plots)

    @property
    def flows(self) -> bool:
        """Whether records or values are written as they come, and none is kept."""
        return (self.quiet or self.format not in ("table", "json")) and not self.plots


class PictureOptions(FormOptions, frozen=True):
    """In which form a result that has a picture is written, and where its picture goes."""

    plot: Annotated[
        list[Path] | None,
        option("--plot", metavar="FILE", panel=SHOWN, help="Its picture: .png .svg .pdf .html .vl.json; -: the json."),
    ] = None
    theme: Annotated[Theme, option("--theme", metavar="NAME", panel=SHOWN, help="Of the picture: light or dark.")] = (
        "light"
    )

    def __post_init__(self) -> None:
        """Raise MisuseError for what contradicts itself or is no picture, MissingError for what none can be made of."""
        super().__post_init__()
        if not self.plot:
            if self.theme != "light":
                raise MisuseError(tr("--theme is of a picture"), tr("add --plot FILE"))
            return
        from llmlab.render.plot import check

        for path in self.plot:
            check(path)
        if self.plots_to_stdout and (self.quiet or self.format != "table"):
            raise MisuseError(
                tr("--plot - writes to stdout, where the result would stand"), tr("name a file for the picture")
            )

    @property
    def plots(self) -> Sequence[Path]:
        return list(dict.fromkeys(self.plot or ()))


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

    def texts(self, world: World, arguments: Sequence[str]) -> Stream[str]:
        """Texts; `-` stands for the lines of stdin, as they come. Raises MisuseError for an empty one, or none."""
        if "" in arguments:
            number = arguments.index("") + 1
            empty = tr("text {number} is empty", number=number) if len(arguments) > 1 else tr("the text is empty")
            raise MisuseError(empty, tr(TEXT))
        parts = [lines(world) if one == STDIN else Stream(iter([self.text(one)]), 1) for one in arguments]
        count = sum(part.count for part in parts) if all(part.count for part in parts) else 0
        found = chain.from_iterable(part.each for part in parts)
        first = next(found, None)
        if first is None:
            raise MisuseError(tr("no text is given"), tr(TEXT))
        return Stream(chain([first], found), count, world.files.ready)

    def one(self, world: World, argument: str) -> str:
        """One text; `-` is all of stdin, without its last line end."""
        text = stdin(world) if argument == STDIN else self.text(argument)
        if not text:
            raise MisuseError(tr("no text is given") if argument == STDIN else tr("the text is empty"), tr(TEXT))
        return text


def stdin(world: World) -> str:
    """All of stdin as one text, without the last line end, which `echo` adds."""
    return world.files.text(STDIN).removesuffix("\n").removesuffix("\r")


def lines(world: World) -> Stream[str]:
    """The lines of stdin that hold something, as they come; U+2028 and form feeds belong to the text."""
    return world.files.counted(STDIN, lambda files: (text for _, text in files.lines(STDIN)))


def listed(text: str) -> list[str]:
    """What stands between the commas of an option, Chinese commas too."""
    return [part.strip() for part in text.replace("，", ",").split(",")]


def whole_numbers(name: str, text: str, example: str) -> list[int]:
    """The same as numbers. Raises MisuseError, naming the option, for what are none."""
    try:
        return list(map(int, listed(text)))
    except ValueError:
        raise MisuseError(
            tr("{name} {text!r} is not a list of whole numbers", name=name, text=text),
            tr("for example {example}", example=example),
        ) from None


def words(world: World, arguments: Sequence[str]) -> Stream[str]:
    """Words of the command line, without the spaces around them; `-` stands for the lines of stdin, as they come."""
    found = chain.from_iterable(lines(world).each if one == STDIN else [one] for one in arguments)
    return Stream((word.strip() for word in found), 0, world.files.ready)


def streams(arguments: Sequence[str], form: FormOptions) -> bool:
    """Whether records or values are written as the lines of stdin come, however many there are."""
    return STDIN in arguments and form.flows
