"""Results for programs: json, jsonl, csv, tsv. Text is data here; only what would steer a terminal is escaped."""

import codecs
import csv
import json
import re
from collections.abc import Iterable, Iterator, Sequence

from llmlab.render.safe import replaced
from llmlab.view import Record, Vector

SEPARATED = {"csv": (",", "\t\n"), "tsv": ("\t", "")}  # what separates, and the control characters that stay
CUT_NUMBER = re.compile(r"-?\d*\.?\d*([eE][+-]?\d*)?")
CUT_VALUE = re.compile(r'"([^"\\]|\\.)*\\?|\[.*|nu?l?|tr?u?|fa?l?s?', re.DOTALL)  # of JSON, without its end
FORMULAS = tuple("=+-@＝＋－＠\t\r\n")  # https://owasp.org/www-community/attacks/CSV_Injection
PIECE = 2**20  # characters
BOM = "\ufeff"  # by it spreadsheets know UTF-8
NAMES = {"\t": "\\t", "\n": "\\n", "\r": "\\r"}


def to_json(document: Record) -> str:
    return _safe(json.dumps(document, ensure_ascii=False, allow_nan=False, indent=2)) + "\n"


def to_jsonl(records: Iterable[Record]) -> str:
    return "".join(_safe(json.dumps(row, ensure_ascii=False, allow_nan=False)) + "\n" for row in records)


def begins(line: bytes, names: Sequence[str]) -> bool:
    """Whether a line is a record of these names, in their order, cut short as `to_jsonl` was writing it."""
    try:
        rest = codecs.getincrementaldecoder("utf-8")().decode(line)  # it may end inside a character
    except UnicodeDecodeError:
        return False
    before = "{"
    for name in names:
        opening = f"{before}{json.dumps(name)}: "
        if not rest.startswith(opening):
            return opening.startswith(rest)
        rest = rest.removeprefix(opening)
        if CUT_NUMBER.fullmatch(rest):
            return True
        try:
            rest = rest[json.JSONDecoder().raw_decode(rest)[1] :]
        except ValueError:
            return bool(CUT_VALUE.fullmatch(rest))
        before = ", "
    return not rest


def to_csv(records: Iterable[Record]) -> str:
    """RFC 4180, with a header; lists are JSON."""
    return "".join(streamed([list(records)], "csv"))


def to_tsv(records: Iterable[Record]) -> str:
    """One record a line whatever it holds: tabs and line ends in text are written \\t and \\n."""
    return "".join(streamed([list(records)], "tsv"))


def to_lines(values: Iterable[str]) -> str:
    """One value a line, whatever it holds, as in tsv."""
    return "".join(replaced(value, _named) + "\n" for value in values)


def streamed(batches: Iterable[Sequence[Record]], form: str, *, bom: bool = False, safe: bool = False) -> Iterator[str]:
    """The text of each batch, in pieces; the columns of csv and tsv are those of the first that is not empty.

    `safe`: a text of csv and tsv that a spreadsheet would take for a formula begins with '.
    """
    if form == "jsonl":
        for records in batches:
            yield from _pieces(to_jsonl([record]) for record in records)
        return
    delimiter, keep = SEPARATED[form]
    header: list[str] = []
    if bom:
        yield BOM
    for records in (list(map(_flat, batch)) for batch in batches):
        named = bool(header)
        header = header or _header(records)
        assert set(_header(records)) <= set(header), "a later record has a column of its own"
        yield from _pieces(_separated(records, header, delimiter, keep, named=named, safe=safe))


def _pieces(lines: Iterable[str]) -> Iterator[str]:
    """The same lines, many at a time: each of the rows of a long text holds the whole text."""
    held: list[str] = []
    size = 0
    for line in lines:
        held.append(line)
        size += len(line)
        if size >= PIECE:
            yield "".join(held)
            held, size = [], 0
    if held:
        yield "".join(held)


def _flat(record: Record) -> Record:
    """The record with a column for each number of a vector, and each value of an object, called vector.0.

    pandas.json_normalize calls those of an object so.
    """
    flat: Record = {}
    for name, value in record.items():
        if isinstance(value, Vector):
            flat |= {f"{name}.{axis}": one for axis, one in zip(value.axes, value, strict=True)}
        elif isinstance(value, dict):
            flat |= {f"{name}.{key}": one for key, one in value.items()}
        else:
            flat[name] = value
    return flat


def _header(records: Sequence[Record]) -> list[str]:
    """Every column that any record has, in the order they are met."""
    return list(dict.fromkeys(name for record in records for name in record))


def _separated(
    records: Sequence[Record], header: list[str], delimiter: str, keep: str, *, named: bool, safe: bool
) -> Iterator[str]:
    """Rows, below the header unless it is `named` already."""

    def written(value: object) -> object:
        cell = _cell(value, keep)
        return f"'{cell}" if safe and isinstance(cell, str) and cell.startswith(FORMULAS) else cell

    line = _Line()
    writer = csv.writer(line, delimiter=delimiter, lineterminator="\n")
    if header and not named:
        writer.writerow(map(written, header))
        yield line.text
    for record in records if header else ():
        writer.writerow([written(record.get(name)) for name in header])
        yield line.text


class _Line:
    """What csv.writer wrote last: a row, in one piece."""

    text = ""

    def write(self, text: str) -> None:
        self.text = text


def _cell(value: object, keep: str) -> object:
    if isinstance(value, list | dict | tuple):
        return _safe(json.dumps(value, ensure_ascii=False, allow_nan=False))
    return replaced(value, _named, keep) if isinstance(value, str) else value


def _named(character: str) -> str:
    code = ord(character)
    return NAMES.get(character) or (f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}")


def _safe(text: str) -> str:
    """JSON escapes the first 32 controls by itself, and its own line ends stand between the fields."""
    return replaced(text, lambda character: f"\\u{ord(character):04x}", keep="\n")
