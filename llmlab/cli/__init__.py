"""The command line: parse, call one function of the lab, hand the result to render.

A verb's room is imported only when the verb runs, so that `llmlab --help` is instant.
"""

import gc
import re
from contextlib import redirect_stdout
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

from llmlab import __version__, memory
from llmlab.cli.lang import LANG
from llmlab.cli.process import Terminated, fill_standard_streams
from llmlab.cli.verbs import command, hear, page, write_rows, write_text, write_usage
from llmlab.cli.world import World
from llmlab.errors import Exit, LabError, MisuseError, reason
from llmlab.language import later, speak, tr
from llmlab.threads import give_way, workers

SECTIONS = {  # of --help, with the verbs' rooms
    "Lessons": {
        "lesson": "the lecture step by step: read, run, answer, show",
    },
    "Probability": {
        "prob": "how likely a text is, by token; which of several is likelier",
        "next": "which word comes next, at one temperature or several",
        "compare": "where two texts differ in probability",
        "orders": "every order of a sentence's words, ranked",
        "cloze": "which words fill the [?] of a sentence",
        "choose": "which of several continuations is likeliest; a file of questions",
        "pairs": "how often the good sentence of a pair is likelier",
        "perplexity": "how well a long text is predicted",
        "calibration": "is 40 % really 40 %: probabilities against what came",
    },
    "Temperature": {
        "generate": "sample text from softmax(z / T)",
        "trace": "one sample, step by step",
        "tree": "the likeliest continuations",
    },
    "Vectors": {
        "embed": "the vector of a word, a sentence, each token",
        "neighbors": "the nearest words by a distance function",
        "odd": "which of several words does not belong",
        "why": "which dimensions make two words near",
    },
    "Inside": {
        "layers": "what each layer says of the next token",
        "attention": "on which tokens the last one looks, layer by layer",
        "tokens": "what a text is cut into, by one tokenizer or several",
    },
    "Training": {
        "train": "models made in front of your eyes: ngram, vectors, corpus",
    },
    "Play": {
        "explore": "a screen to play on: the next token, the nearest word",
        "guess": "Shannon's game: guess a text, against the model",
        "secret": "find a hidden word by similarity",
    },
    "Things": {
        "space": "spaces of your own: build, import, list, show, export, eval ...",
        "models": "what models there are: list, show, prepare, probe ...",
        "cache": "what is made once and kept: list, check, repair, clean",
        "serve": "a server that keeps a model open for many commands",
        "merge": "put together what several machines computed",
        "completion": "Tab in your shell: install, show",
        "doctor": "what is here, what is missing: for a bug report",
    },
}
ROOMS = {verb: section.lower() for section, verbs in SECTIONS.items() for verb in verbs}
ROOMS |= {name: name for name in ("models", "cache", "serve", "merge", "completion", "doctor")} | {"space": "spaces"}
ROOMS |= dict.fromkeys(("choose", "pairs", "perplexity", "calibration"), "exams")
COMPLETE = "_LLMLAB_COMPLETE"  # the variable by which a shell's script asks what may follow
RUST = "pyo3_runtime"  # the module of what a library in Rust raises in panic, which is no Exception
EXAMPLES = ("llmlab lesson 1 --run", "llmlab neighbors love")


class Root(TyperGroup):
    """Imports a verb's room when the verb is asked for by name; lists them without importing any."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(ROOMS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in ROOMS:
            from llmlab.cli.usage import unknown_verb

            raise unknown_verb(cmd_name, ROOMS, "llmlab")
        room = import_module(f"llmlab.cli.{ROOMS[cmd_name]}")
        found = getattr(room, cmd_name, None) or getattr(room, f"{cmd_name}_")
        return found if isinstance(found, TyperGroup) else command(found)

    def invoke(self, ctx: Any) -> Any:
        """Run; of an interrupt, which typer turns into a code, show the traceback where it is asked for."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as error:
            _trace(ctx.obj, error)
            raise

    def format_help(self, ctx: Any, formatter: Any) -> None:
        page(ctx, formatter)
        write_usage(formatter, "llmlab", "[OPTIONS] VERB ...")
        write_text(formatter, self.help)
        for section, verbs in SECTIONS.items():
            write_rows(formatter, section, list(verbs.items()))
        options = [record for one in self.params if (record := one.get_help_record(ctx))]
        write_rows(formatter, later("Options"), options)
        write_rows(formatter, later("Examples"), [(example, "") for example in EXAMPLES])


app = typer.Typer(
    cls=Root,
    invoke_without_command=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


@app.callback()
def root(
    ctx: typer.Context,
    config: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Settings (TOML) instead of your own.", show_default=False)
    ] = None,
    lang: Annotated[
        str | None, typer.Option(LANG, metavar="NAME", help="zh or en, instead of the system's.", show_default=False)
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Say nothing but errors on stderr.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", help="Say what is opened, and how long that takes.")] = False,
    debug: Annotated[bool, typer.Option("--debug", help="The same, and the traceback of an error.")] = False,
    version: Annotated[bool, typer.Option("--version", help="Print its version and those of the engines.")] = False,
) -> None:
    """See how language models work: probabilities, temperature, vectors, neighbours."""
    world: World = ctx.obj
    if version:
        world.write(_versions())
        raise typer.Exit
    world.config_file = config
    hear(world, quiet=quiet, verbose=verbose, debug=debug)
    if ctx.invoked_subcommand is None:
        world.write(ctx.get_help() + "\n")


def _versions() -> str:
    """llmlab's own in the first line, which scripts read; below it Python's and those of the engines."""
    import platform

    from llmlab.versions import ENGINES, versions

    lines = {"llmlab": __version__, "Python": platform.python_version(), **versions(ENGINES)}
    return "".join(f"{name} {version}\n" for name, version in lines.items())


def run() -> int:
    """The process of the command line: what `main` does, and a quick end; its exit code."""
    fill_standard_streams()
    give_way()
    memory.guard(workers(0))
    terminated = Terminated()
    try:
        return terminated.code(main())
    finally:
        gc.freeze()  # Python's last search for cycles among all that the libraries hold takes 30 ms


def main(world: World | None = None) -> int:
    """Run the command line; the exit code: 0, 1 for failure, 2 for misuse, 130 for an interrupt, 143 for SIGTERM."""
    world = world or World()
    if COMPLETE in world.environ:
        from llmlab.cli.completing import complete

        return complete(world, get_command(app), SECTIONS)
    code = ended(world)
    if code in (Exit.INTERRUPTED, Exit.TERMINATED):
        world.say(tr("interrupted"), always=True)
    return code


def ended(world: World) -> int:
    """The same, saying nothing of an interrupt: of a command inside another that is said once."""
    try:
        speak(world.language)
        _check_stdout(world)
        _check_utf8(world.argv)
        with redirect_stdout(world.stdout):  # typer prints --help itself
            return int(app(list(world.argv), obj=world, prog_name="llmlab", standalone_mode=False) or Exit.OK)
    except LabError as error:
        return _fail(world, error, _with_hint(error), error.exit_code)
    except typer.TyperException as error:
        return _fail(world, error, _usage(error), Exit.MISUSE)
    except (KeyboardInterrupt, typer.Abort):  # typer turns most of them into this code itself
        return int(Exit.INTERRUPTED)
    except Exception as error:
        return _fail(world, error, _unforeseen(error), Exit.FAILURE)
    except BaseException as error:
        if type(error).__module__ != RUST:
            raise
        return _fail(world, error, tr("a library gives up: {error}", error=error), Exit.FAILURE)


def _with_hint(error: LabError) -> str:
    """What happened, and what to do; a library's text at the end of the first may have a stop, though ours goes on."""
    return re.sub(r"(?<=\w)[.。]$", "", error.message) + tr("; ") + error.hint if error.hint else error.message


def _unforeseen(error: Exception) -> str:
    """One line of what nobody has worded where it was raised: no memory, what the system refuses, a fault of ours."""
    if memory.lacking(error):
        return memory.spent()
    if isinstance(error, OSError):
        return f"{reason(error)} {error.filename or ''}".strip()
    if isinstance(error, UnicodeEncodeError):
        return _unwritable(error)
    name = type(error).__name__
    return tr("{name}: {error}; this is a bug, please report it with llmlab --debug", name=name, error=error)


def _unwritable(error: UnicodeEncodeError) -> str:
    """That a stream, whose encoding a user has set, has no such character."""
    character = error.object[error.start]
    message = tr("{character!a} cannot be written in {encoding}", character=character, encoding=error.encoding)
    return message + tr("; ") + tr("set PYTHONIOENCODING=utf-8")


def _check_stdout(world: World) -> None:
    if world.stdout is None:
        raise LabError(tr("stdout is closed: nobody would read the answer"), tr("leave out >&-, or use > FILE"))


def _check_utf8(arguments: Any) -> None:
    """Python lets bytes that are no UTF-8 into sys.argv as lone surrogates, which nothing could print."""
    for argument in arguments:
        try:
            argument.encode()
        except UnicodeEncodeError:
            raise MisuseError(
                tr("the argument {argument!a} is not UTF-8", argument=argument), tr("convert it, e.g. with iconv")
            ) from None


def _fail(world: World, error: BaseException, message: str, code: Exit) -> int:
    _trace(world, error)
    world.say(message, always=True)
    return int(code)


def _trace(world: World, error: BaseException) -> None:
    """Show the traceback of an error with --debug."""
    if world.debug:
        import traceback

        world.tell("".join(traceback.format_exception(error)), always=True)


def _usage(error: typer.TyperException) -> str:
    from llmlab.cli.usage import said

    return said(error, ROOMS)
