"""From a name on the command line to an entry of the catalogue."""

import difflib

from llmlab.config import Config, ModelEntry, SpaceEntry
from llmlab.errors import MisuseError


def entry(config: Config, name: str) -> ModelEntry:
    """The catalogue's entry; raises MisuseError with the nearest names."""
    if name not in config.models:
        raise unknown("model", name, config.models)
    return config.models[name]


def space_entry(config: Config, name: str) -> SpaceEntry:
    """The entry of a named space; raises MisuseError with the nearest names."""
    if name not in config.spaces:
        raise unknown("space", name, config.spaces)
    return config.spaces[name]


def unknown(what: str, name: str, known: dict[str, ModelEntry] | dict[str, SpaceEntry]) -> MisuseError:
    near = difflib.get_close_matches(name, list(known), 1)
    guess = f"did you mean {near[0]}? " if near else ""
    also = ", a folder, a .gguf file, or a Hugging Face id (organisation/name)" if what == "model" else ""
    return MisuseError(f"no {what} is called {name!r}", f"{guess}give one of: {', '.join(known)}{also}")
