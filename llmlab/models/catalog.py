"""A name that stands nowhere, and the nearest that does."""

from collections.abc import Iterable

from llmlab.errors import MisuseError


def unknown(what: str, name: str, known: Iterable[str]) -> MisuseError:
    import difflib  # here: most runs meet no wrong name

    names = list(known)
    near = difflib.get_close_matches(name, names, 1)
    guess = f"did you mean {near[0]}? " if near else ""
    also = {
        "model": ", a folder, a .gguf file, organisation/name[@revision][:file.gguf] of the hub, or ollama:NAME"
    }.get(what, ", or a file of vectors")
    return MisuseError(f"no {what} is called {name!r}", f"{guess}give one of: {', '.join(names)}{also}")
