"""Several models that one question is put to, each with the number type that it is computed in."""

from collections.abc import Sequence
from typing import cast, get_args

from llmlab.config import Dtype
from llmlab.errors import MisuseError
from llmlab.language import tr


def chosen(models: Sequence[str], dtypes: Sequence[str]) -> list[tuple[str, Dtype | None]]:
    """Each model with its number type, one for all or one a model; "" and None are the settings' own.

    Raises MisuseError for another count of number types, for what is none, and for a model given twice.
    """
    for name in dtypes:
        if name not in get_args(Dtype):
            known = tr(", ").join(get_args(Dtype))
            raise MisuseError(
                tr("--dtype {name!r} is not one of {known}", name=name, known=known), tr("give one of them")
            )
    if len(dtypes) > 1 and len(dtypes) != len(models):
        said = tr("--dtype is given {dtypes} times, --model {models}", dtypes=len(dtypes), models=len(models))
        raise MisuseError(said, tr("give one number type for all, or one a model, in their order"))
    named = list(models) or [""]
    types: list[Dtype | None] = [*cast(Sequence[Dtype], dtypes)] or [None]
    found = list(zip(named, types if len(types) > 1 else types * len(named), strict=True))
    for one in found:
        if found.count(one) > 1:
            raise MisuseError(
                tr("the model {model} is given twice", model=one[0]), tr("name another, or give each its own --dtype")
            )
    return found
