"""Results to the world: tables for people, records for programs."""

from collections.abc import Callable, Sequence
from typing import Literal, TextIO

from llmlab.render.safe import LAYOUT, harmless
from llmlab.view import Picture, Result

Format = Literal["table", "json", "jsonl", "csv", "tsv"]


def show(
    result: Result,
    form: Format,
    stream: TextIO,
    *,
    bom: bool = False,
    views: Callable[[], Sequence[Picture]] | None = None,
    terminal: bool,
    width: int,
    colours: bool,
) -> None:
    """Write a result in the form asked for; `views` where others than its own are wanted."""
    if form == "table":
        from llmlab.render import table

        table.draw((views or result.views)(), stream, terminal=terminal, width=width, colours=colours)
        return
    from llmlab.render import records

    if form == "json":
        text = records.to_json(result.document())
    else:
        text = "".join(records.streamed([result.records()], form, bom=bom))
    stream.write(harmless(text, LAYOUT))
