"""What is wrong with a command line, in one line that says what to type. Loaded when something is wrong."""

import difflib
from collections.abc import Iterable, Sequence
from typing import Any

from typer.core import TyperGroup

from llmlab.cli.verbs import PipedVerb, Verb, lacks_argument
from llmlab.errors import MisuseError
from llmlab.language import later, retold, tr

TYPER = (  # what typer says, without its last point
    later("Invalid value for {place}: {value} is not one of {known}"),
    later("Invalid value for {place}: {value} is not in the range {range}"),
    later("Invalid value for {place}: {value} is not a valid int range"),
    later("Invalid value for {place}: {value} is not a valid int"),
    later("Invalid value for {place}: {value} is not a valid float range"),
    later("Invalid value for {place}: {value} is not a valid float"),
    later("Invalid value for {place}: {value} is not a valid boolean. Recognized values: {known}"),
    later("Option {option} requires an argument"),
    later("Option {option} requires {count} arguments"),
    later("Option {option} does not take a value"),
    later("Got unexpected extra argument(s) ({arguments})"),
)
CLOSE = 0.7  # of 1: a guess that is farther off would mislead


def unknown_verb(name: str, verbs: Iterable[str], path: str) -> MisuseError:
    near = difflib.get_close_matches(name, list(verbs), 1)
    noun = path.removeprefix("llmlab").strip()
    called = (
        tr("no verb of {noun} is called {name!r}", noun=noun, name=name)
        if noun
        else tr("no verb is called {name!r}", name=name)
    )
    return MisuseError(called, _guess(near) + _see(path))


def said(error: Any, verbs: Iterable[str]) -> str:
    """What typer finds wrong, in our words where it leaves the next step open. `verbs` are those of llmlab."""
    context = error.ctx
    path = context.command_path if context else "llmlab"
    who, see = path.removeprefix("llmlab").strip() or tr("llmlab itself"), _see(path)
    if (name := getattr(error, "option_name", None)) and hasattr(error, "possibilities"):
        return tr("{who} has no option {name}", who=who, name=name) + tr("; ") + _meant(name, context, verbs) + see
    if hasattr(error, "param_type") and isinstance(context.command, Verb):
        wanted = error.param.make_metavar(context) if lacks_argument(error) else error.param.opts[0]
        example = context.command.examples[0]
        if isinstance(context.command, PipedVerb) and lacks_argument(error):
            return tr(
                "{who} needs {wanted}, typed or from a pipe; for example: {example}",
                who=who,
                wanted=wanted,
                example=example,
            )
        return tr("{who} needs {wanted}; for example: {example}", who=who, wanted=wanted, example=example)
    if context and isinstance(context.command, TyperGroup) and not context.args:
        verbs = tr(", ").join(context.command.list_commands(context))
        return tr("{who} needs one of its verbs: {verbs}; {see}", who=who, verbs=verbs, see=see)
    return retold(str(error.format_message()).rstrip(" ."), *TYPER) + tr("; ") + see


def _meant(name: str, context: Any, verbs: Iterable[str]) -> str:
    """The verb or argument that it is instead, or the option that begins so or is spelt nearly so."""
    if (verb := name.lstrip("-")) in verbs:
        return tr("did you mean the verb: llmlab {verb}? ", verb=verb)
    known = [option for one in context.command.params for option in one.opts if one.param_type_name == "option"]
    for one in context.command.params:
        if one.param_type_name == "argument" and one.name == name.lstrip("-"):
            return tr("give {wanted} without it; ", wanted=one.make_metavar(context))
    near = [option for option in known if option.startswith(name)] or difflib.get_close_matches(name, known, 1, CLOSE)
    return _guess(near)


def _guess(near: Sequence[str]) -> str:
    return tr("did you mean {near}? ", near=near[0]) if near else ""


def _see(path: str) -> str:
    return tr("see `{path} --help`", path=path)
