"""Results to the world: tables for people, records for programs."""

from typing import Literal, TextIO

from llmlab.view import Result

Format = Literal["table", "json", "jsonl", "csv", "tsv"]


def show(result: Result, form: Format, stream: TextIO, *, terminal: bool, width: int) -> None:
    """Write a result in the form asked for."""
    if form == "table":
        from llmlab.render import table

        table.draw(result.views(), stream, terminal=terminal, width=width)
        return
    from llmlab.render import records

    if form == "json":
        stream.write(records.to_json(result.document()))
    else:
        write = {"jsonl": records.to_jsonl, "csv": records.to_csv, "tsv": records.to_tsv}[form]
        stream.write(write(result.records()))
