"""Results for programs: json, jsonl, csv, tsv. Text is data here; only what would steer a terminal is escaped."""

import csv
import io
import json
import re
from collections.abc import Iterable

from llmlab.render import STEERING
from llmlab.view import Record


def to_json(document: Record) -> str:
    return _safe(json.dumps(document, ensure_ascii=False, allow_nan=False, indent=2)) + "\n"


def to_jsonl(records: Iterable[Record]) -> str:
    return "".join(_safe(json.dumps(row, ensure_ascii=False, allow_nan=False)) + "\n" for row in records)


def to_csv(records: Iterable[Record]) -> str:
    """RFC 4180, with a header; lists are JSON."""
    return _separated(list(records), ",", STEERING)


def to_tsv(records: Iterable[Record]) -> str:
    """One record a line whatever it holds: tabs and line ends in text are written \\t and \\n."""
    return _separated(list(records), "\t", re.compile(r"[\x00-\x1f\x7f-\x9f]"))


def _separated(records: list[Record], delimiter: str, forbidden: re.Pattern[str]) -> str:
    out = io.StringIO()
    if records:
        writer = csv.DictWriter(out, list(records[0]), delimiter=delimiter, lineterminator="\n")
        writer.writeheader()
        writer.writerows({key: _cell(value, forbidden) for key, value in row.items()} for row in records)
    return out.getvalue()


def _cell(value: object, forbidden: re.Pattern[str]) -> object:
    if isinstance(value, list | dict | tuple):
        return json.dumps(value, ensure_ascii=False)
    if not isinstance(value, str):
        return value
    names = {"\t": "\\t", "\n": "\\n", "\r": "\\r"}
    return forbidden.sub(lambda found: names.get(found[0], f"\\x{ord(found[0]):02x}"), value)


def _safe(text: str) -> str:
    """JSON escapes the first 32 controls by itself; DEL, the C1 and the bidirectional controls steer terminals too."""
    return re.sub(r"[\x7f-\x9f\u202a-\u202e\u2066-\u2069]", lambda found: f"\\u{ord(found[0]):04x}", text)
