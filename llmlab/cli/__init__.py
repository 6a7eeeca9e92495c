"""The command line: parse, call one function of the lab, hand the result to render.

A command's module is imported only when the command runs, so that `llmlab --help` is instant.
"""

import gc
import sys
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from llmlab import __version__
from llmlab.cli.world import World
from llmlab.errors import Exit, LabError, MisuseError

COMMANDS = {
    "prob": "The probability of text, token by token; which text is likelier; which word comes next.",
    "generate": "Sample continuations, and see what temperature does to them.",
    "embed": "The vector of a word or sentence, or of each token.",
    "neighbors": "The nearest words to a word by a distance function.",
    "space": "Spaces of your own: build, import, compare and export them.",
    "models": "What models there are; prepare, inspect and remove them.",
}


class LazyGroup(TyperGroup):
    """Imports a command when it is asked for by name; lists them without importing any."""

    _listing = False

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in COMMANDS:
            return None
        if self._listing:
            return TyperCommand(cmd_name, help=COMMANDS[cmd_name])
        command = typer.main.get_command(import_module(f"llmlab.cli.{cmd_name}").app)
        command.name = cmd_name
        return command

    def format_help(self, ctx: Any, formatter: Any) -> None:
        self._listing = True
        super().format_help(ctx, formatter)


app = typer.Typer(
    cls=LazyGroup,
    invoke_without_command=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


@app.callback(epilog="Example: llmlab neighbors love")
def root(
    ctx: typer.Context,
    config: Annotated[Path | None, typer.Option(help="Settings file (TOML) instead of the user's own.")] = None,
    debug: Annotated[bool, typer.Option(help="Show the traceback of an error.")] = False,
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    """See how language models work: probabilities, temperature, vectors, neighbours."""
    if version:
        print(f"llmlab {__version__}")
        raise typer.Exit
    ctx.obj.config_file, ctx.obj.debug = config, debug
    if ctx.invoked_subcommand is None:
        print(ctx.get_help())


def run() -> None:
    """The process of the command line: what `main` does, and a quick end."""
    try:
        main()
    finally:
        gc.freeze()  # Python's last search for cycles among all that the libraries hold takes 30 ms


def main() -> None:
    """Run the command line and exit: 0, 1 for failure, 2 for misuse, 130 for an interrupt."""
    world = World()
    try:
        _check_utf8(sys.argv[1:])
        code = app(obj=world, prog_name="llmlab", standalone_mode=False) or Exit.OK
        if code == Exit.INTERRUPTED:  # typer has turned Ctrl-C into a code and said nothing
            print("llmlab: interrupted", file=sys.stderr)
    except LabError as error:
        code = _fail(world, error, f"{error.message}; {error.hint}" if error.hint else error.message, error.exit_code)
    except typer.TyperException as error:
        code = _fail(world, error, _usage(error), Exit.MISUSE)
    except (KeyboardInterrupt, typer.Abort) as error:
        code = _fail(world, error, "interrupted", Exit.INTERRUPTED)
    except OSError as error:
        code = _fail(world, error, f"{error.strerror or error} {error.filename or ''}".strip(), Exit.FAILURE)
    except Exception as error:  # a fault of ours: still one line
        message = f"{type(error).__name__}: {error}; this is a bug, please report it with the output of llmlab --debug"
        code = _fail(world, error, message, Exit.FAILURE)
    sys.exit(int(code))


def _check_utf8(arguments: list[str]) -> None:
    """Python lets bytes that are no UTF-8 into sys.argv as lone surrogates, which nothing could print."""
    for argument in arguments:
        try:
            argument.encode()
        except UnicodeEncodeError:
            raise MisuseError(f"the argument {argument!a} is not UTF-8", "convert it, e.g. with iconv") from None


def _fail(world: World, error: BaseException, message: str, code: Exit) -> Exit:
    if world.debug:
        import traceback

        traceback.print_exception(error)
    print("llmlab: " + " ".join(message.split()), file=sys.stderr)
    return code


def _usage(error: Any) -> str:
    context = getattr(error, "ctx", None)
    path = context.command_path if context else "llmlab"
    return f"{error.format_message()} See `{path} --help`."
