"""A jsonl file of finished samples that a later run goes on from.

Each record is written whole, or not at all: a line that a crash or a full disk cut short is removed.
"""

import json
import os
from collections import defaultdict
from pathlib import Path
from typing import Any

from llmlab.errors import LabError, MisuseError
from llmlab.lab.temperature.generate import Sample
from llmlab.render.records import to_jsonl
from llmlab.view import Record


class OutFile:
    """An open file, and the records it held when it was opened, by prompt."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            content = path.read_bytes() if path.is_file() else b""  # a device or a pipe has no end to go on from
            whole = content[: content.rfind(b"\n") + 1]
            records = [self._parse(number, line) for number, line in enumerate(whole.splitlines(), 1)]
            self._size = len(whole)
            self._file = path.open("ab", buffering=0)
            if path.is_file():
                self._file.truncate(self._size)
        except OSError as error:
            raise MisuseError(f"cannot write {path}: {error.strerror}", "check --out") from None
        self.seed = int(records[0]["seed"]) if records else None  # of the run that began the file
        self._of: dict[str, list[Record]] = defaultdict(list)
        for record in records:
            self._of[record["prompt"]].append(record)

    def __enter__(self) -> "OutFile":
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()

    def samples(self, prompt: str, made_by: Record) -> list[Sample]:
        """The samples of a prompt. Raises MisuseError where something else made them than `made_by`."""
        found = []
        for row in self._of[prompt]:
            for name, now in sorted(made_by.items()):
                if (was := row.get(name)) != now:
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
