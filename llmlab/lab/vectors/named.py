"""Dimensions with names: what a table's columns say of a word. One-hot columns are read back as their category."""

from collections.abc import Sequence

from llmlab.arrays import Floats
from llmlab.errors import MisuseError
from llmlab.language import tr


def names(dimensions: Sequence[str], count: int) -> list[str]:
    """A name for each dimension: its own, or its number from 0."""
    return list(dimensions) or [str(number) for number in range(count)]


def places(dimensions: Sequence[str], count: int, wanted: Sequence[str]) -> list[int]:
    """The dimensions of columns, or those of these names. Raises MisuseError for what is neither."""
    known = names(dimensions, count)
    unknown = [one for one in wanted if one not in (*known, *columns(known))]
    if unknown:
        named = tr("there are: {names}", names=tr(", ").join(columns(known)))
        hint = named if dimensions else tr("there are: 0 to {last}", last=count - 1)
        raise MisuseError(tr("no column is called {name!r}", name=unknown[0]), hint)
    return [place for place, name in enumerate(known) if name in wanted or name.partition("=")[0] in wanted]


def columns(dimensions: Sequence[str]) -> list[str]:
    """The columns that dimensions such as sex=f, sex=m, age came from."""
    return list(dict.fromkeys(name.partition("=")[0] for name in dimensions))


def cells(dimensions: Sequence[str], vector: Floats) -> list[str]:
    """A cell for each column: a number, or the category whose dimension is 1."""
    parts: dict[str, list[str]] = {}
    for name, value in zip(dimensions, vector, strict=True):
        column, hot, category = name.partition("=")
        found = parts.setdefault(column, [])
        if not hot:
            found.append(f"{value:.4g}")
        elif value:
            found.append(category if value == 1 else f"{category} {value:g}")
    return [" ".join(found) for found in parts.values()]
