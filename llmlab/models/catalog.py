"""A name that stands nowhere, and the nearest that does."""

from collections.abc import Iterable
from typing import Literal

from llmlab.errors import MisuseError
from llmlab.language import later, tr

NOBODY = {"model": later("no model is called {name!r}"), "space": later("no space is called {name!r}")}
OTHERS = {
    "model": later(
        "give one of: {names}, a folder, a .gguf file, organisation/name[@revision][:file.gguf] of the hub,"
        " ollama:NAME or openai:NAME"
    ),
    "space": later("give one of: {names}, or a file of vectors"),
}


def unknown(what: Literal["model", "space"], name: str, known: Iterable[str]) -> MisuseError:
    import difflib  # here: most runs meet no wrong name

    names = list(known)
    near = difflib.get_close_matches(name, names, 1)
    guess = tr("did you mean {near}? ", near=near[0]) if near else ""
    return MisuseError(tr(NOBODY[what], name=name), guess + tr(OTHERS[what], names=tr(", ").join(names)))
