"""The llmlab command that shows at the prompt what the screen shows."""

import shlex
from collections.abc import Sequence

from llmlab.errors import MisuseError
from llmlab.explore import play, walk
from llmlab.explore.words import DASH, OTHER_TOKENS
from llmlab.lab.text import escape
from llmlab.language import tr


def next_tokens(state: play.Play, start: Sequence[str], model: Sequence[str]) -> str:
    """`llmlab next` of the text where one stands. Raises MisuseError where no argument says it."""
    if not state.as_typed:
        raise MisuseError(tr(OTHER_TOKENS))
    listed = [] if state.listed == play.LISTED else ["-k", str(state.listed)]
    heat = [] if state.temperature == 1 else ["-t", f"{state.temperature:g}"]
    return _line(start, "next", ["--by", "token", *listed, *heat, *model], [escape(state.text)])


def neighbors(state: walk.Walk, start: Sequence[str], engine: Sequence[str]) -> str:
    """`llmlab neighbors` of the word where one stands; what the settings decide else is said."""
    return _line(start, "neighbors", [*_place(state), "-k", str(state.listed), *engine], [state.word])


def why(state: walk.Walk, one: str, other: str, start: Sequence[str], engine: Sequence[str]) -> str:
    """`llmlab why` of two words."""
    return _line(start, "why", [*_place(state), *engine], [one, other])


def _place(state: walk.Walk) -> list[str]:
    return ["--space", state.space, "--metric", state.metric]


def _line(start: Sequence[str], verb: str, options: Sequence[str], texts: Sequence[str]) -> str:
    """The words of a command, quoted for a shell; a text that begins with a dash is no option."""
    if "-" in texts:
        raise MisuseError(tr(DASH))
    dashes = any(text.startswith("-") for text in texts)
    words = [verb, *options, "--", *texts] if dashes else [verb, *texts, *options]
    return shlex.join([*start, *words])
