"""Which question the options of `prob` ask. An option that the question has no use for is an error."""

from collections.abc import Sequence
from dataclasses import dataclass

import typer

from llmlab.errors import MisuseError

HINT = "see `llmlab prob --help`"
SHARED = {"text", "model", "engine", "dtype", "form", "allow_special", "escapes"}


@dataclass(frozen=True)
class Mode:
    """One question, by parameter names: the option that asks it, those that belong to it, its number of texts."""

    name: str
    lead: str
    options: frozenset[str]
    texts: int = 0


MODES = (
    Mode("file", "file", frozenset({"window", "stride"})),
    Mode("pairs", "pair_file", frozenset()),
    Mode("choices", "choices_file", frozenset()),
    Mode("context", "context", frozenset({"choice"})),
    Mode("cloze", "blank", frozenset({"candidate"})),
    Mode("orders", "order", frozenset({"seed"}), 1),
    Mode("diff", "difference", frozenset(), 2),
    Mode("next", "next_", frozenset({"at"}), 1),
)
ONE_TEXT = Mode("text", "text", frozenset({"by", "unit", "formula", "strip", "correction", "next_"}), 1)
TEXTS = Mode("texts", "text", frozenset({"unit", "next_"}))


def find(ctx: typer.Context, given: Sequence[str]) -> str:
    """The name of the question. Raises MisuseError, before a model is loaded, for none, several, or a misfit."""
    names = {parameter.name: parameter.opts[0] for parameter in ctx.command.params}
    told = {name for name in names if name and _is_told(ctx, name)} - SHARED
    asked = [mode for mode in MODES if mode.lead in told and ctx.params[mode.lead] not in (None, False, 0)]
    if len(asked) > 1:
        both = " and ".join(names[mode.lead] for mode in asked)
        raise MisuseError(f"{both} are different questions", HINT)
    mode = asked[0] if asked else ONE_TEXT if len(given) == 1 else TEXTS
    for name in sorted(told - mode.options - {mode.lead}):
        raise MisuseError(*_misfit(names, name, mode))
    if mode.name == "context" and not ctx.params["choice"]:
        raise MisuseError("--context needs a --choice", 'for example --context "1 + 1 =" --choice " 2"')
    _check_texts(given, mode, names[mode.lead])
    return mode.name


def _is_told(ctx: typer.Context, name: str) -> bool:
    source = ctx.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def _misfit(names: dict[str | None, str], option: str, mode: Mode) -> tuple[str, str]:
    owner = next((other for other in MODES if option in other.options), None)
    if mode in (ONE_TEXT, TEXTS) and owner:
        return f"{names[option]} goes with {names[owner.lead]}", HINT
    if mode is TEXTS:
        return f"{names[option]} is for one text", HINT
    return f"{names[option]} does not go with {names[mode.lead]}", HINT


def _check_texts(given: Sequence[str], mode: Mode, option: str) -> None:
    if mode.texts != len(given) and mode is not TEXTS:
        count = {0: "no other text", 1: "one text", 2: "two texts"}[mode.texts]
        raise MisuseError(f"{option} takes {count}", HINT)
    if mode is TEXTS and not given:
        raise MisuseError("no text is given", HINT)
    if not all(given):
        raise MisuseError("the text is empty", "give at least one character")
