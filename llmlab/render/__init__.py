"""Results to the world: tables for people, records for programs."""

import re
from typing import Literal, TextIO

from llmlab.view import Result

STEERING = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")  # control characters but tab and newline
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


def harmless(text: str) -> str:
    """Plain text without what would steer a terminal: control characters, but tab and newline, are shown as <1B>."""
    return STEERING.sub(lambda found: f"<{ord(found[0]):02X}>", text)
