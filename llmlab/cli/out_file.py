"""A jsonl file of finished samples that a later run goes on from.

Each record is written whole, or not at all: a line that a crash or a full disk cut short is removed.
"""

import json
import os
from pathlib import Path
from typing import Any

from llmlab.errors import LabError, MisuseError
from llmlab.lab.generation import Sample
from llmlab.render.records import to_jsonl
from llmlab.view import Record

RESULT = {"temperature", "sample", "text", "token_ids", "tokens", "logprob_nats", "finish", "right"}  # not settings


class OutFile:
    """An open file, and the records it held when it was opened."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            content = path.read_bytes() if path.is_file() else b""  # a device or a pipe has no end to go on from
            whole = content[: content.rfind(b"\n") + 1]
            self._records = [self._parse(number, line) for number, line in enumerate(whole.splitlines(), 1)]
            self._size = len(whole)
            self._file = path.open("ab", buffering=0)
            if path.is_file():
                self._file.truncate(self._size)
        except OSError as error:
            raise MisuseError(f"cannot write {path}: {error.strerror}", "check --out") from None

    def __enter__(self) -> "OutFile":
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()

    @property
    def seed(self) -> int | None:
        """The seed of the run that began the file."""
        return int(self._records[0]["seed"]) if self._records else None

    def samples(self, like: Record) -> list[Sample]:
        """The samples of the same prompt. Raises MisuseError where other settings made them."""
        found = []
        for row in self._records:
            if row["prompt"] != like["prompt"]:
                continue
            for name in sorted(set(like) - RESULT):
                if row.get(name) != like[name]:
                    was, now = row.get(name), like[name]
                    raise MisuseError(f"{self._path} was made with {name} {was!r}, not {now!r}", "name another file")
            ids = tuple(row["token_ids"])
            place = row["temperature"], row["sample"]
            found.append(Sample(*place, row["text"], ids, row["logprob_nats"], row["finish"]))
        return found

    def append(self, record: Record) -> None:
        """Add a record. Raises LabError where the disk is full; what was there stays."""
        line = to_jsonl([record]).encode()
        try:
            written = self._file.write(line)
            while written < len(line):  # an unbuffered file may take a part, and say why only at the next call
                written += self._file.write(line[written:])
        except OSError as error:
            if self._path.is_file():
                os.truncate(self._path, self._size)
            hint = "what was finished is kept; make room and run the same command again"
            raise LabError(f"cannot write {self._path}: {error.strerror}", hint) from error
        self._size += len(line)

    def _parse(self, number: int, line: bytes) -> dict[str, Any]:
        try:
            record = json.loads(line)
            needed = {"prompt", "seed", "temperature", "sample", "text", "token_ids", "logprob_nats", "finish"}
            if needed <= set(record):
                return dict(record)
        except (ValueError, TypeError):
            pass
        raise MisuseError(f"{self._path} line {number} is no sample of llmlab", "name another file")
