"""Files that prob reads: minimal pairs, multiple-choice questions, and long texts. `-` is stdin.

Pairs and questions come as jsonl, or as csv and tsv by the file's ending; stdin is jsonl.
"""

import csv
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TextIO, TypeVar

from llmlab.cli.world import stdin
from llmlab.errors import MisuseError
from llmlab.lab.pairs import Pair
from llmlab.lab.quiz import Question

GROUPS = ("UID", "group", "field")  # the first of these that a record has names its group
BLOCK = 2**16  # characters of a long text read at a time
T = TypeVar("T")


def pairs(path: Path) -> list[Pair]:
    """sentence_good and sentence_bad a record, as in BLiMP; or two columns, and perhaps a third with a group.

    Raises MisuseError naming the line that is no pair.
    """
    hint = 'like {"sentence_good": "...", "sentence_bad": "..."}; csv and tsv: good, bad, and perhaps a group'
    return _records(path, "pair", hint, _pair_of_object, _pair_of_row)


def questions(path: Path) -> list[Question]:
    """context, choices and answer (its number from 0, or its text) a record; or context, answer, other choices.

    Raises MisuseError naming the line that is no question.
    """
    hint = 'like {"context": "...", "choices": ["...", "..."], "answer": 0}; csv and tsv: context, answer, others'
    return _records(path, "question", hint, _question_of_object, _question_of_row)


def lines(path: Path) -> list[str]:
    """Prompts, one a line, each once; empty lines are left out. Raises MisuseError for none."""
    found = [line.removesuffix("\r") for line in _text(path).split("\n") if line.strip()]
    if not found:
        raise MisuseError(f"{path} holds no prompts", "one prompt a line")
    return list(dict.fromkeys(found))  # a prompt said twice would be the same samples twice


def blocks(path: Path) -> tuple[Iterator[str], int]:
    """A long text in blocks that end with a line, or at white space where a line is longer; and its bytes."""
    if str(path) == "-":
        text = stdin()
        return _blocks(io.StringIO(text, newline="")), len(text.encode())
    try:
        size = path.stat().st_size
        return _blocks(path.open(encoding="utf-8", newline="")), size
    except OSError as error:
        raise MisuseError(f"cannot read {path}: {error.strerror}", "check --file") from None


def _blocks(stream: TextIO) -> Iterator[str]:
    rest = ""
    with stream:
        try:
            while text := stream.read(BLOCK):
                block = rest + text
                cut = max(block.rfind("\n"), block.rfind(" ") - 1 if "\n" not in block else -1) + 1
                yield block[: cut or len(block)]
                rest = block[cut or len(block) :]
        except UnicodeDecodeError as error:
            raise _not_utf8(stream.name) from error
    if rest:
        yield rest


def _records(
    path: Path, what: str, hint: str, of_object: Callable[[dict[str, Any]], T], of_row: Callable[[list[str]], T]
) -> list[T]:
    found = []
    text = _text(path)
    rows: Iterator[tuple[int, Any]]
    if path.suffix in (".csv", ".tsv"):
        rows = _rows(text, "\t" if path.suffix == ".tsv" else ",")
        read: Callable[[Any], T] = of_row
    else:
        rows = ((number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip())
        read = lambda line: of_object(json.loads(line))  # noqa: E731 - one of two readers
    for number, row in rows:
        try:
            found.append(read(row))
        except (ValueError, KeyError, TypeError, IndexError):
            raise MisuseError(f"{path} line {number} is no {what}", hint) from None
    if not found:
        raise MisuseError(f"{path} holds no {what}s", f"one {what} a line")
    return found


def _rows(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """The rows of a table with their line numbers; a first row of column names is left out."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    for row in reader:
        if row and not (reader.line_num == 1 and row[0] in ("sentence_good", "good", "context")):
            yield reader.line_num, row


def _pair_of_object(record: dict[str, Any]) -> Pair:
    return Pair(_filled(record["sentence_good"]), _filled(record["sentence_bad"]), _group(record))


def _pair_of_row(row: list[str]) -> Pair:
    return Pair(_filled(row[0]), _filled(row[1]), row[2] if len(row) > 2 else "")


def _question_of_object(record: dict[str, Any]) -> Question:
    choices, answer = _choices(record["choices"]), record["answer"]
    place = choices.index(answer) if isinstance(answer, str) else range(len(choices))[answer]
    return Question(_filled(record["context"]), choices, place, _group(record))


def _question_of_row(row: list[Any]) -> Question:
    return Question(_filled(row[0]), _choices(row[1:]), 0)


def _choices(texts: list[object]) -> tuple[str, ...]:
    choices = tuple(_filled(text) for text in texts)
    if not choices or len(set(choices)) < len(choices):
        raise ValueError("no choice, or one that is given twice")
    return choices


def _group(record: dict[str, Any]) -> str:
    return next((str(record[name]) for name in GROUPS if name in record), "")


def _filled(text: object) -> str:
    if not isinstance(text, str) or not text:
        raise ValueError("a text is missing")
    return text


def _text(path: Path) -> str:
    if str(path) == "-":
        return stdin()
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise MisuseError(f"cannot read {path}: {error.strerror}", "check the file's name") from None
    except UnicodeDecodeError as error:
        raise _not_utf8(str(path)) from error


def _not_utf8(name: str) -> MisuseError:
    return MisuseError(f"{name} is not UTF-8", "convert it first, for example with iconv")
