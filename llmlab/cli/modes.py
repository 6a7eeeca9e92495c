"""Which question the options of a command ask. An option that the question has no use for is an error.

A command lists its modes; the last is the one asked for by no option of its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import typer

from llmlab.errors import MisuseError

SHARED = {"model", "engine", "dtype", "form", "allow_special", "escapes"}


@dataclass(frozen=True)
class Mode:
    """One question, by parameter names: the option that asks it, and those that belong to it."""

    name: str
    lead: str  # "" in the mode that no option asks for
    options: frozenset[str] = frozenset()


def find(ctx: typer.Context, modes: Sequence[Mode]) -> Mode:
    """The question that is asked. Raises MisuseError, before a model is loaded, for several, or for a misfit."""
    hint = f"see `{ctx.command_path} --help`"
    given = told(ctx)
    asked = [mode for mode in modes if mode.lead in given and _asks(ctx.params[mode.lead], mode.lead, modes[-1])]
    if len(asked) > 1:
        raise MisuseError(f"{' and '.join(given[mode.lead] for mode in asked)} are different questions", hint)
    mode = asked[0] if asked else modes[-1]
    for name in sorted(set(given) - SHARED - mode.options - {mode.lead}):
        if mode.lead:
            raise MisuseError(f"{given[name]} does not go with {given[mode.lead]}", hint)
        owner = next(other for other in modes if name in other.options)
        lead = next(parameter.opts[0] for parameter in ctx.command.params if parameter.name == owner.lead)
        raise MisuseError(f"{given[name]} goes with {lead}", hint)
    return mode


def _asks(value: object, lead: str, without: Mode) -> bool:
    """Whether an option that was given asks its question; 0 may take back what the settings ask."""
    return value is not None and value is not False and not (value == 0 and lead in without.options)


def told(ctx: typer.Context) -> dict[str, str]:
    """What the command line says: parameter names, and the options as the user writes them."""
    found = {}
    for parameter in ctx.command.params:
        source = ctx.get_parameter_source(parameter.name or "")
        if source is not None and source.name == "COMMANDLINE":
            is_option = parameter.param_type_name == "option"
            found[parameter.name or ""] = parameter.opts[0] if is_option else str(parameter.name).upper()
    return found
