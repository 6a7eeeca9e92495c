"""Whether a model is the one that a space was made with, or begun; and how a space of the user's own was made.

Files have checksums. A model behind a server has a vector of a fixed text, whose last digits move from batch to batch:
it is the same where it is nearly the same, and keeps the digits that were noted first.
"""

import shlex
from collections.abc import Mapping
from pathlib import Path

from llmlab import cache
from llmlab.errors import LabError, MisuseError
from llmlab.language import tr
from llmlab.spaces.reading import Reading


def same(one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    """Whether two fingerprints are of the same things."""
    if dict(one) == dict(other):
        return True
    from llmlab.backends.served import encoder

    return encoder.same(one, other)


def as_noted(folder: Path, name: str, origin: Mapping[str, str], wanted: dict[str, str], own: bool) -> dict[str, str]:
    """What a space is to be made from, in the digits of what is there where that is the same; `origin` of it the model.

    Raises MisuseError for a space that was begun with another model behind the same name: two are never mixed.
    """
    if "served" not in origin:
        return wanted
    begun = cache.begun_from(folder)
    for noted in (cache.made_from(folder), begun):
        if same(wanted, noted):
            return noted
    if begun and {**begun, **origin} == wanted:
        raise MisuseError(
            tr("the space {name} was begun with another model than {model} is now", name=name, model=wanted["model"]),
            f"llmlab {'space' if own else 'models'} remove {name}",
        )
    return wanted


def command(name: str, made_from: Mapping[str, str]) -> str:
    """What was typed to make a space of this fingerprint; "" where that is not known."""
    if "file" in made_from:
        words = ["space", "import", name, *Reading.noted(made_from).typed]
    elif {"model", "vocabulary"} <= set(made_from):
        words = ["space", "build", name, "--model", made_from["model"], "--vocab", made_from["vocabulary"]]
    else:
        return ""
    for what in ("engine", "dtype", "precision"):
        words += [] if made_from.get(what, "auto") == "auto" else [f"--{what}", made_from[what]]
    return shlex.join(["llmlab", *words])


def unfinished(folder: Path, name: str) -> LabError:
    """What is told of a space that is asked for and was begun, no more."""
    begun = command(name, cache.begun_from(folder)) or tr("the command that began it")
    hint = tr("{command} goes on where it was; llmlab space remove {name} gives it up", command=begun, name=name)
    return LabError(tr("the space {name} is not finished: what made it was interrupted", name=name), hint)
