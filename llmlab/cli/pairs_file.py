"""Files of minimal pairs: jsonl with sentence_good and sentence_bad as in BLiMP, or csv/tsv with two columns."""

import csv
import io
import json
from pathlib import Path

from llmlab.errors import MisuseError
from llmlab.lab.pairs import Pair

GROUPS = ("UID", "field", "group")  # the first of these that a record has names its group


def read(path: Path) -> list[Pair]:
    """The pairs of a file, by its ending. Raises MisuseError naming the line that is no pair."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise MisuseError(f"cannot read {path}: {error.strerror}", "check --pairs") from None
    except UnicodeDecodeError:
        raise MisuseError(f"{path} is not UTF-8", "convert it first, for example with iconv") from None
    pairs = _jsonl(path, text) if path.suffix in (".jsonl", ".json") else _columns(path, text)
    if not pairs:
        raise MisuseError(f"{path} holds no pairs", "one pair a line")
    return pairs


def _jsonl(path: Path, text: str) -> list[Pair]:
    pairs = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
            group = next((str(record[name]) for name in GROUPS if name in record), "")
            pairs.append(_pair(path, number, record["sentence_good"], record["sentence_bad"], group))
        except (ValueError, KeyError, TypeError):
            hint = 'like {"sentence_good": "...", "sentence_bad": "..."}'
            raise MisuseError(f"{path} line {number} is no pair", hint) from None
    return pairs


def _columns(path: Path, text: str) -> list[Pair]:
    delimiter = "\t" if path.suffix == ".tsv" else ","
    pairs = []
    for number, row in enumerate(csv.reader(io.StringIO(text), delimiter=delimiter), 1):
        if number == 1 and row[:2] == ["sentence_good", "sentence_bad"]:
            continue
        if len(row) < 2:
            raise MisuseError(f"{path} line {number} has {len(row)} columns", "good, bad, and perhaps a group")
        pairs.append(_pair(path, number, row[0], row[1], row[2] if len(row) > 2 else ""))
    return pairs


def _pair(path: Path, number: int, good: object, bad: object, group: str) -> Pair:
    if not (isinstance(good, str) and isinstance(bad, str) and good and bad):
        raise MisuseError(f"{path} line {number} has an empty sentence", "give both")
    return Pair(good, bad, group)
