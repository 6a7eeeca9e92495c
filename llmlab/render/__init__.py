"""Results to the world: tables for people, records for programs."""

from collections.abc import Callable, Sequence
from typing import Literal, TextIO

from msgspec import Struct, field

from llmlab.render.safe import LAYOUT, harmless
from llmlab.view import Picture, Result

Format = Literal["table", "json", "jsonl", "csv", "tsv"]
Theme = Literal["light", "dark"]  # of pictures


class Screen(Struct, frozen=True):
    """What tables are drawn on."""

    terminal: bool  # a pipe has no width: nothing is folded there
    width: int = 80
    colours: bool = False
    explained: set[tuple[str, str]] = field(default_factory=set)  # columns and what legends have said of them


def show(
    result: Result,
    form: Format,
    stream: TextIO,
    screen: Screen,
    *,
    bom: bool = False,
    safe: bool = False,
    views: Callable[[], Sequence[Picture]] | None = None,
) -> None:
    """Write a result in the form asked for; `views` where others than its own are wanted."""
    if form == "table":
        from llmlab.render import table

        table.draw((views or result.views)(), stream, screen)
        return
    from llmlab.render import records

    if form == "json":
        stream.write(harmless(records.to_json(result.document()), LAYOUT))
        return
    for text in records.streamed([result.records()], form, bom=bom, safe=safe):
        stream.write(harmless(text, LAYOUT))
