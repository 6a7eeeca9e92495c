"""Words that are found in a map: a parameter `find` that the page sets, and marks that grow dim where it is not meant.

A map is points in the plane of two principal components, `pc1` and `pc2`; the field `shown` names a point.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from llmlab.view import Chart, Record

PLANE, NAME = "pc1", "shown"
MARKS = ("point", "text", "rule")  # of a point: itself, its label, and the line from one to the other
PARTS = ("layer", "hconcat", "vconcat", "concat")
DIM = 0.12
FOUND = f"find === '' || indexof(lower(datum.{NAME}), find) >= 0"


def searchable(picture: Chart) -> tuple[Chart, list[str]]:
    """A picture whose maps mind the parameter `find`, and the words on them; itself and none where it has no map."""
    words = list(dict.fromkeys(str(row[NAME]) for rows in _data(picture) if _is_map(rows) for row in rows))
    if not words:
        return picture, []
    return {**_dimmed(picture, ()), "params": [*picture.get("params", ()), {"name": "find", "value": ""}]}, words


def _data(part: Chart) -> Iterator[Sequence[Record]]:
    """All data in a picture."""
    yield part.get("data", {}).get("values", ())
    for kind in PARTS:
        for inner in part.get(kind, ()):
            yield from _data(inner)


def _is_map(rows: Sequence[Record]) -> bool:
    return bool(rows) and PLANE in rows[0] and NAME in rows[0]


def _dimmed(part: Chart, rows: Sequence[Record]) -> Chart:
    """A part and all in it; `rows` are the data of what it stands in, which are its own unless it has others."""
    rows = part.get("data", {}).get("values", rows)
    made: dict[str, Any] = dict(part)
    for kind in PARTS:
        if kind in part:
            made[kind] = [_dimmed(inner, rows) for inner in part[kind]]
    if "mark" in part and _kind(part) in MARKS and _is_map(rows):
        opacity = {"condition": {"test": FOUND, "value": 1}, "value": DIM}
        made["encoding"] = {**part.get("encoding", {}), "opacity": opacity}
    return made


def _kind(part: Chart) -> str:
    mark = part["mark"]
    return str(mark["type"] if isinstance(mark, dict) else mark)
