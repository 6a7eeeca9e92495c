"""From a name on the command line to an entry of the catalogue."""

import difflib
from collections.abc import Iterable

from llmlab.config import Config, ModelEntry
from llmlab.errors import MisuseError


def entry(config: Config, name: str) -> ModelEntry:
    """The catalogue's entry; raises MisuseError with the nearest names."""
    if name not in config.models:
        raise unknown("model", name, config.models)
    return config.models[name]


def unknown(what: str, name: str, known: Iterable[str]) -> MisuseError:
    names = list(known)
    near = difflib.get_close_matches(name, names, 1)
    guess = f"did you mean {near[0]}? " if near else ""
    also = {"model": ", a folder, a .gguf file, or a Hugging Face id (organisation/name)"}.get(
        what, ", or a file of vectors"
    )
    return MisuseError(f"no {what} is called {name!r}", f"{guess}give one of: {', '.join(names)}{also}")
