"""What a picture holds, for tests: its data, its texts."""

from collections.abc import Iterator
from typing import Any


def tables(part: Any) -> Iterator[list[dict[str, Any]]]:
    """The data of a specification and of all its parts, in their order; what a picture says once is not data."""
    if isinstance(part, dict):
        values = part.get("data", {}).get("values", [{}]) if isinstance(part.get("data"), dict) else [{}]
        if values != [{}]:
            yield values
        for name, inner in part.items():
            if name != "data":
                yield from tables(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from tables(inner)


def rows(chart: Any) -> list[dict[str, Any]]:
    """The rows of all data of a specification."""
    return [row for table in tables(chart) for row in table]


def only(some: list[dict[str, Any]], *fields: str) -> list[dict[str, Any]]:
    """Rows with these fields alone."""
    return [{field: row[field] for field in fields} for row in some]


def texts(part: Any) -> list[str]:
    """Every title and line of a picture's titles, in their order."""
    if isinstance(part, list):
        return [said for inner in part for said in texts(inner)]
    if not isinstance(part, dict):
        return []
    own = part.get("title")
    found = [own] if isinstance(own, str) else []
    if isinstance(own, dict):
        for lines in (own.get("text", ()), own.get("subtitle", ())):
            found += [lines] if isinstance(lines, str) else lines
    return found + [said for name, inner in part.items() if name != "title" for said in texts(inner)]
