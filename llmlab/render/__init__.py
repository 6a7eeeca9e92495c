"""Results to the world: tables for people, records for programs."""

from collections.abc import Callable, Sequence
from typing import Literal, TextIO

from llmlab.view import Picture, Result

Format = Literal["table", "json", "jsonl", "csv", "tsv"]


def show(
    result: Result,
    form: Format,
    stream: TextIO,
    *,
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
        stream.write(records.to_json(result.document()))
    else:
        write = {"jsonl": records.to_jsonl, "csv": records.to_csv, "tsv": records.to_tsv}[form]
        stream.write(write(result.records()))
