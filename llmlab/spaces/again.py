"""Whether a model is the one that a space was made with, or begun.

Files have checksums. A model behind a server has a vector of a fixed text, whose last digits move from batch to batch:
it is the same where it is nearly the same, and keeps the digits that were noted first.
"""

from collections.abc import Mapping
from pathlib import Path

from llmlab import cache
from llmlab.errors import MisuseError
from llmlab.language import tr


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
    whole, begun = cache.find(folder, None), cache.begun_from(folder)
    for noted in (dict(whole.fingerprint) if whole else {}, begun):
        if same(wanted, noted):
            return noted
    if begun and {**begun, **origin} == wanted:
        raise MisuseError(
            tr("the space {name} was begun with another model than {model} is now", name=name, model=wanted["model"]),
            f"llmlab {'space' if own else 'models'} remove {name}",
        )
    return wanted
