"""The texts of a specification: as they can be drawn, and which of them are, without those that a pointer brings up."""

from collections.abc import Iterator
from typing import Any

from llmlab.render.safe import LAYOUT, harmless
from llmlab.view import Chart

UNSEEN = ("tooltip", "data")
NO_XML = {0xFFFE: "<FFFE>", 0xFFFF: "<FFFF>"}


def drawn(spec: Chart) -> Iterator[str]:
    """Its texts, and of its data the fields that a mark, an axis or a legend shows."""
    shown = set(_fields(spec))
    yield from _texts(spec)
    for row in _rows(spec):
        yield from (value for field, value in row.items() if field in shown and isinstance(value, str))


def _inside(part: Any, without: tuple[str, ...]) -> Iterator[Any]:
    if isinstance(part, dict):
        yield from (inner for name, inner in part.items() if name not in without)
    elif isinstance(part, list):
        yield from part


def _fields(part: Any) -> Iterator[str]:
    """The fields of all channels but the pointer's."""
    if isinstance(part, dict) and isinstance(part.get("field"), str):
        yield part["field"]
    for inner in _inside(part, UNSEEN):
        yield from _fields(inner)


def _texts(part: Any) -> Iterator[str]:
    if isinstance(part, str):
        yield part
    for inner in _inside(part, UNSEEN):
        yield from _texts(inner)


def _rows(part: Any) -> Iterator[Chart]:
    if isinstance(part, dict) and "data" in part:
        yield from part["data"].get("values", ())
    for inner in _inside(part, UNSEEN):
        yield from _rows(inner)


def drawable(part: Any) -> Any:
    """A part of a specification whose texts are harmless, and XML: at any other character vl-convert ends the process.

    https://www.w3.org/TR/xml/#charsets leaves out controls, halves of characters, and the last two of the first plane.
    """
    if isinstance(part, str):
        return harmless(part, LAYOUT).translate(NO_XML)
    if isinstance(part, dict):
        return {drawable(name): drawable(value) for name, value in part.items()}
    return [drawable(one) for one in part] if isinstance(part, list | tuple) else part
