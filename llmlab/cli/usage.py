"""What is wrong with a command line, in one line that says what to type. Loaded when something is wrong."""

import difflib
from collections.abc import Iterable
from typing import Any

from typer.core import TyperGroup

from llmlab.cli.verbs import PipedVerb, Verb, lacks_argument
from llmlab.errors import MisuseError

CLOSE = 0.7  # of 1: a guess that is farther off would mislead


def unknown_verb(name: str, verbs: Iterable[str], path: str) -> MisuseError:
    near = difflib.get_close_matches(name, list(verbs), 1)
    guess = f"did you mean {near[0]}? " if near else ""
    noun = path.removeprefix("llmlab").strip()
    return MisuseError(f"no verb {f'of {noun} ' if noun else ''}is called {name!r}", f"{guess}see `{path} --help`")


def said(error: Any, verbs: Iterable[str]) -> str:
    """What typer finds wrong, in our words where it leaves the next step open. `verbs` are those of llmlab."""
    context = error.ctx
    path = context.command_path if context else "llmlab"
    who, see = path.removeprefix("llmlab").strip() or "llmlab itself", f"see `{path} --help`"
    if (name := getattr(error, "option_name", None)) and hasattr(error, "possibilities"):
        return f"{who} has no option {name}; {_meant(name, context, verbs)}{see}"
    if hasattr(error, "param_type") and isinstance(context.command, Verb):
        wanted = error.param.make_metavar(context) if lacks_argument(error) else error.param.opts[0]
        piped = ", typed or from a pipe" if isinstance(context.command, PipedVerb) and lacks_argument(error) else ""
        return f"{who} needs {wanted}{piped}; for example: {context.command.examples[0]}"
    if context and isinstance(context.command, TyperGroup) and not context.args:
        return f"{who} needs one of its verbs: {', '.join(context.command.list_commands(context))}; {see}"
    return f"{error.format_message().rstrip(' .')}; {see}"


def _meant(name: str, context: Any, verbs: Iterable[str]) -> str:
    """The verb that an option has become, or the option that begins so or is spelt nearly so."""
    if (verb := name.lstrip("-")) in verbs:
        return f"did you mean the verb: llmlab {verb}? "
    known = [option for parameter in context.command.params for option in parameter.opts]
    near = [option for option in known if option.startswith(name)] or difflib.get_close_matches(name, known, 1, CLOSE)
    return f"did you mean {near[0]}? " if near else ""
