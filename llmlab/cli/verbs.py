"""How a function becomes a verb of the command line.

A verb's parameters are its arguments and options; those that several verbs share come in groups, Structs whose
fields are options. `verb` writes the fields into the signature that typer reads, and hands the function its groups
filled in. `--help` sets the options under the heading they carry, and the examples below them.
"""

import inspect
from collections.abc import Callable
from copy import copy
from typing import Any, get_type_hints

import typer
from typer.core import TyperCommand, TyperGroup, TyperOption
from typer.main import get_command_from_info
from typer.models import CommandInfo, OptionInfo

from llmlab.cli.lang import LANG
from llmlab.cli.world import World
from llmlab.errors import MisuseError
from llmlab.language import later, tr
from llmlab.render.fold import cells, fold, longest

ASKED, SHOWN, MODEL = later("What is asked"), later("How it is shown"), later("Model")
EXAMPLES = later("Examples")
PAGE = 80  # cells
Function = Callable[..., None]
TALKATIVE = ("--verbose", "--debug")
SEVERAL = ("model", "dtype", "space")  # options that some verbs take several times


def option(*names: str, help: str, metavar: str = "", panel: str = ASKED, **more: Any) -> OptionInfo:
    """An option under a heading of --help; its default stands in its words."""
    found: OptionInfo = typer.Option(*names, help=help, metavar=metavar or None, rich_help_panel=panel, **more)
    found.show_default = False
    return found


def verb(*examples: str, piped: bool = False) -> Callable[[Function], CommandInfo]:
    """A function as a verb; the first example is what `llmlab VERB` without its arguments is answered with.

    Where they may be `piped`, what stands in stdin is read instead.
    """

    def of(function: Function) -> CommandInfo:
        return CommandInfo(
            name=function.__name__.removesuffix("_"),
            cls=PipedVerb if piped else Verb,
            callback=function,
            help=function.__doc__,
            epilog="\n".join(examples),
        )

    return of


def command(info: CommandInfo) -> "Verb":
    """What typer makes of a verb."""
    flat = copy(info)
    flat.callback = _flattened(info.callback)
    found = get_command_from_info(flat, pretty_exceptions_short=False, rich_markup_mode=None)
    assert isinstance(found, Verb)
    found.params += _general_options()
    return found


def _general_options() -> list[TyperOption]:
    """What may stand after a verb too; the page of llmlab itself shows it. --lang the World has read already."""
    hidden: dict[str, Any] = {"expose_value": False, "hidden": True}
    return [
        TyperOption(param_decls=[LANG], type=str, **hidden),
        *(TyperOption(param_decls=[name], is_flag=True, callback=_heard, **hidden) for name in TALKATIVE),
    ]


def _heard(ctx: Any, option: Any, given: bool) -> None:
    if given:
        hear(ctx.obj, **{option.name: True})


def hear(world: World, **asked: bool) -> None:
    """Let the World say as much as is asked for. Raises MisuseError for more and less at once."""
    for name, wanted in asked.items():
        setattr(world, name, wanted)
    if world.quiet and world.verbose:
        message = tr("{option} does not go with {other}", option="--quiet", other="--verbose")
        raise MisuseError(message, tr("give one of them"))


class Verb(TyperCommand):
    """A command whose help is a page: usage, what it does, options by heading, examples."""

    @property
    def examples(self) -> list[str]:
        return (self.epilog or "").splitlines()

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Of an option given twice the last counts; raise MisuseError for one that other verbs take several times."""
        try:
            _, _, given = self.make_parser(ctx).parse_args(args=list(args))
        except typer.TyperException as error:
            error.ctx = error.ctx or ctx  # type: ignore[attr-defined]  # left out where an option lacks its value
            raise
        for one in given:
            if one.name in SEVERAL and not one.multiple and given.count(one) > 1:
                raise MisuseError(
                    tr("{verb} takes one {option}", verb=ctx.info_name, option=f"--{one.name}"),
                    tr("give {option} once", option=f"--{one.name}"),
                )
        return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """Run; and where a person has read the table that came of it, what to try next."""
        done = super().invoke(ctx)
        if ctx.params.get("format") == "table" and not ctx.params["quiet"] and ctx.obj.converses:
            from llmlab.cli.hints import offer

            offer(ctx)
        return done

    def format_help(self, ctx: Any, formatter: Any) -> None:
        arguments = [one.make_metavar(ctx) for one in self.params if one.param_type_name == "argument"]
        page(ctx, formatter)
        write_usage(formatter, ctx.command_path, " ".join(["[OPTIONS]", *arguments]))
        write_text(formatter, self.help)
        for heading in (ASKED, SHOWN, MODEL):
            rows = [_row(parameter, ctx) for parameter in self.params if _heading(parameter) == heading]
            write_rows(formatter, heading, rows)
        write_rows(formatter, EXAMPLES, [(example, "") for example in self.examples])


class PipedVerb(Verb):
    """A verb that without its argument reads what is piped to it, as with `-`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        typed = list(args)  # the parser takes them away
        try:
            return super().parse_args(ctx, args)
        except typer.TyperException as error:
            if not (lacks_argument(error) and ctx.obj.piped):
                raise
        return super().parse_args(ctx, [*typed, "-"])


class Noun(TyperGroup):
    """A thing that several verbs are about: space, models."""

    def __init__(self, name: str, help: str, *verbs: CommandInfo) -> None:
        super().__init__(name=name, help=help, rich_markup_mode=None)
        self.verbs = verbs

    def list_commands(self, ctx: Any) -> list[str]:
        return [str(info.name) for info in self.verbs]

    def get_command(self, ctx: Any, cmd_name: str) -> Verb:
        for info in self.verbs:
            if info.name == cmd_name:
                return command(info)
        from llmlab.cli.usage import unknown_verb

        raise unknown_verb(cmd_name, self.list_commands(ctx), ctx.command_path)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        page(ctx, formatter)
        write_usage(formatter, ctx.command_path, "VERB ...")
        write_text(formatter, self.help)
        write_rows(formatter, later("Verbs"), [(str(info.name), first_line(info)) for info in self.verbs])
        write_rows(formatter, EXAMPLES, [(str(info.epilog).splitlines()[0], "") for info in self.verbs])


def lacks_argument(error: Any) -> bool:
    """Whether what typer finds wrong is that an argument was not given."""
    return hasattr(error, "param_type") and error.param.param_type_name == "argument"


def first_line(info: CommandInfo) -> str:
    """What a verb does, in a line."""
    return tr(str(info.help).partition("\n")[0])


def _flattened(function: Any) -> Function:
    """The same function with the fields of its groups as parameters of their own, and the World from the context."""
    groups: dict[str, Any] = {}
    flat = [inspect.Parameter("ctx", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)]
    for parameter in list(inspect.signature(function, eval_str=True).parameters.values())[1:]:
        if hasattr(parameter.annotation, "__struct_fields__"):
            groups[parameter.name] = parameter.annotation
            flat += _fields(parameter.annotation)
        else:
            flat.append(parameter)

    def run(ctx: typer.Context, **given: Any) -> None:
        for name, group in groups.items():
            given[name] = group(**{field: given.pop(field) for field in group.__struct_fields__})
        function(ctx.obj, **given)

    run.__name__ = function.__name__
    run.__signature__ = inspect.Signature(flat)  # type: ignore[attr-defined]
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in flat}
    return run


def _fields(group: Any) -> list[inspect.Parameter]:
    hints = get_type_hints(group, include_extras=True)
    nothing = group()  # every field has a default
    return [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=getattr(nothing, name), annotation=hints[name])
        for name in group.__struct_fields__
    ]


def _heading(parameter: Any) -> str | None:
    """Under which heading of --help a parameter stands; --help itself under none."""
    if parameter.param_type_name == "argument":
        return ASKED
    return getattr(parameter, "rich_help_panel", None)


def _row(parameter: Any, ctx: Any) -> tuple[str, str]:
    """How a parameter is written, and what it means."""
    if parameter.param_type_name == "argument":
        return parameter.make_metavar(ctx), parameter.help or ""
    names = ", ".join([*sorted(parameter.opts, key=len), *parameter.secondary_opts])
    return names if parameter.is_flag else f"{names} {parameter.make_metavar(ctx)}", parameter.help or ""


def page(ctx: Any, formatter: Any) -> None:
    """Make help as wide as the terminal, up to a page's width; typer leaves two cells, and takes 50 at least."""
    formatter.width = min(ctx.find_root().obj.width, PAGE)


def write_usage(formatter: Any, path: str, what: str) -> None:
    """How a verb is called, and an empty line."""
    for line in [*fold(tr("Usage: ") + f"{path} {what}", formatter.width), ""]:
        formatter.write(f"{line}\n")


def write_text(formatter: Any, text: str | None) -> None:
    """Paragraphs, folded between words."""
    for paragraph in (text or "").split("\n\n"):
        told = tr(" ".join(paragraph.split()))
        formatter.write("".join(f"{line}\n" for line in [*fold(told, formatter.width), ""]))


def write_rows(formatter: Any, heading: str, rows: list[tuple[str, str]]) -> None:
    """A heading and its rows: what is typed, and beside it what it means, below it where there is no room.

    No empty lines, which would push the examples off the screen.
    """
    if not rows:
        return
    rows = [(name, tr(meaning)) for name, meaning in rows]
    formatter.write(tr("{heading}:", heading=tr(heading)) + "\n")
    named = max((cells(name) for name, meaning in rows if meaning), default=0)
    beside = named + 4 + max(longest(meaning, PAGE) for _, meaning in rows) <= formatter.width
    for name, meaning in rows:
        lines = fold(meaning, formatter.width - (named + 4 if beside else 6))
        if beside and meaning:
            first = [f"  {name:{named}}  {lines[0]}"]
            lines = first + [" " * (named + 4) + line for line in lines[1:]]
        else:
            typed = [name] if cells(name) + 2 <= formatter.width else fold(name, formatter.width - 4)
            lines = [
                f"  {typed[0]}",
                *(f"    {line}" for line in typed[1:]),
                *(f"      {line}" for line in lines if line),
            ]
        formatter.write("".join(f"{line}\n" for line in lines))
